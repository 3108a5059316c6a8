"""Joining in a season: what is shown is charged, on one day for all, and nobody pays for time without access."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.ledger.queries import books
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.checkout import AlreadyMember, start_checkout
from subscriptions.actions.memberships import cancel_by_quote, cancel_membership
from subscriptions.actions.quotes import QuoteMoved, quote_cancel, quote_change, quote_gift, quote_join, quote_pause
from subscriptions.actions.seasons import set_seasons_only
from subscriptions.actions.tiers import add_price, publish_tier
from subscriptions.models import Alarm, Grant, Invoice, Membership, Place, Season, Tier, Trial
from subscriptions.queries.access import perks
from subscriptions.queries.places import SeasonNotBegun, TierIsInSeasons
from subscriptions.queries.quote_words import in_words
from subscriptions.queries.seasons import CodeNotForSeasons, SeasonIsFull, SignUpsAreClosed, SignUpsOpenLater
from subscriptions.tasks import watch_renewals
from subscriptions.tests.conftest import Join, go_to_checkout
from subscriptions.tests.seasons.conftest import BILLING, LAST_MOMENT, LATER, Live, MakeSeason

pytestmark = pytest.mark.usefixtures("books_proved")


def open_to(sam: User, gold: Tier, at: datetime) -> bool:
    return perks(viewer=sam, creator=gold.creator, at=at).tier == gold


def test_the_days_until_the_billing_day_are_paid_at_once_and_the_price_on_it(
    box: Sandbox, sam: User, gold: Tier, make_season: MakeSeason, join: Join, deliver: Deliver, noon: datetime
) -> None:
    make_season(gold)
    quote = quote_join(fan=sam, tier=gold, now=noon)
    # 16 of the 31 days that end with the 31st of May.
    assert (quote.charge_now_minor, quote.next_charge_minor, quote.next_charge_at) == (516, 1_000, BILLING)
    words = in_words(quote)
    assert words[0] == "You pay $5.16 now." and "16 of 31 days" in words[1] and "May 31" in words[2]
    membership = join(sam, gold)
    assert (membership.status, membership.period_end_at, membership.anchor_day) == ("trialing", BILLING, 31)
    quote.refresh_from_db()
    assert (quote.charged_minor, quote.is_charged_otherwise) == (516, False)
    assert open_to(sam, gold, noon) and open_to(sam, gold, BILLING - timedelta(seconds=1))
    assert Grant.objects.get(kind=Grant.Kind.PAID).reason == "Winter box"
    assert not Trial.objects.exists()
    box.advance_to(BILLING + timedelta(hours=2))
    deliver()
    membership.refresh_from_db()
    # The 31st comes back after a shorter month.
    assert (membership.status, membership.period_end_at) == ("active", datetime(2026, 6, 30, 12, tzinfo=UTC))
    assert sorted(Invoice.objects.values_list("gross_minor", flat=True)) == [516, 1_000]
    # 52 and 100 to the portal; 2.9 % and 30 cents of each to the provider.
    assert books() == {
        "creator:mika:pending:usd": -(464 + 900),
        "expense:stripe_fee:usd": 45 + 59,
        "income:platform_fee:usd": -(52 + 100),
        "stripe:usd": 1_516 - 45 - 59,
    }
    box.advance_to(datetime(2026, 7, 1, tzinfo=UTC))
    deliver()
    membership.refresh_from_db()
    assert membership.period_end_at == datetime(2026, 7, 31, 12, tzinfo=UTC)


def test_what_is_shown_is_charged_an_hour_later_too(
    box: Sandbox, sam: User, gold: Tier, make_season: MakeSeason, deliver: Deliver, noon: datetime
) -> None:
    make_season(gold)
    checkout = go_to_checkout(sam, gold, noon)
    box.advance_to(noon + timedelta(minutes=59))
    box.complete_checkout(checkout.stripe_session_id)
    deliver()
    assert Invoice.objects.get().gross_minor == 516


def test_who_joins_now_and_starts_later_pays_and_has_nothing_before_the_day(
    box: Sandbox, sam: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live, noon: datetime
) -> None:
    make_season(gold, first_period=LATER)
    quote = quote_join(fan=sam, tier=gold, now=noon)
    assert (quote.charge_now_minor, quote.next_charge_minor, quote.next_charge_at) == (0, 1_000, BILLING)
    assert in_words(quote)[:2] == [
        "You pay nothing now.",
        "You have your place in “Winter box” now. It opens on May 31, when everybody in it pays.",
    ]
    join(sam, gold)
    assert (books(), Trial.objects.count()) == ({}, 0)
    assert not open_to(sam, gold, noon) and not open_to(sam, gold, BILLING - timedelta(seconds=1))
    live(noon + timedelta(hours=1))
    watch_renewals()
    assert not Alarm.objects.filter(kind=Alarm.Kind.PAID_CLOSED).exists()
    live(BILLING + timedelta(hours=2))
    assert open_to(sam, gold, BILLING) and open_to(sam, gold, BILLING + timedelta(hours=3))
    assert Grant.objects.get(kind=Grant.Kind.PAID).reason == "Winter box"
    assert books() == {
        "creator:mika:pending:usd": -900,
        "expense:stripe_fee:usd": 59,
        "income:platform_fee:usd": -100,
        "stripe:usd": 941,
    }


def test_leaving_before_anything_opened_ends_at_once_and_frees_the_place(
    sam: User, lee: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live, noon: datetime
) -> None:
    make_season(gold, first_period=LATER, places=1)
    membership = join(sam, gold)
    quote = quote_cancel(membership=membership, now=noon)
    assert (quote.lost, in_words(quote)[-1]) == ([], "Your membership ends now.")
    with pytest.raises(SeasonIsFull):
        quote_join(fan=lee, tier=gold, now=noon)
    cancel_by_quote(quote=quote, signature=quote.signature, by=sam, now=noon)
    membership.refresh_from_db()
    assert membership.status == Membership.Status.CANCELED
    assert join(lee, gold).is_going_on
    live(BILLING + timedelta(hours=2))
    assert Invoice.objects.filter(gross_minor__gt=0).count() == 1


def test_who_leaves_after_paying_for_the_days_keeps_them(
    sam: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live, noon: datetime
) -> None:
    make_season(gold)
    membership = join(sam, gold)
    cancel_membership(membership=membership, by=sam, now=noon)
    live(BILLING + timedelta(hours=2))
    membership.refresh_from_db()
    assert (membership.status, Invoice.objects.filter(gross_minor__gt=0).count()) == ("canceled", 1)
    assert open_to(sam, gold, BILLING - timedelta(seconds=1)) and not open_to(sam, gold, BILLING)


def test_too_little_for_a_card_costs_nothing(
    sam: User, silver: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    make_season(silver, billing_date=date(2026, 5, 22), closes_at=datetime(2026, 5, 20, 9, 30, tzinfo=UTC))
    # Two days of $5 a month are 33 cents.
    late = datetime(2026, 5, 20, 9, tzinfo=UTC)
    quote = quote_join(fan=sam, tier=silver, now=late)
    assert (quote.charge_now_minor, quote.next_charge_minor) == (0, 500)
    assert "cost nothing" in in_words(quote)[1]


def test_a_yearly_price_is_billed_on_the_day_too(
    sam: User, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    add_price(tier=gold, amount_minor=10_000, interval="year", now=noon)
    publish_tier(tier=gold, now=noon)
    make_season(gold)
    quote = quote_join(fan=sam, tier=gold, interval="year", now=noon)
    # 16 of 365 days.
    assert (quote.charge_now_minor, quote.next_charge_at) == (438, BILLING)
    assert join(sam, gold, interval="year").period_end_at == BILLING


def test_one_place_however_often_it_is_pressed(
    sam: User, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    make_season(gold)
    first = quote_join(fan=sam, tier=gold, now=noon)
    checkouts = {start_checkout(quote=first, signature=first.signature, by=sam, now=noon).pk for _twice in range(2)}
    assert len(checkouts) == 1
    # Another look later is another attempt; the place goes along.
    join(sam, gold, now=noon + timedelta(minutes=5))
    assert (Place.objects.count(), Place.objects.get().checkout_id in checkouts) == (1, False)
    with pytest.raises(AlreadyMember):
        quote_join(fan=sam, tier=gold, now=noon)


def test_a_quote_does_not_outlive_its_day_or_its_season(
    sam: User, gold: Tier, make_season: MakeSeason, noon: datetime
) -> None:
    set_seasons_only(tier=gold, only=True)
    make_season(gold)
    before_midnight = datetime(2026, 5, 16, 23, 55, tzinfo=UTC)
    quote = quote_join(fan=sam, tier=gold, now=before_midnight)
    with pytest.raises(QuoteMoved) as moved:
        start_checkout(quote=quote, signature=quote.signature, by=sam, now=before_midnight + timedelta(minutes=10))
    assert moved.value.quote.moved == ["Another day has begun, so there is less to pay until the billing day."]
    last = quote_join(fan=sam, tier=gold, now=LAST_MOMENT - timedelta(minutes=5))
    with pytest.raises(SignUpsAreClosed):
        start_checkout(quote=last, signature=last.signature, by=sam, now=LAST_MOMENT + timedelta(minutes=5))
    assert not Place.objects.exists()


def test_a_tier_without_an_open_season_says_when(
    sam: User, gold: Tier, make_season: MakeSeason, noon: datetime
) -> None:
    set_seasons_only(tier=gold, only=True)
    with pytest.raises(SignUpsAreClosed):
        quote_join(fan=sam, tier=gold, now=noon)
    make_season(gold, opens_at=noon + timedelta(days=2))
    with pytest.raises(SignUpsOpenLater, match="May 17, 2026"):
        quote_join(fan=sam, tier=gold, now=noon)


def test_between_seasons_an_ordinary_tier_is_joined_as_ever(
    sam: User, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    make_season(gold, opens_at=noon + timedelta(days=2))
    assert quote_join(fan=sam, tier=gold, now=noon).charge_now_minor == 1_000


def test_places_are_counted_with_those_at_the_checkout(
    sam: User, lee: User, gold: Tier, make_season: MakeSeason, noon: datetime
) -> None:
    make_season(gold, places=1)
    go_to_checkout(sam, gold, noon)
    with pytest.raises(SeasonIsFull):
        quote_join(fan=lee, tier=gold, now=noon)
    assert quote_join(fan=sam, tier=gold, now=noon).charge_now_minor == 516


@pytest.mark.parametrize("way", ["prorated", "later"])
def test_until_the_billing_day_nothing_else_is_changed(
    sam: User, silver: Tier, gold: Tier, make_season: MakeSeason, join: Join, live: Live, noon: datetime, way: str
) -> None:
    make_season(gold, first_period=way)
    membership = join(sam, gold)
    with pytest.raises(SeasonNotBegun, match="Winter box"):
        quote_change(membership=membership, tier=silver, now=noon)
    with pytest.raises(SeasonNotBegun):
        quote_pause(membership=membership, months=1, now=noon)
    live(BILLING + timedelta(hours=2))
    membership.refresh_from_db()
    assert quote_change(membership=membership, tier=silver, now=BILLING + timedelta(hours=3)).charge_now_minor == 0


def test_no_way_around_the_season(
    sam: User, lee: User, silver: Tier, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    set_seasons_only(tier=gold, only=True)
    membership = join(sam, silver)
    with pytest.raises(TierIsInSeasons):
        quote_change(membership=membership, tier=gold, now=noon)
    with pytest.raises(TierIsInSeasons):
        quote_gift(fan=lee, tier=gold, months=1, now=noon)


def test_another_way_into_the_tier_is_said_to_be_no_place(
    sam: User, lee: User, silver: Tier, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    membership = join(sam, silver)
    make_season(gold, owes="A print")
    for quote in (
        quote_change(membership=membership, tier=gold, now=noon),
        quote_gift(fan=lee, tier=gold, months=1, now=noon),
    ):
        assert (
            "This is no place in “Winter box”: what comes with it (A print) is for those who join in it."
            in in_words(quote)
        )
    assert "Winter box" not in " ".join(in_words(quote_cancel(membership=membership, now=noon)))


def test_a_code_and_a_trial_do_not_count_in_a_season(
    sam: User, gold: Tier, make_season: MakeSeason, noon: datetime
) -> None:
    make_season(gold)
    Tier.objects.filter(pk=gold.pk).update(trial_days=14)
    gold.refresh_from_db()
    assert quote_join(fan=sam, tier=gold, now=noon).charge_now_minor == 516
    with pytest.raises(CodeNotForSeasons):
        quote_join(fan=sam, tier=gold, now=noon, code="SPRING")


def test_the_creator_does_not_join(gold: Tier, mika: Creator, make_season: MakeSeason, noon: datetime) -> None:
    make_season(gold)
    with pytest.raises(Refusal):
        quote_join(fan=mika.user, tier=gold, now=noon)
    assert Season.objects.count() == 1
