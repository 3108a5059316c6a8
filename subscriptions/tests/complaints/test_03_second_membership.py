"""Complaint 3: coming back made a second membership and lost the history; or it opened everything of before again."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.posts import write_post
from subscriptions.models import Invoice, Membership, Post, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.tenure import tenure_months
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import live_until

pytestmark = pytest.mark.usefixtures("books_proved")


def test_who_comes_back_finds_the_old_row_and_opens_only_what_is_paid_for_now(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    first = join(sam, gold)
    for_gold = write_post(
        creator=gold.creator,
        title="For Gold",
        teaser="",
        body="Secret",
        audience=Post.Audience.TIERS,
        tiers=[gold],
        publish=True,
        now=noon,
    )
    cancel_membership(membership=first, by=sam, now=noon)
    live_until(box, deliver, noon.replace(month=8))
    assert Membership.objects.get().status == Membership.Status.CANCELED
    back = join(sam, silver, now=box.today())
    assert (back.pk, back.joined_at, back.public_id) == (first.pk, noon, first.public_id)
    assert back.stripe_subscription_id != first.stripe_subscription_id
    # Both payments are in one history, and the months are counted on.
    assert Invoice.objects.filter(membership=back).count() == 2
    assert tenure_months(fans=[sam], creator=gold.creator, at=box.today()) == {sam.pk: 2}
    found = perks(viewer=sam, creator=gold.creator, at=box.today() + timedelta(minutes=1))
    assert (found.tier, found.chat, found.may_read(for_gold)) == (silver, False, False)
