"""The customer's own page: cancel, take it back, another card, invoices."""

from typing import Any

import pytest
from django.test import Client

from portal.sandbox.tests.people import Platform
from portal.sandbox.tests.test_hosted_checkout import CARD


@pytest.fixture
def subscription(hosted: Platform) -> Any:
    return hosted.subscribe(hosted.customer().id, hosted.price(1000).id)


def open_portal(hosted: Platform, subscription: Any, **more: Any) -> str:
    session = hosted.api.v1.billing_portal.sessions.create(
        {"customer": str(subscription.customer), "return_url": "http://testserver/me/", **more}
    )
    return session.url.removeprefix(hosted.sandbox.site_url)


def test_cancel_and_take_it_back(client: Client, hosted: Platform, subscription: Any) -> None:
    page = open_portal(hosted, subscription)
    text = client.get(page).content.decode()
    assert "Gold" in text and "$10.00" in text and "4242" in text and "-0001" in text
    client.post(page, {"subscription": subscription.id, "deed": "cancel"})
    assert hosted.subscription(subscription.id).cancel_at_period_end
    assert "Keep it after all" in client.get(page).content.decode()
    client.post(page, {"subscription": subscription.id, "deed": "keep"})
    assert not hosted.subscription(subscription.id).cancel_at_period_end


def test_another_card(client: Client, hosted: Platform, subscription: Any) -> None:
    page = open_portal(hosted, subscription)
    assert client.post(page, {**CARD, "card": "5555 5555 5555 4444"}).status_code == 302
    assert "4444" in client.get(page).content.decode()
    refused = client.post(page, {**CARD, "card": "4000000000000002"})
    assert refused.status_code == 422 and "declined" in refused.content.decode()
    asked = client.post(page, {**CARD, "card": "4000002500003155"})
    assert client.post(asked["Location"], {"answer": "yes"})["Location"] == page
    assert "3155" in client.get(page).content.decode()
    hosted.later(days=32)
    assert hosted.subscription(subscription.id).latest_invoice.status == "paid"


def test_flows_lead_back_to_the_site(client: Client, hosted: Platform, subscription: Any) -> None:
    done = {"type": "redirect", "redirect": {"return_url": "http://testserver/done/"}}
    flow = {
        "type": "subscription_cancel",
        "subscription_cancel": {"subscription": subscription.id},
        "after_completion": done,
    }
    page = open_portal(hosted, subscription, flow_data=flow)
    left = client.post(page, {"subscription": subscription.id, "deed": "cancel"})
    assert left["Location"] == "http://testserver/done/"
    card = open_portal(hosted, subscription, flow_data={"type": "payment_method_update", "after_completion": done})
    assert client.post(card, CARD)["Location"] == "http://testserver/done/"


def test_nobody_touches_what_is_not_theirs(client: Client, hosted: Platform, subscription: Any) -> None:
    other = hosted.subscribe(hosted.customer().id, hosted.price(1000).id)
    page = open_portal(hosted, subscription)
    assert client.post(page, {"subscription": other.id, "deed": "cancel"}).status_code == 404
    assert client.post(page, {"subscription": "sub_x", "deed": "cancel"}).status_code == 404
    assert client.get("/sandbox/portal/guessed/").status_code == 404
    assert not hosted.subscription(other.id).cancel_at_period_end
