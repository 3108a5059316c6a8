from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.invoices import mature_invoice, record_dispute
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import ChargeDispute, Invoice, Tier
from subscriptions.readings import DisputeReading
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


@pytest.fixture
def charge_id(sam: User, gold: Tier, join: Join) -> str:
    join(sam, gold)
    charge = Invoice.objects.select_related("charge").get().charge
    assert charge is not None
    return charge.stripe_id


def test_an_open_dispute_holds_the_creators_part(box: Sandbox, charge_id: str, deliver: Deliver) -> None:
    box.open_dispute(charge_id)
    deliver()
    assert books() == {
        "asset:disputed:usd": 1_000,
        "creator:mika:held:usd": -900,
        "expense:dispute_fee:usd": 1_500,
        "expense:stripe_fee:usd": 59,
        "income:platform_fee:usd": -100,
        "stripe:usd": -1_559,
    }
    assert Notice.objects.filter(kind="subscriptions.dispute").count() == 1


def test_a_dispute_that_is_won_gives_all_but_the_fee_back(box: Sandbox, charge_id: str, deliver: Deliver) -> None:
    dispute = box.open_dispute(charge_id)
    deliver()
    box.close_dispute(dispute["id"], won=True)
    deliver()
    assert books() == {
        "creator:mika:pending:usd": -900,
        "expense:dispute_fee:usd": 1_500,
        "expense:stripe_fee:usd": 59,
        "income:platform_fee:usd": -100,
        "stripe:usd": -559,
    }


def test_a_dispute_that_is_lost_takes_the_payment_from_both(box: Sandbox, charge_id: str, deliver: Deliver) -> None:
    dispute = box.open_dispute(charge_id)
    box.close_dispute(dispute["id"], won=False)
    deliver()
    assert books() == {
        "expense:dispute_fee:usd": 1_500,
        "expense:stripe_fee:usd": 59,
        "stripe:usd": -1_559,
    }


def test_what_was_refunded_and_then_lost_is_the_worked_example_of_the_handbook(
    box: Sandbox, charge_id: str, staff: User, deliver: Deliver, noon: datetime
) -> None:
    """$10, $4 given back, then the other $6 lost after the money had matured: the creator owes nothing but has nothing."""
    refund_invoice(invoice=Invoice.objects.get(), amount_minor=400, by=staff, now=noon)
    mature_invoice(invoice=Invoice.objects.get(), now=noon + timedelta(days=7))
    assert books("creator:") == {"creator:mika:available:usd": -540}
    dispute = box.open_dispute(charge_id)
    deliver()
    assert books("creator:") == {"creator:mika:held:usd": -540}
    box.close_dispute(dispute["id"], won=False)
    deliver()
    assert books() == {"expense:dispute_fee:usd": 1_500, "expense:stripe_fee:usd": 59, "stripe:usd": -1_559}


def test_a_settled_dispute_never_opens_again(box: Sandbox, charge_id: str, deliver: Deliver) -> None:
    """An old look that is recorded late changes nothing."""
    dispute = box.open_dispute(charge_id)
    box.close_dispute(dispute["id"], won=True)
    deliver()
    before = books()
    late = DisputeReading(id=dispute["id"], charge_id=charge_id, amount=1_000, fee=1_500, status="needs_response")
    record_dispute(reading=late, now=box.today())
    assert books() == before
    assert ChargeDispute.objects.get().status == "won"
