"""Months pass: renewals that work, fail, recover or are given up; who may still read meanwhile."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.invoices import mature_invoice
from subscriptions.actions.tiers import set_grace
from subscriptions.models import Grant, Invoice, Membership, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.tenure import tenure_months
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import give_card, live_until

pytestmark = pytest.mark.usefixtures("books_proved")

FAILS_LATER = "4000000000000341"
Status = Membership.Status


def may_read(fan: User, tier: Tier, at: datetime) -> bool:
    return perks(viewer=fan, creator=tier.creator, at=at).is_member


def test_a_renewal_is_paid_booked_and_opens_another_month(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    membership = join(sam, gold)
    box.advance_to(noon.replace(month=6) + timedelta(hours=3))
    deliver()
    membership.refresh_from_db()
    assert (membership.status, membership.period_end_at) == (Status.ACTIVE, noon.replace(month=7))
    assert books() == {
        "creator:mika:pending:usd": -1_800,
        "expense:stripe_fee:usd": 118,
        "income:platform_fee:usd": -200,
        "stripe:usd": 1_882,
    }
    assert Grant.objects.filter(kind=Grant.Kind.PAID).count() == Invoice.objects.count() == 2
    assert tenure_months(fans=[sam], creator=gold.creator, at=noon.replace(month=6, day=20)) == {sam.pk: 2}


def test_nobody_is_locked_out_while_the_provider_collects(sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    join(sam, gold)
    assert may_read(sam, gold, noon.replace(month=6) + timedelta(hours=20))
    assert not may_read(sam, gold, noon.replace(month=6) + timedelta(hours=25))


def test_the_first_day_opens_no_second_month(sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    join(sam, gold)
    assert tenure_months(fans=[sam], creator=gold.creator, at=noon) == {sam.pk: 1}


def test_a_failed_renewal_leaves_the_doors_open_for_the_grace(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    membership = join(sam, gold)
    due = noon.replace(month=6)
    _renewal_fails(box, sam, due, deliver)
    membership.refresh_from_db()
    assert (membership.status, membership.past_due_at) == (Status.PAST_DUE, due)
    assert may_read(sam, gold, due + timedelta(days=6, hours=23))
    assert not may_read(sam, gold, due + timedelta(days=7))
    assert Notice.objects.filter(user=sam, kind="subscriptions.payment_failed").count() == 1


@pytest.mark.parametrize("days", [0, 2, 21])
def test_the_creator_chooses_the_grace(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime, days: int
) -> None:
    set_grace(creator=gold.creator, days=days)
    join(sam, gold)
    due = noon.replace(month=6)
    _renewal_fails(box, sam, due, deliver)
    assert may_read(sam, gold, due + timedelta(days=days, seconds=-1))
    assert not may_read(sam, gold, due + timedelta(days=days))


def test_a_new_card_recovers_the_membership(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    membership = join(sam, gold)
    due = noon.replace(month=6)
    _renewal_fails(box, sam, due, deliver)
    give_card(box, sam, deliver)
    membership.refresh_from_db()
    assert (membership.status, membership.past_due_at) == (Status.ACTIVE, None)
    assert books("creator:") == {"creator:mika:pending:usd": -1_800}
    assert may_read(sam, gold, noon.replace(month=7) - timedelta(seconds=1))
    grace = Grant.objects.get(kind=Grant.Kind.GRACE, from_at=due)
    assert (grace.revoked_at is not None, grace.revoked_reason) == (True, "paid")


def test_a_membership_that_is_never_paid_ends_and_says_so(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    membership = join(sam, gold)
    due = noon.replace(month=6)
    _renewal_fails(box, sam, due, deliver)
    live_until(box, deliver, due + timedelta(days=22))
    membership.refresh_from_db()
    assert membership.status == Status.CANCELED
    assert membership.ended_at is not None
    assert not may_read(sam, gold, box.today())
    assert books("creator:") == {"creator:mika:pending:usd": -900}
    assert Notice.objects.filter(user=sam, kind="subscriptions.ended").count() == 1


def test_money_matures_after_seven_days(sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    join(sam, gold)
    invoice = Invoice.objects.get()
    mature_invoice(invoice=invoice, now=noon + timedelta(days=7, seconds=-1))
    assert books("creator:") == {"creator:mika:pending:usd": -900}
    for _twice in range(2):
        mature_invoice(invoice=invoice, now=noon + timedelta(days=7))
        assert books("creator:") == {"creator:mika:available:usd": -900}


def _renewal_fails(box: Sandbox, fan: User, due: datetime, deliver: Deliver) -> None:
    box.replace_card(Customer.objects.get(user=fan).stripe_id, card=FAILS_LATER)
    box.advance_to(due + timedelta(hours=3))
    deliver()
