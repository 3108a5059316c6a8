"""An order becomes a commission: the whole books each time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from portal.accounts.models import Creator
from portal.kit.refusal import Refusal
from portal.ledger.queries import books
from portal.programs.actions import enroll, leave
from portal.programs.models import Program
from shop.actions.catalog import list_product, open_brand
from shop.actions.links import create_link, record_click
from shop.actions.orders import OrderChanged, email_hash, record_order
from shop.facts import LineFacts, OrderFacts
from shop.models import Brand, Click, Commission, Link, Order, OrderLine, Product
from shop.tests.conftest import Fill, order_of

pytestmark = pytest.mark.usefixtures("books_proved")


def sold(brand: Brand, facts: OrderFacts, now: datetime) -> OrderLine:
    return record_order(brand=brand, facts=facts, now=now).order.lines.get()


def test_sale_becomes_a_pending_commission(juniper: Brand, fill: Fill, click: Click, noon: datetime) -> None:
    fill(10_000)
    line = sold(juniper, order_of(click, at=noon), noon)
    # 10 % of $40 to the creator, 2 % to the shop on top, both from the brand's budget.
    assert books() == {
        "brand:juniper:prepaid:usd": -9_520,
        "creator:mika:pending:usd": -400,
        "income:shop_fee:usd": -80,
        "stripe:usd": 10_000,
    }
    assert line.reason == OrderLine.Reason.CREDITED
    assert line.commission.click == click
    assert line.commission.state == Commission.State.PENDING
    assert line.commission.release_at == noon + timedelta(days=20)


def test_same_report_twice_changes_nothing(juniper: Brand, fill: Fill, click: Click, noon: datetime) -> None:
    fill(10_000)
    first = record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    before = books()
    again = record_order(brand=juniper, facts=order_of(click, at=noon), now=noon + timedelta(days=1))
    assert (first.is_new, again.is_new, again.order) == (True, False, first.order)
    assert books() == before
    assert Commission.objects.count() == 1


def test_same_number_with_other_content_is_refused(juniper: Brand, fill: Fill, click: Click, noon: datetime) -> None:
    fill(10_000)
    facts = order_of(click, at=noon)
    record_order(brand=juniper, facts=facts, now=noon)
    before = books()
    with pytest.raises(OrderChanged, match="A1"):
        record_order(brand=juniper, facts=replace(facts, lines=(LineFacts("1", "lamp", 1, 8_000),)), now=noon)
    assert books() == before


def test_unfunded_commissions_wait_and_the_oldest_sale_is_covered_first(
    juniper: Brand, fill: Fill, click: Click, noon: datetime
) -> None:
    three = (LineFacts("1", "lamp", 3, 12_000),)
    for number, hours in (("late", 0), ("early", 1)):
        facts = order_of(click, number=number, at=noon - timedelta(hours=hours), lines=three)
        record_order(brand=juniper, facts=facts, now=noon)
    assert books() == {}
    assert set(Commission.objects.values_list("state", flat=True)) == {Commission.State.UNFUNDED}
    fill(2_879)  # One commission costs 1,440; a second one does not fit into 1,439.
    states = dict(Commission.objects.values_list("line__order__external_id", "state"))
    assert states == {"early": Commission.State.PENDING, "late": Commission.State.UNFUNDED}
    assert books()["brand:juniper:prepaid:usd"] == -1_439
    fill(1_000)
    assert set(Commission.objects.values_list("state", flat=True)) == {Commission.State.PENDING}


def test_last_click_wins_and_every_touch_is_kept(
    juniper: Brand,
    link: Link,
    noor: Creator,
    lamp: Product,
    noon: datetime,
) -> None:
    enroll(creator=noor, program=Program.SHOP, now=noon - timedelta(hours=20))
    other = create_link(creator=noor, product=lamp, now=noon - timedelta(hours=19))
    first = record_click(link=link, visitor="v", now=noon - timedelta(days=2))
    machine = record_click(link=link, visitor="v", now=noon - timedelta(hours=1), flag=Click.Flag.BOT)
    last = record_click(link=other, visitor="v", now=noon - timedelta(hours=3))
    too_late = record_click(link=link, visitor="v", now=noon + timedelta(hours=1))
    line = sold(juniper, order_of(first, at=noon), noon)
    assert line.commission.creator == noor
    assert dict(line.touches.values_list("click", "verdict")) == {
        first.pk: "earlier",
        last.pk: "credited",
        machine.pk: "bot",
        too_late.pk: "after_order",
    }


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("no_click", {"click_token": ""}),
        ("no_click", {"click_token": "made-up"}),
        ("unknown_product", {"lines": (LineFacts("1", "sofa", 1, 4_000),)}),
        ("other_product", {"lines": (LineFacts("1", "vase", 1, 4_000),)}),
        ("other_currency", {"currency": "eur"}),
        ("region_closed", {"buyer_region": "FR"}),
        ("own_purchase", {"buyer_hash": email_hash(" Mika@Example.com")}),
    ],
)
def test_line_that_earns_nothing_says_why(
    juniper: Brand, fill: Fill, click: Click, noon: datetime, reason: str, changes: dict[str, object]
) -> None:
    fill(10_000)
    line = sold(juniper, order_of(click, at=noon, **changes), noon)
    assert line.reason == reason
    assert books() == {"brand:juniper:prepaid:usd": -10_000, "stripe:usd": 10_000}


def test_click_counts_to_the_last_second_of_its_window(juniper: Brand, click: Click, noon: datetime) -> None:
    edge = click.at + timedelta(days=7)
    later = edge + timedelta(seconds=1)
    assert sold(juniper, order_of(click, at=edge), edge).reason == "credited"
    assert sold(juniper, order_of(click, at=later, number="A2"), later).reason == "outside_window"


def test_own_click_marks_the_visitor_as_the_creator(juniper: Brand, link: Link, noon: datetime) -> None:
    record_click(link=link, visitor="v", now=noon - timedelta(days=1), flag=Click.Flag.OWN)
    signed_out = record_click(link=link, visitor="v", now=noon - timedelta(hours=1))
    assert sold(juniper, order_of(signed_out, at=noon), noon).reason == "own_purchase"


def test_click_after_the_creator_left_the_program_earns_nothing(
    juniper: Brand, click: Click, mika: Creator, noon: datetime
) -> None:
    leave(creator=mika, program=Program.SHOP, now=click.at - timedelta(minutes=1))
    assert sold(juniper, order_of(click, at=noon), noon).reason == "not_enrolled"


def test_another_brands_click_is_nobody_s(juniper: Brand, click: Click, noon: datetime) -> None:
    other = open_brand(name="Other", slug="other", currency="usd", members=[], now=noon)
    list_product(brand=other, sku="lamp", title="L", price_minor=1, rate_bp=8_000, regions=["US"], now=noon)
    assert sold(other, order_of(click, at=noon), noon).reason == "no_click"


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": ()},
        {"lines": (LineFacts("1", "lamp", 1, 1), LineFacts("1", "vase", 1, 1))},
        {"lines": (LineFacts("1", "lamp", 0, 4_000),)},
        {"lines": (LineFacts("1", "lamp", 1, -1),)},
        {"lines": (LineFacts("1", "lamp", 1, 10**13),)},
        {"currency": "zzz"},
        {"currency": "USD"},
        {"placed_at": datetime.fromisoformat("2026-05-15T12:06:00+00:00")},
    ],
)
def test_impossible_order_leaves_nothing_behind(
    juniper: Brand, click: Click, noon: datetime, changes: dict[str, object]
) -> None:
    with pytest.raises(Refusal):
        record_order(brand=juniper, facts=order_of(click, at=noon, **changes), now=noon)
    assert Order.objects.count() == 0
    assert books() == {}
