"""Complaint 13: loyalty was thin: months lost by a fault of the platform, founder badges gone, emoji places taken back."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.tenure import raise_shield
from subscriptions.models import Membership, Tier
from subscriptions.queries.tenure import Tenure, badge_of, tenures
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import fail_renewal, live_until

pytestmark = pytest.mark.usefixtures("books_proved")


def of(fan: User, tier: Tier, at: datetime) -> Tenure:
    return tenures(fans=[fan], creator=tier.creator, at=at)[fan.pk].tenure


def test_months_and_the_founders_seat_wait_for_who_comes_back(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    membership = join(sam, gold)
    live_until(box, deliver, noon + timedelta(days=35))
    assert badge_of(fan=sam, creator=gold.creator, at=box.today()).founder == 1
    cancel_membership(membership=membership, by=sam, now=box.today())
    live_until(box, deliver, noon + timedelta(days=150))
    assert not badge_of(fan=sam, creator=gold.creator, at=box.today()), "hidden while there is no membership"
    assert of(sam, gold, box.today()) == Tenure(months=2, streak=0)
    join(sam, gold, now=box.today())
    badge = badge_of(fan=sam, creator=gold.creator, at=box.today() + timedelta(minutes=1))
    assert (badge.founder, badge.months, badge.rung) == (1, 3, 3)


def test_a_fault_of_ours_costs_nobody_a_month(
    box: Sandbox, sam: User, gold: Tier, staff: User, join: Join, deliver: Deliver, noon: datetime
) -> None:
    """A renewal fails through no wish of the fan; staff restore the time until the fan was back, with one deed."""
    join(sam, gold)
    due = noon.replace(month=6)
    fail_renewal(box, sam, due, deliver)
    live_until(box, deliver, due + timedelta(days=25))
    assert Membership.objects.get().status == Membership.Status.CANCELED
    back = box.today()
    join(sam, gold, now=back)
    later = back + timedelta(days=1)
    assert of(sam, gold, later).streak == 1
    raise_shield(from_at=due - timedelta(days=1), until_at=back, reason="Cards were refused", by=staff, now=later)
    assert of(sam, gold, later).streak >= 2, "the run goes on as if nothing had happened"
    assert of(sam, gold, later).months == of(sam, gold, later).streak
