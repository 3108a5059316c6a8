"""What comes back takes its part of the commission with it, at the frozen rate, whenever it is told."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from portal.kit.refusal import Refusal
from portal.ledger.queries import books
from shop.actions.commissions import release_commissions
from shop.actions.orders import (
    DeliveryChanged,
    ReturnChanged,
    UnknownLine,
    record_delivery,
    record_order,
    record_return,
)
from shop.facts import LineFacts, ReturnFacts
from shop.models import Brand, Click, Commission, OrderLine, OrderReturn
from shop.tests.conftest import Fill, order_of

pytestmark = pytest.mark.usefixtures("books_proved")
THREE = (LineFacts("1", "lamp", 3, 10_000),)
UNTOUCHED = {"brand:juniper:prepaid:usd": -10_000, "stripe:usd": 10_000}


@pytest.fixture
def filled(fill: Fill) -> None:
    fill(10_000)


def back(at: datetime, number: str = "R1", quantity: int = 1, amount: int | None = None) -> ReturnFacts:
    return ReturnFacts(number, "A1", "1", quantity, at, amount)


def test_return_of_a_third_takes_a_third(juniper: Brand, filled: None, click: Click, noon: datetime) -> None:
    record_order(brand=juniper, facts=order_of(click, at=noon, lines=THREE), now=noon)
    record_return(brand=juniper, facts=back(noon), now=noon)
    # $66.67 stayed: 10 % of it is $6.67, the fee $1.33.
    assert OrderLine.objects.get().returned_minor == 3_333
    assert books() == {
        "brand:juniper:prepaid:usd": -9_200,
        "creator:mika:pending:usd": -667,
        "income:shop_fee:usd": -133,
        "stripe:usd": 10_000,
    }


def test_three_thirds_leave_nothing(juniper: Brand, filled: None, click: Click, noon: datetime) -> None:
    record_order(brand=juniper, facts=order_of(click, at=noon, lines=THREE), now=noon)
    for number in ("R1", "R2", "R3"):
        record_return(brand=juniper, facts=back(noon, number), now=noon)
    assert books() == UNTOUCHED
    commission = Commission.objects.get()
    assert commission.state == Commission.State.VOID
    assert [event.amount_minor for event in commission.events.filter(kind="returned")] == [667, 333, 0]


def test_return_after_release_posts_the_opposite(juniper: Brand, filled: None, click: Click, noon: datetime) -> None:
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    later = noon + timedelta(days=20)
    assert release_commissions(now=later) == 1
    assert books()["creator:mika:available:usd"] == -400
    record_return(brand=juniper, facts=back(later), now=later)
    assert books() == UNTOUCHED


def test_return_before_its_order_waits(juniper: Brand, filled: None, click: Click, noon: datetime) -> None:
    early = record_return(brand=juniper, facts=back(noon), now=noon)
    assert early.line is None
    assert books() == UNTOUCHED
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    early.refresh_from_db()
    assert early.line is not None
    assert books() == UNTOUCHED
    assert Commission.objects.get().state == Commission.State.VOID


def test_return_twice_counts_once(juniper: Brand, filled: None, click: Click, noon: datetime) -> None:
    record_order(brand=juniper, facts=order_of(click, at=noon, lines=THREE), now=noon)
    record_return(brand=juniper, facts=back(noon), now=noon)
    before = books()
    record_return(brand=juniper, facts=back(noon), now=noon)
    assert books() == before
    with pytest.raises(ReturnChanged):
        record_return(brand=juniper, facts=back(noon, quantity=2), now=noon)
    assert books() == before


def test_more_than_was_paid_never_comes_back(juniper: Brand, filled: None, click: Click, noon: datetime) -> None:
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    record_return(brand=juniper, facts=back(noon, amount=999_999), now=noon)
    record_return(brand=juniper, facts=back(noon, "R2", quantity=50), now=noon)
    assert OrderLine.objects.get().returned_minor == 4_000
    assert books() == UNTOUCHED


def test_what_comes_back_covers_what_waits(juniper: Brand, fill: Fill, click: Click, noon: datetime) -> None:
    fill(1_000)
    for number in ("A1", "A2", "A3"):
        record_order(brand=juniper, facts=order_of(click, at=noon, number=number), now=noon)
    states = Commission.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["pending", "pending", "unfunded"]
    record_return(brand=juniper, facts=back(noon), now=noon)
    assert list(states.all()) == ["void", "pending", "pending"]


@pytest.mark.parametrize(
    "changes", [{"quantity": 0}, {"amount_minor": -1}, {"line_number": "9"}, {"returned_at": None}]
)
def test_impossible_return_leaves_nothing_behind(
    juniper: Brand, filled: None, click: Click, noon: datetime, changes: dict[str, object]
) -> None:
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    before = books()
    if "returned_at" in changes:  # Dated later than it is told.
        changes = {"returned_at": noon + timedelta(hours=1)}
    with pytest.raises(Refusal):
        record_return(brand=juniper, facts=replace(back(noon), **changes), now=noon)  # type: ignore[arg-type]
    assert OrderReturn.objects.count() == 0
    assert books() == before


def test_unknown_line_is_named(juniper: Brand, click: Click, noon: datetime) -> None:
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    with pytest.raises(UnknownLine, match="A1 has no line 7"):
        record_return(brand=juniper, facts=ReturnFacts("R1", "A1", "7", 1, noon), now=noon)


def test_release_waits_fifteen_days_after_delivery(juniper: Brand, filled: None, click: Click, noon: datetime) -> None:
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    delivered = noon + timedelta(days=8)
    record_delivery(brand=juniper, order_number="A1", delivered_at=delivered, now=delivered)
    day = timedelta(days=1)
    assert release_commissions(now=noon + 20 * day) == 0
    assert release_commissions(now=delivered + 15 * day - timedelta(seconds=1)) == 0
    assert release_commissions(now=delivered + 15 * day) == 1
    assert release_commissions(now=delivered + 15 * day) == 0
    assert books() == {
        "brand:juniper:prepaid:usd": -9_520,
        "creator:mika:available:usd": -400,
        "income:shop_fee:usd": -80,
        "stripe:usd": 10_000,
    }


def test_delivery_may_come_before_the_order_and_stays_what_it_is(
    juniper: Brand, filled: None, click: Click, noon: datetime
) -> None:
    at = noon - timedelta(minutes=30)
    record_delivery(brand=juniper, order_number="A1", delivered_at=at, now=noon)
    record_order(brand=juniper, facts=order_of(click, at=noon - timedelta(hours=1)), now=noon)
    assert Commission.objects.get().release_at == at + timedelta(days=15)
    record_delivery(brand=juniper, order_number="A1", delivered_at=at, now=noon)
    with pytest.raises(DeliveryChanged):
        record_delivery(brand=juniper, order_number="A1", delivered_at=noon, now=noon)
