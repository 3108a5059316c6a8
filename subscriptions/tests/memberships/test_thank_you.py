from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.posts import write_post
from subscriptions.models import Checkout, Grant, Post, Tier
from subscriptions.tests.conftest import go_to_checkout


@pytest.fixture(autouse=True)
def at_noon(noon: datetime) -> object:
    with time_machine.travel(noon, tick=False):
        yield


@pytest.fixture
def checkout(sam: User, gold: Tier, noon: datetime) -> Checkout:
    return go_to_checkout(sam, gold, noon)


def test_everything_is_open_before_any_event_has_arrived(
    client: Client, box: Sandbox, sam: User, gold: Tier, checkout: Checkout, deliver: Deliver, noon: datetime
) -> None:
    post = write_post(
        creator=gold.creator,
        title="Behind the scenes",
        body="Hello",
        audience=Post.Audience.MEMBERS,
        now=noon,
        publish=True,
    )
    box.complete_checkout(checkout.stripe_session_id)
    client.force_login(sam)
    page = client.get(f"/me/checkouts/{checkout.public_id}/")
    assert page.status_code == 200
    assert page["Cache-Control"] == "private, no-cache"
    for text in (f"/@{gold.creator.handle}/chat/", f"/posts/{post.public_id}/", "Behind the scenes"):
        assert text in page.content.decode()
    once = books(), Grant.objects.count()
    deliver()
    client.get(f"/me/checkouts/{checkout.public_id}/")
    assert (books(), Grant.objects.count()) == once


def test_who_has_not_paid_is_told_how_to_go_on(client: Client, sam: User, checkout: Checkout) -> None:
    client.force_login(sam)
    page = client.get(f"/me/checkouts/{checkout.public_id}/").content.decode()
    assert checkout.url in page
    assert "Nothing is charged before that" in page


def test_a_silent_provider_does_not_break_the_page(client: Client, box: Sandbox, sam: User, checkout: Checkout) -> None:
    box.faults.add("server_error", path="/v1/checkout/sessions/*")
    client.force_login(sam)
    assert b"does not answer" in client.get(f"/me/checkouts/{checkout.public_id}/").content


def test_nobody_sees_the_checkout_of_somebody_else(client: Client, lee: User, checkout: Checkout) -> None:
    assert client.get(f"/me/checkouts/{checkout.public_id}/").status_code == 302
    client.force_login(lee)
    assert client.get(f"/me/checkouts/{checkout.public_id}/").status_code == 404


def test_only_looking_is_possible(client: Client, sam: User, checkout: Checkout) -> None:
    client.force_login(sam)
    assert client.post(f"/me/checkouts/{checkout.public_id}/").status_code == 405
