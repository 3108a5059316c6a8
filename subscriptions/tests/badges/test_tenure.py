"""Months as rows: written with what opens the doors, the same when computed anew, held together by a shield."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.models import Creator, User
from portal.sandbox.engine import Sandbox
from portal.testing.cast import person
from portal.testing.stripe import Deliver
from subscriptions.actions.grants import give_grant, revoke_grant
from subscriptions.actions.tenure import (
    ShieldCoversNothing,
    ShieldNeedsReason,
    raise_shield,
    rebuild_tenure,
    seat_founder,
)
from subscriptions.models import Founder, Grant, Shielded, StreakShield, TenureMonth, Tier
from subscriptions.proration import add_months
from subscriptions.queries.tenure import badge_of, tenures, tenures_of
from subscriptions.tasks import follow_tenure
from subscriptions.tests.conftest import Join

DAY = timedelta(days=1)


def kinds(fan: User) -> list[tuple[str, int, int]]:
    rows = TenureMonth.objects.filter(fan=fan).order_by("from_at")
    return list(rows.values_list("kind", "tenure", "streak"))


def gift(fan: User, tier: Tier, by: User, start: datetime, until: datetime | None) -> Grant:
    return give_grant(fan=fan, kind=Grant.Kind.GIFTED, by=by, reason="Gift", now=start, tier=tier, until=until)


def paid(fan: User, tier: Tier, start: datetime, months: int) -> Grant:
    """A paid grant as a payment makes it."""
    grant = Grant.objects.create(
        fan=fan, creator=tier.creator, tier=tier, kind=Grant.Kind.PAID, source=f"test:{fan.pk}:{start:%Y%m%d%H}",
        from_at=start, until_at=add_months(start, months),
    )  # fmt: skip
    rebuild_tenure(fan=fan, creator=tier.creator, now=start)
    return grant


def own(fan: User, creator: Creator, at: datetime) -> tuple[int, int]:
    found = tenures(fans=[fan], creator=creator, at=at).get(fan.pk)
    return (found.tenure.months, found.tenure.streak) if found else (0, 0)


def test_a_payment_writes_its_month_and_a_renewal_the_next(
    sam: User, gold: Tier, join: Join, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    join(sam, gold)
    assert kinds(sam) == [("paid", 1, 1)]
    deliver()
    assert kinds(sam) == [("paid", 1, 1)], "the same event again is the same month"
    row = TenureMonth.objects.get()
    assert row.source == Grant.objects.get(kind=Grant.Kind.PAID).source


def test_a_year_is_twelve_rows_that_begin_one_after_the_other(sam: User, gold: Tier, noon: datetime) -> None:
    paid(sam, gold, noon, 12)
    assert len(kinds(sam)) == 12
    assert [own(sam, gold.creator, add_months(noon, months))[0] for months in (0, 1, 5, 11)] == [1, 2, 6, 12]


def test_a_grant_taken_back_takes_the_months_that_had_not_begun(
    sam: User, gold: Tier, staff: User, noon: datetime
) -> None:
    grant = gift(sam, gold, staff, noon, add_months(noon, 6))
    revoke_grant(grant=grant, by=staff, reason="By mistake", now=noon + 40 * DAY)
    assert kinds(sam) == [("gifted", 1, 1), ("gifted", 2, 2)]
    other = gift(sam, gold, staff, noon + 90 * DAY, add_months(noon, 9))
    revoke_grant(grant=other, by=staff, reason="At once", now=noon + 90 * DAY + timedelta(hours=2))
    assert len(kinds(sam)) == 2, "a gift that was taken back within a day was no month"


def test_coming_back_keeps_the_tenure_and_begins_a_new_run(sam: User, gold: Tier, noon: datetime) -> None:
    paid(sam, gold, noon, 3)
    paid(sam, gold, add_months(noon, 8), 2)
    assert own(sam, gold.creator, add_months(noon, 5)) == (3, 0), "lapsed: the run is over, the months stay"
    assert own(sam, gold.creator, add_months(noon, 9)) == (5, 2)


def test_access_without_an_end_grows_by_the_nightly_look(sam: User, gold: Tier, staff: User, noon: datetime) -> None:
    gift(sam, gold, staff, noon, None)
    for days, months in ((0, 1), (29, 1), (40, 2), (100, 4)):
        with time_machine.travel(noon + days * DAY, tick=False):
            for _twice in range(2):
                follow_tenure()
        assert own(sam, gold.creator, noon + days * DAY) == (months, months)


@pytest.mark.django_db(transaction=False)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lives=st.lists(
        st.tuples(
            st.sampled_from([Grant.Kind.PAID, Grant.Kind.GIFTED, Grant.Kind.GRACE, Grant.Kind.COMPLIMENTARY]),
            st.integers(0, 700),
            st.one_of(st.none(), st.integers(1, 400)),
            st.one_of(st.none(), st.integers(0, 200)),
        ),
        min_size=1,
        max_size=6,
    ),
    chance=st.randoms(use_true_random=False),
)
def test_rows_equal_what_is_computed_anew_from_any_grants_in_any_order(
    sam: User, gold: Tier, noon: datetime, lives: list[tuple[str, int, int | None, int | None]], chance: object
) -> None:
    """Whatever is granted, taken back, and told in which order: writing step by step and all at once is the same."""
    now = noon + 800 * DAY
    order = list(enumerate(lives))
    chance.shuffle(order)  # type: ignore[attr-defined]
    for number, (kind, start, length, revoked) in order:
        Grant.objects.create(
            fan=sam, creator=gold.creator, tier=gold, kind=kind, source=f"life:{number}", from_at=noon + start * DAY,
            until_at=None if length is None else noon + (start + length) * DAY,
            revoked_at=None if revoked is None else noon + (start + revoked) * DAY,
        )  # fmt: skip
        rebuild_tenure(fan=sam, creator=gold.creator, now=now)
    step_by_step = list(TenureMonth.objects.values_list("kind", "from_at", "until_at", "tenure", "streak", "source"))
    TenureMonth.objects.all().delete()
    anew = rebuild_tenure(fan=sam, creator=gold.creator, now=now)
    assert step_by_step == list(
        TenureMonth.objects.values_list("kind", "from_at", "until_at", "tenure", "streak", "source")
    )
    months = sum(row.counts for row in anew if row.from_at <= now)
    assert own(sam, gold.creator, now)[0] == months
    TenureMonth.objects.all().delete()
    Grant.objects.all().delete()


# --- Founders --------------------------------------------------------------------
def test_the_first_who_pay_are_founders_and_gifts_are_not(
    sam: User, lee: User, staff: User, gold: Tier, join: Join, noon: datetime
) -> None:
    gift(lee, gold, staff, noon, add_months(noon, 2))
    join(sam, gold)
    assert list(Founder.objects.values_list("fan__name", "number")) == [("Sam", 1)]
    badge = badge_of(fan=sam, creator=gold.creator, at=noon)
    assert (badge.word, badge.months, badge.rung, badge.founder) == ("GOLD", 1, 1, 1)
    assert badge_of(fan=lee, creator=gold.creator, at=noon).founder == 0


def test_the_seat_hides_while_lapsed_returns_and_is_never_passed_on(
    sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    away, back = noon + 200 * DAY, noon + 300 * DAY
    assert not badge_of(fan=sam, creator=gold.creator, at=away)
    for number in range(30):
        seat_founder(fan=person(f"Fan{number}"), creator=gold.creator, source="test", since=away)
    assert Founder.objects.count() == Founder.SEATS == 25
    assert sorted(Founder.objects.values_list("number", flat=True)) == list(range(1, 26))
    paid(sam, gold, back, 1)
    assert badge_of(fan=sam, creator=gold.creator, at=back).founder == 1
    again = seat_founder(fan=sam, creator=gold.creator, source="again", since=back)
    assert (again.number, again.source == "again") == (1, False)


# --- The shield ------------------------------------------------------------------
@pytest.fixture
def broken(sam: User, lee: User, gold: Tier, noon: datetime) -> datetime:
    """Renewals did not happen on 15 July: Sam had paid two months, came back on the 25th. Lee left in June."""
    paid(lee, gold, noon, 1)
    paid(sam, gold, noon, 2)
    fault = add_months(noon, 2)
    paid(sam, gold, fault + 10 * DAY, 2)
    return fault


def test_a_shield_restores_months_and_streak_of_those_it_hit(
    sam: User, lee: User, gold: Tier, staff: User, broken: datetime
) -> None:
    now = broken + 20 * DAY
    before = [own(one, gold.creator, now) for one in (sam, lee)]
    for _twice in range(2):
        raise_shield(from_at=broken - DAY, until_at=broken + 14 * DAY, reason="Renewals stood still", by=staff, now=now)
    after = [own(one, gold.creator, now) for one in (sam, lee)]
    assert (before, after) == ([(3, 1), (1, 0)], [(3, 3), (1, 0)])
    assert own(sam, gold.creator, broken + 50 * DAY) == (4, 4)
    assert (StreakShield.objects.count(), Shielded.objects.count()) == (1, 1)
    assert StreakShield.objects.get().raised_by == staff
    assert [row.kind for row in rebuild_tenure(fan=sam, creator=gold.creator, now=now)][2] == "restored"


def test_a_shield_leaves_alone_who_wanted_to_go(
    sam: User, gold: Tier, staff: User, join: Join, broken: datetime, noon: datetime
) -> None:
    membership = join(sam, gold, now=noon)
    membership.cancellations.create(asked_by=sam, asked_at=broken - 5 * DAY, ends_at=broken)
    raise_shield(from_at=broken - DAY, until_at=broken + DAY, reason="Fault", by=staff, now=broken + 20 * DAY)
    assert not Shielded.objects.filter(fan=sam, from_at__gte=broken - DAY).exists()


def test_a_shield_says_why_and_covers_something(staff: User, noon: datetime) -> None:
    with pytest.raises(ShieldNeedsReason):
        raise_shield(from_at=noon - DAY, until_at=noon, reason=" ", by=staff, now=noon)
    for start, stop in ((noon, noon), (noon + DAY, noon + 2 * DAY)):
        with pytest.raises(ShieldCoversNothing):
            raise_shield(from_at=start, until_at=stop, reason="Fault", by=staff, now=noon)


def test_any_number_of_members_is_one_question(
    sam: User, lee: User, gold: Tier, noon: datetime, django_assert_num_queries: Callable[..., object]
) -> None:
    paid(sam, gold, noon, 40)
    paid(lee, gold, noon, 1)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        found = tenures(fans=[sam, lee], creator=gold.creator, at=add_months(noon, 30))
    assert {fan: one.tenure.months for fan, one in found.items()} == {sam.pk: 31, lee.pk: 1}
    assert tenures_of(fan=sam, at=datetime(2026, 5, 14, tzinfo=UTC)) == {}
