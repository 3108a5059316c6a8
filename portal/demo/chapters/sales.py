"""Juniper Home sells through creators. The orders and returns are real ones: an excerpt of UCI Online Retail."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import shop
from portal.accounts.models import Creator, User
from portal.demo.clock import Clock
from portal.sandbox.engine import box
from shop.actions import budget, catalog, links, orders
from shop.facts import OrderFacts, ReturnFacts
from shop.models import Brand, Link, Order
from shop.sources import online_retail

EXCERPT = Path(shop.__file__).parent / "data" / "online_retail_excerpt.csv"
REGIONS = ("US", "GB", "DE", "FR", "IT", "BE")
PRODUCTS = 14
RATES = (1_200, 1_500, 800, 2_000, 1_000)  # basis points, dealt out in turn
BUDGET = 150_000
ARRIVES_AFTER = timedelta(days=4)
Deed = tuple[datetime, str, OrderFacts | ReturnFacts | str]


def open_shop(clock: Clock, june: User) -> Brand:
    """The brand arrives, lists what sells best, and puts a budget in through the hosted checkout."""
    brand = catalog.open_brand(name="Juniper Home", slug="juniper", currency="usd", members=[june], now=clock.now)
    catalog.make_signing_key(brand=brand, by=june, now=clock.now)
    for number, (sku, title, price) in enumerate(_best_sellers()):
        catalog.list_product(
            brand=brand,
            sku=sku,
            title=title.strip().capitalize(),
            price_minor=price,
            rate_bp=RATES[number % len(RATES)],
            regions=REGIONS,
            now=clock.now,
        )
    top_up = budget.start_top_up(brand=brand, amount_minor=BUDGET, by=june, now=clock.now)
    budget.open_checkout(top_up=top_up)
    top_up.refresh_from_db()
    box().complete_checkout(top_up.stripe_session_id, email=june.email)
    clock.bring_events()
    return brand


def take_links(clock: Clock, brand: Brand, creators: list[Creator]) -> list[Link]:
    """Creators choose products; each link comes with its rate in writing."""
    taken = []
    for place, product in enumerate(brand.products.order_by("pk")):
        creator = creators[place % len(creators)]
        links.add_to_showcase(creator=creator, product=product, now=clock.now)
        taken.append(Link.objects.get(creator=creator, product=product))
    return taken


def agenda(month: date) -> list[Deed]:
    """The month's orders, deliveries and returns in the order of time, moved into `month`."""
    parsed = online_retail.read(EXCERPT, currency="usd")
    deeds: list[Deed] = []
    for facts in parsed.orders:
        placed = _moved(facts.placed_at, month)
        deeds.append((placed, "order", replace(facts, placed_at=placed)))
        deeds.append((placed + ARRIVES_AFTER, "delivery", facts.external_id))
    for back in parsed.returns:
        returned = _moved(back.returned_at, month)
        deeds.append((returned, "return", replace(back, returned_at=returned)))
    return sorted(deeds, key=lambda deed: (deed[0], deed[1] != "order"))


def play(clock: Clock, brand: Brand, taken: list[Link], month: date) -> Counter[str]:
    """Fans click, buy, and send back, day by day; two orders in three come from a link. What happened, counted."""
    by_sku = {link.product.sku: link for link in taken}
    told: Counter[str] = Counter()
    for moment, kind, facts in agenda(month):
        if moment > clock.now:
            clock.move_to(moment)
        if isinstance(facts, OrderFacts):
            told.update(_buy(clock, brand, by_sku, facts, told["orders"]))
        elif isinstance(facts, ReturnFacts):
            orders.record_return(brand=brand, facts=facts, now=clock.now)
        elif Order.objects.filter(brand=brand, external_id=facts).exists():
            orders.record_delivery(brand=brand, order_number=facts, delivered_at=moment, now=clock.now)
        told[f"{kind}s" if kind != "delivery" else "deliveries"] += 1
    return told


def _buy(clock: Clock, brand: Brand, by_sku: dict[str, Link], facts: OrderFacts, number: int) -> Iterator[str]:
    link = next((by_sku[line.sku] for line in facts.lines if line.sku in by_sku), None)
    token = ""
    if link and number % 3:
        click = links.record_click(
            link=link, visitor=f"visitor{number}", now=clock.now - timedelta(hours=2), region=facts.buyer_region
        )
        token = click.token
        yield "clicks"
    orders.record_order(brand=brand, facts=replace(facts, click_token=token), now=clock.now)


def _best_sellers() -> list[tuple[str, str, int]]:
    """(SKU, title, price in minor units) of what is bought most often."""
    parsed = online_retail.read(EXCERPT, currency="usd")
    lines = [line for order in parsed.orders for line in order.lines]
    often = Counter(line.sku for line in lines)
    price = {line.sku: line.paid_minor // line.quantity for line in lines}
    return [(sku, parsed.titles[sku], price[sku]) for sku, _count in often.most_common(PRODUCTS)]


def _moved(moment: datetime, month: date) -> datetime:
    """The same day and time in another month; the excerpt ends on the 28th, which every month has."""
    return moment.replace(year=month.year, month=month.month, day=min(moment.day, 28))
