"""The arithmetic of changes, for every amount and moment that can be."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from subscriptions.proration import (
    Debit,
    Off,
    add_months,
    charge_for_new_period,
    charge_in_period,
    part_left,
    unused,
)

START = datetime(2026, 5, 15, 12, tzinfo=UTC)
amounts = st.integers(0, 100_000)
spans = st.integers(2, 400 * 86_400)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(amount=amounts, span=spans, data=st.data())
def test_a_part_is_between_nothing_and_all_and_shrinks_with_time(amount: int, span: int, data: st.DataObject) -> None:
    end = START + timedelta(seconds=span)
    earlier = data.draw(st.integers(0, span))
    later = data.draw(st.integers(earlier, span))
    parts = [part_left(amount, START, end, START + timedelta(seconds=at)) for at in (0, earlier, later, span)]
    assert parts == sorted(parts, reverse=True)
    assert (parts[0], parts[-1]) == (amount, 0)


@given(first=amounts, second=amounts, third=amounts, span=spans, data=st.data())
def test_steps_of_an_upgrade_together_cost_what_each_plan_was_worth(
    first: int, second: int, third: int, span: int, data: st.DataObject
) -> None:
    """Complaint 6: by however many steps, nobody pays more than each plan's part of the time, and at most a unit a step
    is lost to rounding."""
    first, second, third = sorted((first, second, third))
    end = START + timedelta(seconds=span)
    one = data.draw(st.integers(0, span - 1))
    two = data.draw(st.integers(one, span - 1))
    at_one, at_two = START + timedelta(seconds=one), START + timedelta(seconds=two)
    paid = first + charge_in_period(debit=Debit(first, START, end), price_minor=second, start=START, end=end, at=at_one)
    rest = part_left(second, START, end, at_one)
    paid += charge_in_period(debit=Debit(rest, at_one, end), price_minor=third, start=START, end=end, at=at_two)
    worth = (first * one + second * (two - one) + third * (span - two)) / span
    assert abs(paid - worth) <= 2.5


@given(held=amounts, wanted=amounts, span=spans, data=st.data(), percent=st.integers(0, 10_000))
def test_a_dearer_plan_never_credits_and_a_code_never_more_than_it_took_off(
    held: int, wanted: int, span: int, data: st.DataObject, percent: int
) -> None:
    held, wanted = sorted((held, wanted))
    end, off = START + timedelta(seconds=span), Off(percent_bp=percent)
    at = START + timedelta(seconds=data.draw(st.integers(0, span - 1)))
    billed = Debit(held - off.of(held), START, end)
    charge = charge_in_period(debit=billed, price_minor=wanted, start=START, end=end, at=at, off=off)
    # Two roundings of a discount may differ by a unit.
    assert -1 <= charge <= wanted
    assert unused(billed, at) <= billed.amount_minor


@given(held=amounts, year=amounts, span=spans, data=st.data())
def test_a_new_period_costs_its_price_less_what_is_left(held: int, year: int, span: int, data: st.DataObject) -> None:
    end = START + timedelta(seconds=span)
    at = START + timedelta(seconds=data.draw(st.integers(0, span - 1)))
    charge = charge_for_new_period(debit=Debit(held, START, end), price_minor=year, at=at)
    assert year - held <= charge <= year


@given(anchor=moments, months=st.lists(st.integers(1, 24), min_size=1, max_size=8))
def test_the_anchor_day_survives_short_months(anchor: datetime, months: list[int]) -> None:
    moment = anchor
    for step in months:
        moment = add_months(moment, step, anchor_day=anchor.day)
        assert moment.day == anchor.day or (moment + timedelta(days=1)).day == 1
        assert moment.time() == anchor.time()
    assert moment == add_months(anchor, sum(months))


def test_nothing_billed_is_worth_nothing() -> None:
    assert unused(None, START) == 0
    assert part_left(500, START, START + timedelta(days=1), START - timedelta(days=1)) == 0
