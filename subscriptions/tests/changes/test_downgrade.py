"""Less, when the paid time is over: nothing is credited, one change waits, and it can be taken back."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from subscriptions.actions.changes import NothingWaits, change_plan, take_back_change
from subscriptions.actions.memberships import NotYourMembership, cancel_membership
from subscriptions.actions.quotes import quote_change
from subscriptions.actions.tiers import archive_tier
from subscriptions.models import Membership, PlanChange, Tier
from subscriptions.queries.access import perks
from subscriptions.tests.changes.conftest import HOURS, Agree, Pass, charged
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


def test_everything_stays_open_until_the_paid_time_is_over(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    """Complaint 4: nothing happens at once, and there is no hidden credit."""
    membership, june = join(sam, gold), noon.replace(month=6)
    quote = agree("change", membership, tier=silver)
    assert (quote.kind, quote.charge_now_minor, quote.next_charge_minor) == ("downgrade", 0, 500)
    assert [row["title"] for row in quote.lost] == ["Chat", "Emojis"]
    assert membership.tier == gold
    assert perks(viewer=sam, creator=gold.creator, at=june - timedelta(seconds=1)).chat
    until(june + HOURS)
    membership.refresh_from_db()
    assert (membership.tier, charged()) == (silver, 1_500)
    assert not perks(viewer=sam, creator=gold.creator, at=june + HOURS).chat
    assert books("creator:") == {"creator:mika:pending:usd": -1_350}
    until(june + 2 * HOURS)
    change = PlanChange.objects.get()
    assert (change.applied_at is not None, change.released_at is not None) == (True, True)
    until(noon.replace(month=7) + HOURS)
    assert charged() == 2_000


def test_a_newer_wish_takes_the_place_of_the_older(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, yearly: None, noon: datetime
) -> None:
    membership = join(sam, gold, interval="year")
    agree("change", membership, tier=silver)
    agree("change", membership, tier=gold, interval="month")
    assert sorted(PlanChange.objects.values_list("dropped_reason", flat=True)) == ["", "replaced"]
    until(noon.replace(year=2027) + HOURS)
    membership.refresh_from_db()
    assert (membership.tier, membership.price.interval, charged()) == (gold, "month", 11_000)
    until(noon.replace(year=2027, month=6) + HOURS)
    assert charged() == 12_000


def test_taken_back_it_never_happens(
    sam: User, lee: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    agree("change", membership, tier=silver)
    with pytest.raises(NotYourMembership):
        take_back_change(membership=membership, by=lee, now=noon)
    take_back_change(membership=membership, by=sam, now=noon)
    with pytest.raises(NothingWaits):
        take_back_change(membership=membership, by=sam, now=noon)
    until(noon.replace(month=6) + HOURS)
    assert (Membership.objects.get().tier, charged()) == (gold, 2_000)


def test_leaving_goes_before_the_change(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    agree("change", membership, tier=silver)
    cancel_membership(membership=membership, by=sam, now=noon)
    assert PlanChange.objects.get().dropped_reason == "ending"
    until(noon.replace(month=6) + HOURS)
    assert (Membership.objects.get().status, charged()) == (Membership.Status.CANCELED, 1_000)


def test_a_tier_that_is_archived_meanwhile_drops_the_change_and_says_so(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    agree("change", membership, tier=silver)
    archive_tier(tier=silver, now=noon)
    until(noon + HOURS)
    until(noon.replace(month=6) + HOURS)
    assert (Membership.objects.get().tier, charged()) == (gold, 2_000)
    assert Notice.objects.filter(user=sam, kind="subscriptions.change_dropped").count() == 1


def test_what_the_provider_never_heard_is_told_again(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, join: Join, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    quote = quote_change(membership=membership, tier=silver, now=noon)
    box.faults.add("server_error", path="/v1/subscription_schedules")
    with pytest.raises(Exception, match="does not answer"):
        change_plan(quote=quote, signature=quote.signature, by=sam, now=noon)
    until(noon + timedelta(minutes=10))
    assert PlanChange.objects.get().stripe_schedule_id
    until(noon.replace(month=6) + HOURS)
    assert (Membership.objects.get().tier, charged()) == (silver, 1_500)
