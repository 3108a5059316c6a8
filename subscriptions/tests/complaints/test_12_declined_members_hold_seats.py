"""Complaint 12: members whose card is declined occupied the places of a tier with few of them."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.checkout import TierIsFull
from subscriptions.models import Dunning, Membership, Tier
from subscriptions.queries.tiers import seats_left
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import fail_renewal, give_card, live_until

pytestmark = pytest.mark.usefixtures("books_proved")


def test_a_place_is_free_again_when_the_grace_is_over(
    box: Sandbox, sam: User, lee: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    Tier.objects.filter(pk=gold.pk).update(seats=1)
    gold.refresh_from_db()
    join(sam, gold)
    due = noon.replace(month=6)
    fail_renewal(box, sam, due, deliver)
    live_until(box, deliver, due + timedelta(days=6))
    assert seats_left(tier=gold) == 0
    with pytest.raises(TierIsFull):
        join(lee, gold, now=box.today())
    live_until(box, deliver, due + timedelta(days=8))
    assert seats_left(tier=gold) == 1
    assert Dunning.objects.get().seat_freed_at is not None
    join(lee, gold, now=box.today())
    # Sam pays after all and keeps the membership; the tier has one more than it has places, and nobody new gets in.
    give_card(box, sam, deliver)
    assert Membership.objects.filter(status=Membership.Status.ACTIVE).count() == 2
    assert seats_left(tier=gold) == 0


def test_and_for_good_when_the_membership_ends(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    Tier.objects.filter(pk=gold.pk).update(seats=1)
    gold.refresh_from_db()
    join(sam, gold)
    due = noon.replace(month=6)
    fail_renewal(box, sam, due, deliver)
    live_until(box, deliver, due + timedelta(days=23))
    assert (Membership.objects.get().status, seats_left(tier=gold)) == ("canceled", 1)
