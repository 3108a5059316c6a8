"""Holds, cancellations, and the property that books follow facts in any order."""

import random
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.notices.models import Notice
from shop.actions.commissions import (
    CommissionIsVoid,
    ReasonNeeded,
    hold_commission,
    lift_hold,
    release_commissions,
    void_commission,
)
from shop.actions.orders import record_order, record_return
from shop.facts import LineFacts, ReturnFacts
from shop.models import Brand, Click, Commission
from shop.postings import Returned, order_target, returned_base
from shop.tests.conftest import Fill, order_of

UNTOUCHED = {"brand:juniper:prepaid:usd": -10_000, "stripe:usd": 10_000}


@pytest.fixture
def commission(juniper: Brand, fill: Fill, click: Click, noon: datetime) -> Commission:
    fill(10_000)
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    return Commission.objects.get()


def test_held_money_is_kept_back_and_comes_free(commission: Commission, staff: User, noon: datetime) -> None:
    hold_commission(commission=commission, reason="Two orders from one address.", by=staff, now=noon)
    assert books()["creator:mika:held:usd"] == -400
    assert release_commissions(now=noon + timedelta(days=30)) == 0
    lift_hold(commission=commission, by=staff, now=noon)
    assert release_commissions(now=noon + timedelta(days=30)) == 1
    assert books()["creator:mika:available:usd"] == -400
    kinds = list(commission.events.values_list("kind", flat=True))
    assert kinds == ["earned", "funded", "held", "lifted", "released"]


def test_hold_after_release_takes_the_money_back_out_of_reach(
    commission: Commission, staff: User, noon: datetime
) -> None:
    release_commissions(now=noon + timedelta(days=30))
    hold_commission(commission=commission, reason="Look.", by=staff, now=noon)
    assert {code for code in books() if code.startswith("creator:")} == {"creator:mika:held:usd"}
    lift_hold(commission=commission, by=staff, now=noon)
    assert books()["creator:mika:available:usd"] == -400


@pytest.mark.parametrize(
    ("left", "commission_minor", "fee_minor"), [(25, 3, 1), (24, 2, 0), (75, 8, 2), (5, 1, 0), (4, 0, 0)]
)
def test_commission_and_fee_are_rounded_half_up(left: int, commission_minor: int, fee_minor: int) -> None:
    target = order_target(
        creator="c", brand="b", currency="usd", left_minor=left, rate_bp=1_000, fee_bp=200, bucket="available"
    )
    assert target == {
        "brand:b:prepaid:usd": commission_minor + fee_minor,
        "income:shop_fee:usd": -fee_minor,
        "creator:c:available:usd": -commission_minor,
    }


def test_hold_twice_is_held_once(commission: Commission, staff: User, noon: datetime) -> None:
    for _turn in range(2):
        hold_commission(commission=commission, reason="Look.", by=staff, now=noon)
    assert commission.events.filter(kind="held").count() == 1


def test_canceled_commission_gives_everything_back(commission: Commission, staff: User, noon: datetime) -> None:
    release_commissions(now=noon + timedelta(days=30))
    for _turn in range(2):
        void_commission(commission=commission, reason="Bought clicks.", by=staff, now=noon)
    assert books() == UNTOUCHED
    assert commission.events.filter(kind="voided").count() == 1
    with pytest.raises(CommissionIsVoid):
        hold_commission(commission=commission, reason="Look.", by=staff, now=noon)


def test_a_reason_is_needed(commission: Commission, staff: User, noon: datetime) -> None:
    with pytest.raises(ReasonNeeded):
        hold_commission(commission=commission, reason=" ", by=staff, now=noon)
    with pytest.raises(ReasonNeeded):
        void_commission(commission=commission, reason="", by=staff, now=noon)


def test_creator_is_told_of_a_release(commission: Commission, noon: datetime) -> None:
    release_commissions(now=noon + timedelta(days=30))
    notice = Notice.objects.get(kind="shop.released")
    assert notice.user == commission.creator.user
    assert "$4.00" in notice.subject


# --- In any order, as often as it likes ---------------------------------------------------------------------------

RETURNS = {
    "R1": ReturnFacts("R1", "A1", "1", 1, datetime.fromisoformat("2026-05-15T12:00:00+00:00")),
    "R2": ReturnFacts("R2", "A1", "1", 1, datetime.fromisoformat("2026-05-15T12:00:00+00:00"), 1_234),
    "R3": ReturnFacts("R3", "A1", "1", 3, datetime.fromisoformat("2026-05-15T12:00:00+00:00")),
}
EVENTS = ("order", "release", "hold", "void", *RETURNS)


def happen(event: str, brand: Brand, click: Click, staff: User, noon: datetime) -> None:
    """One event; deeds on a commission that does not exist yet cannot happen."""
    commission = Commission.objects.first()
    later = noon + timedelta(days=30)
    if event == "order":
        lines = (LineFacts("1", "lamp", 3, 9_999),)
        record_order(brand=brand, facts=order_of(click, at=noon, lines=lines), now=noon)
    elif event in RETURNS:
        record_return(brand=brand, facts=RETURNS[event], now=noon)
    elif event == "release":
        release_commissions(now=later)
    elif commission and event == "void":
        void_commission(commission=commission, reason="A review.", by=staff, now=noon)
    elif commission and event == "hold" and commission.state != Commission.State.VOID:
        hold_commission(commission=commission, reason="A review.", by=staff, now=noon)
        lift_hold(commission=commission, by=staff, now=noon)


class _Undo(Exception):
    pass


def books_after(events: list[str], brand: Brand, click: Click, staff: User, noon: datetime) -> dict[str, int]:
    """The books after these events; the world is as before when this returns."""
    found: dict[str, int] = {}
    try:
        with transaction.atomic():
            for event in events:
                happen(event, brand, click, staff, noon)
            # Releases that came too early happen in the end, as the hourly job would do it.
            for event in set(events) & {"release", "void"}:
                happen(event, brand, click, staff, noon)
            found = books()
            raise _Undo
    except _Undo:
        return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.sampled_from(EVENTS), min_size=1, max_size=8), order=st.randoms(use_true_random=False))
def test_any_order_and_repeats_lead_to_the_same_books(
    juniper: Brand, fill: Fill, click: Click, staff: User, noon: datetime, told: list[str], order: random.Random
) -> None:
    if not books():
        fill(10_000)
    once = sorted(set(told) | {"order"}, key=EVENTS.index)
    shuffled = [*told, "order"]
    order.shuffle(shuffled)
    expected = books_after(once, juniper, click, staff, noon)
    assert books_after(shuffled, juniper, click, staff, noon) == expected
    assert sum(expected.values()) == 0
    if "void" in once or "R3" in once:
        assert expected == UNTOUCHED


@given(
    paid=st.integers(0, 10**9),
    quantity=st.integers(1, 500),
    returns=st.lists(st.builds(Returned, st.integers(1, 500), st.none() | st.integers(0, 10**9)), max_size=6),
    rate=st.integers(100, 8_000),
)
def test_what_is_left_is_never_negative_and_everything_balances(
    paid: int, quantity: int, returns: list[Returned], rate: int
) -> None:
    back = returned_base(paid_minor=paid, quantity=quantity, returns=returns)
    assert 0 <= back <= paid
    assert back == returned_base(paid_minor=paid, quantity=quantity, returns=reversed(returns))
    target = order_target(
        creator="c", brand="b", currency="usd", left_minor=paid - back, rate_bp=rate, fee_bp=200, bucket="pending"
    )
    assert sum(target.values()) == 0
    if sum(each.quantity for each in returns if each.amount_minor is None) >= quantity:
        assert not any(target.values())
