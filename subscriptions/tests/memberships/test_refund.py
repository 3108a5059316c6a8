from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.payments.gateway import client
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.invoices import mature_invoice
from subscriptions.actions.refunds import NothingToRefund, RefundTooLarge, refund_invoice
from subscriptions.models import ChargeRefund, Invoice, Membership, Tier
from subscriptions.queries.access import perks
from subscriptions.tasks import refund_suspicious_charge
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


def test_a_part_is_given_back_by_both(
    sam: User, staff: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    join(sam, gold)
    refund_invoice(invoice=Invoice.objects.get(), amount_minor=400, by=staff, now=noon)
    partly = {
        "creator:mika:pending:usd": -540,
        "expense:stripe_fee:usd": 59,
        "income:platform_fee:usd": -60,
        "stripe:usd": 541,
    }
    assert books() == partly
    deliver()
    assert books() == partly


def test_all_is_given_back_and_access_stays(
    sam: User, staff: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    join(sam, gold)
    refund_invoice(invoice=Invoice.objects.get(), amount_minor=None, by=staff, now=noon)
    deliver()
    assert books() == {"expense:stripe_fee:usd": 59, "stripe:usd": -59}
    assert perks(viewer=sam, creator=gold.creator, at=noon).tier == gold


def test_a_refund_after_maturity_is_owed_by_the_creator(
    sam: User, staff: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    later = noon + timedelta(days=8)
    mature_invoice(invoice=Invoice.objects.get(), now=later)
    refund_invoice(invoice=Invoice.objects.get(), amount_minor=400, by=staff, now=later)
    assert books("creator:") == {"creator:mika:available:usd": -540}


def test_a_refund_that_fails_comes_back_to_everybody(
    box: Sandbox, sam: User, staff: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    join(sam, gold)
    refund = refund_invoice(invoice=Invoice.objects.get(), amount_minor=400, by=staff, now=noon)
    box.fail_refund(refund.stripe_id)
    deliver()
    assert books() == {
        "creator:mika:pending:usd": -900,
        "expense:stripe_fee:usd": 59,
        "income:platform_fee:usd": -100,
        "stripe:usd": 941,
    }
    refund.refresh_from_db()
    assert refund.taken_minor == 0


def test_a_refund_at_the_provider_is_booked_too(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver
) -> None:
    """Somebody presses the button in the provider's own back office."""
    join(sam, gold)
    charge = Invoice.objects.select_related("charge").get().charge
    assert charge is not None
    client().v1.refunds.create({"charge": charge.stripe_id, "amount": 1_000})
    deliver()
    assert books() == {"expense:stripe_fee:usd": 59, "stripe:usd": -59}


def test_nobody_gives_back_more_than_there_is(sam: User, staff: User, gold: Tier, join: Join, noon: datetime) -> None:
    join(sam, gold)
    invoice = Invoice.objects.get()
    with pytest.raises(RefundTooLarge):
        refund_invoice(invoice=invoice, amount_minor=1_001, by=staff, now=noon)
    refund_invoice(invoice=invoice, amount_minor=None, by=staff, now=noon)
    with pytest.raises(NothingToRefund):
        refund_invoice(invoice=invoice, amount_minor=None, by=staff, now=noon)
    assert ChargeRefund.objects.count() == 1


def test_a_payment_that_a_bank_suspects_is_given_back_once(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    membership = join(sam, gold)
    charge = Invoice.objects.select_related("charge").get().charge
    assert charge is not None
    box.warn_of_fraud(charge.stripe_id)
    assert "radar.early_fraud_warning.created" in deliver()
    for _twice in range(2):
        with time_machine.travel(noon, tick=False):
            refund_suspicious_charge(charge_id=charge.stripe_id)
        deliver()
        assert books() == {"expense:stripe_fee:usd": 59, "stripe:usd": -59}
    membership.refresh_from_db()
    assert isinstance(membership, Membership) and membership.cancel_at_period_end
