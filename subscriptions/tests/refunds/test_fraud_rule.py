"""What a bank suspects is given back by rule, inside the limits of the version in force that day."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.testing.stripe import Deliver
from subscriptions.actions.refunds import BeyondFraudRule, refund_suspicious
from subscriptions.models import FraudRule, Invoice, RefundOrder, Tier
from subscriptions.queries.refunds import fraud_rule
from subscriptions.tasks import refund_suspicious_charge
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


@pytest.fixture
def payment(sam: User, gold: Tier, join: Join) -> Invoice:
    FraudRule.install_first()
    join(sam, gold)
    return Invoice.objects.select_related("charge").get()


def add_rule(noon: datetime, **terms: int) -> FraudRule:
    values = {"most_minor": 10_000, "within_days": 120} | terms
    return FraudRule.objects.create(version=2, effective_date=noon.date(), **values)


def test_a_small_and_young_payment_is_given_back_and_says_by_whom(
    payment: Invoice, deliver: Deliver, noon: datetime
) -> None:
    refund_suspicious(invoice=payment, now=noon)
    deliver()
    assert books() == {"expense:stripe_fee:usd": 59, "stripe:usd": -59}
    order = RefundOrder.objects.get()
    assert (order.asked_by, order.reason) == (None, "A bank suspects this payment.")


@pytest.mark.parametrize(("terms", "days"), [({"most_minor": 999}, 0), ({"within_days": 30}, 30), ({}, 120)])
def test_beyond_the_limits_staff_decide(payment: Invoice, noon: datetime, terms: dict[str, int], days: int) -> None:
    add_rule(noon, **terms)
    before = books()
    with pytest.raises(BeyondFraudRule):
        refund_suspicious(invoice=payment, now=noon + timedelta(days=days))
    assert payment.charge is not None
    with time_machine.travel(noon + timedelta(days=days), tick=False):
        refund_suspicious_charge(charge_id=payment.charge.stripe_id)
    assert (books(), RefundOrder.objects.count()) == (before, 0)


def test_a_version_counts_from_its_day_on(payment: Invoice, noon: datetime) -> None:
    add_rule(noon, most_minor=1)
    assert fraud_rule(at=noon - timedelta(days=1)).version == 1
    assert fraud_rule(at=noon).version == 2


def test_staff_add_a_version_and_edit_none(client: Client, staff: User, payment: Invoice) -> None:
    client.force_login(staff)
    form = {"most_minor": 5_000, "within_days": 60, "effective_date": "2026-06-01", "note": "Fewer."}
    assert client.post("/admin/subscriptions/fraudrule/add/", form).status_code == 302
    assert FraudRule.objects.get(version=2).most_minor == 5_000
    first = FraudRule.objects.get(version=1)
    assert client.post(f"/admin/subscriptions/fraudrule/{first.pk}/change/", form).status_code == 403
