"""The page of an invoice: read it, pay it."""

import pytest
from django.test import Client

from portal.sandbox.tests.people import Platform
from portal.sandbox.tests.test_hosted_checkout import CARD


@pytest.fixture
def invoice_page(hosted: Platform) -> str:
    """The page of an open invoice, whose first payment has failed."""
    customer = hosted.customer(card="pm_card_chargeCustomerFail")
    subscription = hosted.subscribe(customer.id, hosted.price(1000).id)
    invoice = hosted.subscription(subscription.id).latest_invoice
    return str(invoice.hosted_invoice_url).removeprefix(hosted.sandbox.site_url)


def test_paying_an_open_invoice_heals_the_subscription(client: Client, hosted: Platform, invoice_page: str) -> None:
    assert "$10.00" in client.get(invoice_page).content.decode()
    assert client.post(invoice_page, CARD).status_code == 302
    assert "Pay this invoice" not in client.get(invoice_page).content.decode()
    (subscription,) = hosted.api.v1.subscriptions.list().data
    assert subscription.status == "active"
    client.post(invoice_page, CARD)
    paid = [charge for charge in hosted.api.v1.charges.list().data if charge.paid]
    assert len(paid) == 1


def test_3d_secure(client: Client, hosted: Platform, invoice_page: str) -> None:
    asked = client.post(invoice_page, {**CARD, "card": "4000000000003220"})
    assert client.post(asked["Location"], {"answer": "yes"})["Location"] == invoice_page
    assert "paid" in client.get(invoice_page).content.decode()


def test_a_declined_card(client: Client, hosted: Platform, invoice_page: str) -> None:
    refused = client.post(invoice_page, {**CARD, "card": "4000000000000002"})
    assert refused.status_code == 422 and "declined" in refused.content.decode()


def test_drafts_and_strangers(client: Client, hosted: Platform) -> None:
    draft = hosted.api.v1.invoices.create({"customer": hosted.customer().id})
    assert client.get(f"/sandbox/invoice/{draft.id}/").status_code == 404
    assert client.get("/sandbox/invoice/in_nobody/").status_code == 404
