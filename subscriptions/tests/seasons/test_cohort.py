"""The list of what is owed: a preview while it is open, locked once, and only marked afterwards."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions import fulfillment as deeds
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.places import AddressIsMissing, AlreadySent, NothingIsAsked, NotYourPlace, fill_place
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import Alarm, Dispatch, Fulfillment, Invoice, Place, Season, Tier
from subscriptions.queries.cohorts import cohort
from subscriptions.tests.conftest import Join, go_to_checkout
from subscriptions.tests.passing import give_card
from subscriptions.tests.seasons.conftest import BILLING, LAST_MOMENT, LATER, Live, MakeSeason

pytestmark = pytest.mark.usefixtures("books_proved")
BAD_LATER = "4000000000000341"
PARCEL = {"owes": "A parcel with a print", "asks": Season.Asks.ADDRESS}
HOME = {"name": "Sam Fan", "address": "1 Main Street\n10001 New York\nUSA"}


def closed(days: int = 0) -> datetime:
    return LAST_MOMENT + timedelta(days=days, minutes=1)


def line(fan: User) -> Fulfillment:
    return Fulfillment.objects.get(place__fan=fan)


def kinds(user: User) -> list[str]:
    rows = Notice.objects.filter(user=user, kind__contains="season").order_by("pk")
    return list(rows.values_list("kind", flat=True))


def test_who_has_paid_stands_on_the_list_when_sign_ups_close(
    sam: User, lee: User, mika: Creator, gold: Tier, make_season: MakeSeason, join: Join, live: Live, noon: datetime
) -> None:
    season = make_season(gold, **PARCEL)
    join(sam, gold)
    join(lee, gold)
    fill_place(place=Place.objects.get(fan=sam), by=sam, now=noon, **HOME)
    live(noon + timedelta(days=1))
    assert [(row.name, row.fulfillment, row.is_missing) for row in cohort(season=season)] == [
        ("Sam Fan", None, False),
        ("Lee", None, True),
    ]
    for _twice in range(2):
        live(closed())
    season.refresh_from_db()
    assert season.locked_at == closed()
    of_sam = line(sam)
    assert (of_sam.name, of_sam.address, of_sam.owes) == (HOME["name"], HOME["address"], PARCEL["owes"])
    assert (of_sam.tier_name, of_sam.since_at, of_sam.paid_minor, of_sam.is_late) == ("Gold", noon, 516, False)
    assert kinds(mika.user) == ["subscriptions.season_closed", "subscriptions.season_locked"]
    assert (kinds(sam), kinds(lee)) == ([], ["subscriptions.season_address"])


def test_a_locked_line_is_never_rewritten(
    box: Sandbox,
    sam: User,
    mika: Creator,
    gold: Tier,
    make_season: MakeSeason,
    join: Join,
    live: Live,
    deliver: Deliver,
    noon: datetime,
) -> None:
    season = make_season(gold, **PARCEL)
    membership = join(sam, gold)
    place = fill_place(place=Place.objects.get(), by=sam, now=noon, **HOME)
    live(closed())
    before = Fulfillment.objects.values().get()
    assert cohort(season=season)[0].marks == []
    refund_invoice(invoice=Invoice.objects.get(), amount_minor=516, by=mika.user, reason="Sorry.", now=closed())
    cancel_membership(membership=membership, by=sam, now=closed())
    fill_place(place=place, by=sam, now=closed(), name="Sam Fan", address="2 Side Street\n10001 New York\nUSA")
    live(BILLING + timedelta(days=1))
    assert Fulfillment.objects.values().get() == before
    row = cohort(season=season)[0]
    assert [str(mark) for mark in row.marks] == ["All money went back", "Has left", "Wrote something else since"]
    assert (row.name, row.place.address[:6]) == ("Sam Fan", "2 Side")


def test_who_starts_later_is_on_it_once_the_first_payment_is_settled(
    sam: User, lee: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live, noon: datetime
) -> None:
    season = make_season(gold, first_period=LATER, owes="A postcard")
    join(sam, gold)
    gone = join(lee, gold, card="5555555555554444")
    live(closed())
    season.refresh_from_db()
    assert season.locked_at is None
    cancel_membership(membership=gone, by=lee, now=closed())
    live(BILLING + timedelta(hours=2))
    season.refresh_from_db()
    assert season.locked_at == BILLING + timedelta(hours=2)
    assert [(row.place.fan, row.paid_minor) for row in Fulfillment.objects.all()] == [(sam, 1_000)]


def test_a_payment_that_fails_does_not_hold_the_list_for_ever_and_comes_late(
    box: Sandbox, sam: User, lee: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live, deliver: Deliver
) -> None:
    season = make_season(gold, first_period=LATER, owes="A postcard")
    join(sam, gold)
    join(lee, gold, card=BAD_LATER)
    live(BILLING + timedelta(days=2))
    season.refresh_from_db()
    assert season.locked_at is None
    live(BILLING + timedelta(days=3))
    assert [row.place.fan for row in Fulfillment.objects.all()] == [sam]
    give_card(box, lee, deliver)
    live(BILLING + timedelta(days=4))
    live(BILLING + timedelta(days=4))
    assert [(row.place.fan, row.is_late) for row in Fulfillment.objects.order_by("pk")] == [(sam, False), (lee, True)]


def test_an_attempt_that_is_still_at_the_checkout_is_waited_for(
    box: Sandbox, sam: User, lee: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live
) -> None:
    season = make_season(gold)
    join(sam, gold)
    late = LAST_MOMENT - timedelta(minutes=5)
    box.advance_to(late)
    go_to_checkout(lee, gold, late)
    live(closed())
    season.refresh_from_db()
    assert season.locked_at is None
    late = closed() + timedelta(hours=2)
    with time_machine.travel(late, tick=False):
        tasks.sweep_checkouts()
    live(late)
    season.refresh_from_db()
    assert Fulfillment.objects.get().locked_at == late


def test_one_bad_row_never_stops_the_rest(
    monkeypatch: pytest.MonkeyPatch,
    sam: User,
    silver: Tier,
    gold: Tier,
    make_season: MakeSeason,
    join: Join,
    live: Live,
    noon: datetime,
) -> None:
    bad, good = make_season(silver, name="Bad"), make_season(gold)
    join(sam, gold)
    whole = deeds.lock_season

    def breaks(*, season: Season, now: datetime) -> Season:
        if season.pk == bad.pk:
            raise RuntimeError("a broken row")
        return whole(season=season, now=now)

    monkeypatch.setattr(deeds, "lock_season", breaks)
    live(closed())
    good.refresh_from_db()
    assert good.locked_at is not None
    assert Alarm.objects.filter(kind=Alarm.Kind.UNREADABLE, about=f"season:{bad.pk}").exists()


def test_sent_is_a_row_told_once_and_may_be_taken_back(
    sam: User, mika: Creator, gold: Tier, make_season: MakeSeason, join: Join, live: Live, noon: datetime
) -> None:
    season = make_season(gold, **PARCEL)
    join(sam, gold)
    place = fill_place(place=Place.objects.get(), by=sam, now=noon, **HOME)
    live(closed())
    day, owed = date(2026, 5, 21), line(sam)
    for _twice in range(2):
        deeds.record_sent(fulfillment=owed, by=mika.user, sent_on=day, note="DHL 123", now=closed())
    assert Dispatch.objects.count() == 1 and kinds(sam) == ["subscriptions.season_sent"]
    assert [row.state for row in cohort(season=season, only="sent")] == ["sent"]
    assert cohort(season=season, only="due") == []
    with pytest.raises(AlreadySent):
        fill_place(place=place, by=sam, now=closed(), name="Sam", address="Elsewhere")
    for _twice in range(2):
        deeds.undo_sent(fulfillment=owed, by=mika.user, now=closed(1))
    assert Dispatch.objects.get().undone_by == mika.user
    assert len(cohort(season=season, only="due")) == 1


def test_only_the_creator_ticks_and_only_the_fan_writes(
    sam: User, lee: User, mika: Creator, gold: Tier, make_season: MakeSeason, join: Join, live: Live, noon: datetime
) -> None:
    make_season(gold, **PARCEL)
    join(sam, gold)
    with pytest.raises(NotYourPlace):
        fill_place(place=Place.objects.get(), by=lee, now=noon, **HOME)
    with pytest.raises(AddressIsMissing):
        fill_place(place=Place.objects.get(), by=sam, now=noon, name="Sam", address=" ")
    live(closed())
    with pytest.raises(deeds.NotYourSeason):
        deeds.record_sent(fulfillment=line(sam), by=lee, sent_on=date(2026, 5, 21), now=closed())
    with pytest.raises(deeds.SentInFuture):
        deeds.record_sent(fulfillment=line(sam), by=mika.user, sent_on=date(2026, 5, 22), now=closed())


def test_where_nothing_is_asked_nothing_is_written(
    sam: User, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    make_season(gold)
    join(sam, gold)
    with pytest.raises(NothingIsAsked):
        fill_place(place=Place.objects.get(), by=sam, now=noon, **HOME)


def test_the_billing_day_is_told_three_days_before_it(
    sam: User, gold: Tier, make_season: MakeSeason, join: Join, live: Live
) -> None:
    make_season(gold)
    join(sam, gold)
    live(datetime(2026, 5, 27, 23, tzinfo=UTC))
    told = Notice.objects.filter(user=sam, kind="subscriptions.renewal_soon")
    assert not told.exists()
    for _twice in range(2):
        live(datetime(2026, 5, 28, 12, tzinfo=UTC))
    assert told.get().subject == "“Winter box”: $10.00 on May 31, 2026"


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_however_long(
    count: int,
    sam: User,
    lee: User,
    staff: User,
    gold: Tier,
    make_season: MakeSeason,
    join: Join,
    live: Live,
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    season = make_season(gold)
    for fan in (sam, lee, staff)[:count]:
        join(fan, gold)
    live(closed())
    with django_assert_num_queries(5):  # type: ignore[operator]
        assert len(cohort(season=season)) == count
