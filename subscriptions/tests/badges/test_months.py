"""Months of a member, as a pure function: known lives, and whatever hypothesis thinks of."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.proration import add_months
from subscriptions.tenure import COUNTING, LADDER, SLACK, Month, Span, months_of, next_rung, rung

pytestmark = pytest.mark.once
DAY = timedelta(days=1)
START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def span(kind: str, start: datetime, stop: datetime, source: str = "") -> Span:
    return Span(kind, start, stop, source or f"{kind}:{start:%m%d}")


def paid(start: datetime, months: int) -> list[Span]:
    """What the provider bills: a period after the other, on the same day of the month where there is one."""
    ends = [add_months(start, number, anchor_day=start.day) for number in range(months + 1)]
    return [span("paid", first, last) for first, last in itertools.pairwise(ends)]


def numbers(months: list[Month]) -> list[tuple[str, int, int]]:
    return [(month.kind, month.tenure, month.streak) for month in months]


def test_each_paid_period_is_a_month_whatever_its_length() -> None:
    """31 January to 28 February to 31 March: three periods are three months, not four."""
    months = months_of(paid(START, 14))
    assert [month.tenure for month in months] == list(range(1, 15))
    assert [month.from_at.day for month in months[:4]] == [31, 28, 31, 30]


def test_a_year_paid_at_once_is_twelve_months() -> None:
    months = months_of([span("paid", START, add_months(START, 12))])
    assert numbers(months)[-1] == ("paid", 12, 12)


def test_what_overlaps_counts_once() -> None:
    gift = span("gifted", START + 10 * DAY, add_months(START, 2))
    assert numbers(months_of([*paid(START, 2), gift])) == [("paid", 1, 1), ("paid", 2, 2)]


def test_leaving_and_coming_back_within_a_month_makes_no_second_one() -> None:
    """Revoked on the third day, joined again on the tenth: the month that has begun is the same."""
    spans = [span("paid", START, START + 3 * DAY), span("paid", START + 10 * DAY, START + 41 * DAY)]
    assert [month.from_at for month in months_of(spans)] == [START, add_months(START, 1, anchor_day=31)]
    assert len(months_of([span("paid", START + number * DAY, START + (number + 1) * DAY) for number in range(20)])) == 0


def test_a_gap_ends_the_streak_and_keeps_the_tenure() -> None:
    later = add_months(START, 6)
    assert numbers(months_of(paid(START, 3) + paid(later, 2))) == [
        ("paid", 1, 1), ("paid", 2, 2), ("paid", 3, 3), ("paid", 4, 1), ("paid", 5, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["grace", "pause"])
def test_grace_and_pauses_hold_the_run_and_count_nothing(kind: str) -> None:
    later = add_months(START, 4)
    between = span(kind, add_months(START, 2), later)
    assert numbers(months_of([*paid(START, 2), between, *paid(later, 1)])) == [
        ("paid", 1, 1), ("paid", 2, 2), (kind, 2, 2), ("paid", 3, 3),
    ]  # fmt: skip


def test_a_restored_month_counts_as_if_it_had_been_paid() -> None:
    gone, back = add_months(START, 2), add_months(START, 3) - 5 * DAY
    months = months_of([*paid(START, 2), span("restored", gone, back), *paid(back, 2)])
    assert numbers(months)[-1][2] == len(months) == 5
    assert [month.kind for month in months][:3] == ["paid", "paid", "restored"]


def test_a_late_renewal_is_no_gap() -> None:
    second = add_months(START, 1) + timedelta(hours=5)
    assert numbers(months_of([*paid(START, 1), span("paid", second, add_months(START, 2))]))[-1] == ("paid", 2, 2)


@pytest.mark.parametrize(
    ("months", "step", "following"),
    [(0, 0, 1), (1, 1, 2), (2, 2, 3), (4, 3, 6), (8, 6, 9), (11, 9, 12), (17, 12, 18), (23, 18, 24), (35, 24, 36),
     (36, 36, 48), (47, 36, 48), (48, 48, 60), (61, 60, 72), (120, 120, 132)],
)  # fmt: skip
def test_the_ladder(months: int, step: int, following: int) -> None:
    assert (rung(months), next_rung(months)) == (step, following)
    assert LADDER == (1, 2, 3, 6, 9, 12, 18, 24, 36)


# --- Any life --------------------------------------------------------------------
hours = st.integers(0, 24 * 900)
spans = st.lists(
    st.builds(
        lambda kind, start, length, number: Span(
            kind, START + timedelta(hours=start), START + timedelta(hours=start + length), f"{kind}:{number}"
        ),
        st.sampled_from(["paid", "gifted", "restored", "grace", "pause"]),
        hours,
        st.integers(1, 24 * 400),
        st.integers(0, 999),
    ),
    max_size=9,
)


def is_covered(moment: datetime, found: list[Span]) -> bool:
    return any(one.from_at <= moment < one.until_at for one in found if one.counts)


@given(spans, st.randoms(use_true_random=False))
def test_the_order_in_which_grants_are_told_changes_nothing(found: list[Span], chance: object) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert months_of(shuffled) == months_of(found)
    assert months_of(found + found) == months_of(found), "told twice is told once"


@given(spans)
def test_months_do_not_overlap_and_each_begins_in_time_that_counts(found: list[Span]) -> None:
    months = months_of(found)
    for one, other in itertools.pairwise(months):
        assert one.until_at <= other.from_at
    for month in months:
        if month.kind in COUNTING:
            assert is_covered(month.from_at, found)
            assert timedelta(days=26) < month.until_at - month.from_at <= timedelta(days=31)


@given(spans)
def test_no_day_that_counts_is_left_without_its_month(found: list[Span]) -> None:
    """Every moment that is more than the slack away from an end lies in a counted month."""
    counted = [month for month in months_of(found) if month.kind in COUNTING]
    for one in found:
        moment = one.from_at + SLACK / 2
        if one.counts and one.until_at - one.from_at > 4 * SLACK:
            near = [month for month in counted if month.from_at - SLACK <= moment < month.until_at + SLACK]
            assert near, one


@given(spans)
def test_the_two_numbers_are_sums_over_the_rows(found: list[Span]) -> None:
    """Tenure: all that count so far. Streak: those since the last gap. Counted here the slow way."""
    months = months_of(found)
    for at, month in enumerate(months):
        run = at
        while run and months[run].from_at <= months[run - 1].until_at + SLACK:
            run -= 1
        assert month.tenure == sum(one.kind in COUNTING for one in months[: at + 1])
        assert month.streak == sum(one.kind in COUNTING for one in months[run : at + 1])


@given(spans, st.integers(0, 24 * 900), st.integers(1, 24 * 90))
def test_more_time_never_takes_months_away(found: list[Span], start: int, length: int) -> None:
    """A further gift may shift where months begin, but tenure falls by no month that was whole."""
    first = START + timedelta(hours=start)
    gift = Span("gifted", first, first + timedelta(hours=length), "gifted:more")
    before, after = months_of(found), months_of([*found, gift])
    assert sum(one.kind in COUNTING for one in after) >= sum(one.kind in COUNTING for one in before) - 1
