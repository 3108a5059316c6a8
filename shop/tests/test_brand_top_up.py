"""The budget grows through the provider's checkout; waiting commissions are covered by it."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from shop.actions.budget import (
    TopUpOutOfRange,
    expire_top_up,
    open_checkout,
    record_top_up,
    record_top_up_refund,
    start_top_up,
)
from shop.actions.orders import record_order
from shop.models import Brand, Click, Commission, TopUp
from shop.tests.conftest import Fill, order_of

PATH = reverse("brand_top_up")
# $100.00; the provider keeps 2.9 % and 30 cents.
PAID = {"brand:juniper:prepaid:usd": -10_000, "expense:stripe_fee:usd": 320, "stripe:usd": 9_680}


@pytest.fixture
def top_up(june: Client, juniper: Brand, box: Sandbox) -> TopUp:
    """June has asked for $100.00 and stands on the provider's page."""
    answer = june.post(PATH, {"amount": "100"})
    assert answer.status_code == 302
    made = TopUp.objects.get()
    assert made.stripe_session_id in answer["Location"] or answer["Location"].startswith("http")
    return made


def test_paid_top_up_is_in_the_budget(june: Client, top_up: TopUp, box: Sandbox, deliver: Deliver) -> None:
    assert books() == {}
    box.complete_checkout(top_up.stripe_session_id, email="june@example.com")
    assert "checkout.session.completed" in deliver()
    assert books() == PAID
    text = june.get(PATH, {"paid": top_up.public_id}).content.decode()
    assert "$100.00" in text
    assert "Your payment has arrived" in text


def test_events_again_change_nothing(top_up: TopUp, box: Sandbox, deliver: Deliver) -> None:
    box.complete_checkout(top_up.stripe_session_id, email="june@example.com")
    deliver()
    open_checkout(top_up=top_up)
    deliver()
    assert books() == PAID


def test_what_waited_is_covered(
    top_up: TopUp, juniper: Brand, click: Click, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    assert Commission.objects.get().state == Commission.State.UNFUNDED
    box.complete_checkout(top_up.stripe_session_id, email="june@example.com")
    deliver()
    assert Commission.objects.get().state == Commission.State.PENDING


def test_refund_takes_the_budget_back_once(fill: Fill, noon: datetime) -> None:
    paid = fill(10_000)
    for refunded in (4_000, 4_000, 3_000):
        record_top_up_refund(top_up=paid, refunded_minor=refunded, now=noon)
    assert books() == {"brand:juniper:prepaid:usd": -6_000, "stripe:usd": 6_000}


def test_expiry_never_undoes_a_payment(fill: Fill, juniper: Brand, noon: datetime) -> None:
    paid = fill(10_000)
    assert expire_top_up(top_up=paid).state == TopUp.State.PAID
    unpaid = start_top_up(brand=juniper, amount_minor=5_000, by=juniper.members.get(), now=noon)
    assert expire_top_up(top_up=unpaid).state == TopUp.State.EXPIRED
    late = record_top_up(top_up=unpaid, paid_at=noon, stripe_fee_minor=0, payment_intent_id="pi_late", now=noon)
    assert late.state == TopUp.State.PAID
    assert books() == {"brand:juniper:prepaid:usd": -15_000, "stripe:usd": 15_000}


@pytest.mark.parametrize("amount", ["", "9.99", "0", "-5", "1000000", "ten", "10.001", "NaN", "1e9"])
def test_other_amounts_are_refused_beside_the_field(june: Client, juniper: Brand, amount: str) -> None:
    answer = june.post(PATH, {"amount": amount})
    assert answer.status_code == 422
    assert "field__error" in answer.content.decode()
    assert TopUp.objects.count() == 0


def test_action_checks_the_range_itself(juniper: Brand, noon: datetime) -> None:
    with pytest.raises(TopUpOutOfRange):
        start_top_up(brand=juniper, amount_minor=999, by=juniper.members.get(), now=noon)


def test_brands_only(client: Client, sam: User, juniper: Brand) -> None:
    assert client.post(PATH, {"amount": "100"}).status_code == 302
    client.force_login(sam)
    assert client.post(PATH, {"amount": "100"}).status_code == 403
    assert TopUp.objects.count() == 0


def test_wrong_method(june: Client) -> None:
    assert june.delete(PATH).status_code == 405
