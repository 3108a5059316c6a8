from datetime import datetime, timedelta

import pytest

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.programs.models import Enrollment
from portal.programs.queries import NotEnrolled
from portal.sandbox.engine import Sandbox
from portal.sandbox.errors import ApiError
from portal.testing.stripe import Deliver
from subscriptions.actions.checkout import AlreadyMember, OwnTier, TierIsFull, TierIsNotOnSale, start_checkout
from subscriptions.actions.quotes import quote_join
from subscriptions.actions.tiers import add_price, archive_tier, publish_tier
from subscriptions.models import Checkout, Grant, Invoice, Membership, RevenueShare, Tier
from subscriptions.queries.access import perks
from subscriptions.tests.conftest import Join, go_to_checkout

pytestmark = pytest.mark.usefixtures("books_proved")

ONE_GOLD = {
    "creator:mika:pending:usd": -900,
    "expense:stripe_fee:usd": 59,
    "income:platform_fee:usd": -100,
    "stripe:usd": 941,
}


def test_a_fan_pays_and_every_cent_is_in_the_books(
    sam: User, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    assert membership.status == Membership.Status.ACTIVE
    assert books() == ONE_GOLD
    grant = Grant.objects.get(kind=Grant.Kind.PAID)
    assert (grant.fan, grant.tier, grant.from_at) == (sam, gold, noon)
    assert grant.until_at == membership.period_end_at == noon.replace(month=6)
    assert perks(viewer=sam, creator=mika, at=noon).tier == gold
    assert set(Notice.objects.values_list("kind", "user")) >= {
        ("subscriptions.receipt", sam.pk),
        ("subscriptions.joined", mika.user_id),
    }


def test_two_presses_on_join_are_one_attempt(sam: User, gold: Tier, noon: datetime) -> None:
    quote = quote_join(fan=sam, tier=gold, now=noon)
    attempts = {start_checkout(quote=quote, signature=quote.signature, by=sam, now=noon) for _twice in range(2)}
    assert attempts == set(Checkout.objects.all())
    assert Checkout.objects.count() == 1


def test_choosing_another_tier_closes_the_first_attempt(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, noon: datetime
) -> None:
    first = go_to_checkout(sam, silver, noon)
    second = go_to_checkout(sam, gold, noon)
    first.refresh_from_db()
    assert (first.state, second.state) == (Checkout.State.EXPIRED, Checkout.State.OPEN)
    with pytest.raises(ApiError):
        box.complete_checkout(first.stripe_session_id)


def test_paying_the_first_attempt_and_choosing_another_charges_once(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, noon: datetime
) -> None:
    first = go_to_checkout(sam, silver, noon)
    box.complete_checkout(first.stripe_session_id)
    with pytest.raises(AlreadyMember):
        go_to_checkout(sam, gold, noon)
    assert Membership.objects.get().tier == silver


def test_a_failed_first_payment_locks_nobody_out(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    first = go_to_checkout(sam, gold, noon)
    with pytest.raises(ApiError):
        box.complete_checkout(first.stripe_session_id, card="4000000000000002")
    deliver()
    assert books() == {}
    assert not perks(viewer=sam, creator=gold.creator, at=noon).is_member
    assert join(sam, gold).status == Membership.Status.ACTIVE
    assert books() == ONE_GOLD


def test_coming_back_revives_the_old_membership(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    old = join(sam, silver)
    box.handle("DELETE", f"/v1/subscriptions/{old.stripe_subscription_id}", HEADERS)
    deliver()
    old.refresh_from_db()
    assert old.status == Membership.Status.CANCELED
    later = noon + timedelta(days=1)
    box.advance_to(later)
    new = join(sam, gold, now=later)
    assert new.pk == old.pk
    assert (new.tier, new.status, new.joined_at) == (gold, Membership.Status.ACTIVE, old.joined_at)
    assert new.stripe_subscription_id != old.stripe_subscription_id


def test_a_member_cannot_join_twice(sam: User, silver: Tier, gold: Tier, join: Join, noon: datetime) -> None:
    join(sam, gold)
    with pytest.raises(AlreadyMember):
        go_to_checkout(sam, silver, noon)


def test_nobody_joins_their_own_tier(mika: Creator, gold: Tier, noon: datetime) -> None:
    with pytest.raises(OwnTier):
        go_to_checkout(mika.user, gold, noon)


def test_nobody_joins_what_is_archived(sam: User, gold: Tier, noon: datetime) -> None:
    archive_tier(tier=gold, now=noon)
    with pytest.raises(TierIsNotOnSale):
        go_to_checkout(sam, gold, noon)


def test_a_creator_who_left_the_program_takes_no_new_members(sam: User, gold: Tier, noon: datetime) -> None:
    Enrollment.objects.update(left_at=noon)
    with pytest.raises(NotEnrolled):
        go_to_checkout(sam, gold, noon)


def test_the_last_place_is_held_by_who_stands_at_the_checkout(
    sam: User, lee: User, gold: Tier, join: Join, noon: datetime
) -> None:
    Tier.objects.filter(pk=gold.pk).update(seats=1)
    go_to_checkout(sam, gold, noon)
    with pytest.raises(TierIsFull):
        go_to_checkout(lee, gold, noon)
    join(sam, gold)
    with pytest.raises(TierIsFull):
        go_to_checkout(lee, gold, noon)


def test_members_keep_the_price_they_joined_at(sam: User, lee: User, gold: Tier, join: Join, noon: datetime) -> None:
    mine = join(sam, gold)
    add_price(tier=gold, amount_minor=1_500, now=noon)
    publish_tier(tier=gold, now=noon)
    theirs = join(lee, gold)
    mine.refresh_from_db()
    assert (mine.price.amount_minor, theirs.price.amount_minor) == (1_000, 1_500)


def test_an_invoice_keeps_the_share_it_was_split_by(sam: User, mika: Creator, gold: Tier, join: Join) -> None:
    RevenueShare.objects.create(creator=mika, version=1, platform_bp=3_000, effective_date="2026-05-01")
    join(sam, gold)
    assert Invoice.objects.get().share.platform_bp == 3_000
    assert books("creator:") == {"creator:mika:pending:usd": -700}


HEADERS = {"authorization": "Bearer sk_test_sandbox_of_this_portal", "stripe-version": "2026-10-28.endive"}
