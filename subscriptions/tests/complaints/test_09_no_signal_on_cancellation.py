"""Complaint 9: creators were not told when a member set or took back a cancellation."""

from datetime import datetime, timedelta

from portal.accounts.models import User
from portal.notices.models import Notice
from portal.payments.gateway import client as provider
from portal.testing.stripe import Deliver
from subscriptions.actions.memberships import cancel_membership, undo_cancellation
from subscriptions.models import Tier
from subscriptions.tests.conftest import Join


def told(creator: User) -> list[str]:
    rows = Notice.objects.filter(user=creator, kind="subscriptions.cancellation").order_by("pk")
    return [row.subject for row in rows]


def test_a_creator_hears_of_a_cancellation_and_of_its_undoing_once_each(
    sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    membership, mika = join(sam, gold), gold.creator.user
    for _twice in range(2):
        cancel_membership(membership=membership, by=sam, now=noon, reason="too_expensive")
        deliver()
        assert told(mika) == ["Sam leaves Gold on June 15, 2026"]
    assert Notice.objects.get(user=mika, kind="subscriptions.cancellation").body == "It costs too much"
    undo_cancellation(membership=membership, by=sam, now=noon + timedelta(days=1))
    deliver()
    assert told(mika) == ["Sam leaves Gold on June 15, 2026", "Sam stays after all"]


def test_also_when_it_was_done_on_the_providers_own_page(
    sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    membership = join(sam, gold)
    provider().v1.subscriptions.update(membership.stripe_subscription_id, {"cancel_at_period_end": True})
    deliver()
    assert len(told(gold.creator.user)) == 1
