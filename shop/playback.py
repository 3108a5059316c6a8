"""Plays the shipped excerpt of real orders onto creators' links, with the real actions, in a month of one's choice.

For the demo: products of the excerpt go on the marketplace, creators make links, visitors click, the brand reports
what they buy, what arrives and what comes back.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from shop.actions.catalog import list_product
from shop.actions.links import record_click
from shop.actions.orders import record_delivery, record_order, record_return
from shop.facts import OrderFacts
from shop.models import Brand, Link, Order, Product
from shop.sources import online_retail
from shop.sources.online_retail import SHOP_TIME, Parsed

EXCERPT = Path(__file__).parent / "data" / "online_retail_excerpt.csv"
FIRST_DAY = date(2011, 3, 1)
# Percent, by the place of a product among the most sold ones.
RATES_BP = (1_200, 1_000, 1_500, 800, 1_000, 2_000)
DELIVERED_AFTER = timedelta(days=3, hours=4)
# Every so many-th order was found without a creator; real shops have more of those.
WITHOUT_CLICK = 4

Deed = tuple[datetime, Callable[[], object]]


def list_excerpt_products(
    *, brand: Brand, now: datetime, count: int = 12, regions: Sequence[str] = ("US", "GB", "DE", "FR", "BE", "IT")
) -> list[Product]:
    """Put the most sold products of the excerpt on the marketplace, the best seller first. Safe to repeat by SKU."""
    parsed = online_retail.read(EXCERPT, currency=brand.currency)
    sold = Counter(line.sku for order in parsed.orders for line in order.lines)
    prices = {line.sku: line.paid_minor // line.quantity for order in parsed.orders for line in order.lines}
    found = []
    for place, (sku, _times) in enumerate(sorted(sold.items(), key=lambda item: (-item[1], item[0]))[:count]):
        known = Product.objects.filter(brand=brand, sku=sku).first()
        found.append(
            known
            or list_product(
                brand=brand,
                sku=sku,
                title=parsed.titles[sku].title(),
                price_minor=prices[sku],
                rate_bp=RATES_BP[place % len(RATES_BP)],
                regions=regions,
                now=now,
            )
        )
    return found


def play_orders(*, brand: Brand, links: Sequence[Link], first_day: date, until: datetime) -> dict[str, int]:
    """Play the excerpt's 28 days from `first_day` on, no further than `until`; returns what was done, by kind.

    Links should be older than `first_day`. Deterministic; safe to repeat, because orders and returns have numbers and
    an order that is known brings no new click.
    """
    parsed = _shifted(online_retail.read(EXCERPT, currency=brand.currency), first_day)
    done: Counter[str] = Counter()
    deeds: list[Deed] = []
    known = set(Order.objects.filter(brand=brand).values_list("external_id", flat=True))
    for place, order in enumerate(parsed.orders):
        if order.external_id not in known:
            deeds.append((order.placed_at, partial(_sell, brand, order, _link_for(order, links, place), done)))
        arrived = order.placed_at + DELIVERED_AFTER
        deeds.append((arrived, partial(_deliver, brand, order.external_id, arrived, done)))
    for each in parsed.returns:
        deeds.append((each.returned_at, partial(_bring_back, brand, each, done)))
    for at, deed in sorted(deeds, key=lambda each: each[0]):
        if at <= until:
            deed()
    return dict(done)


def _link_for(order: OrderFacts, links: Sequence[Link], place: int) -> Link | None:
    """A link to something in the order, turn by turn; none for every fourth order."""
    skus = {line.sku for line in order.lines}
    fitting = [link for link in links if link.product.sku in skus]
    if not fitting or place % WITHOUT_CLICK == WITHOUT_CLICK - 1:
        return None
    return fitting[place % len(fitting)]


def _sell(brand: Brand, order: OrderFacts, link: Link | None, done: Counter[str]) -> None:
    token = ""
    if link is not None:
        # Some look twice: the later click is the one that counts.
        visitor = f"demo{order.external_id}"
        minutes = int(order.external_id[-2:]) * 7 + 12
        record_click(link=link, visitor=visitor, now=order.placed_at - timedelta(minutes=minutes + 900), region="")
        click = record_click(link=link, visitor=visitor, now=order.placed_at - timedelta(minutes=minutes), region="")
        token = click.token
        done["clicks"] += 2
    record_order(brand=brand, facts=replace(order, click_token=token), now=order.placed_at)
    done["orders"] += 1


def _deliver(brand: Brand, number: str, at: datetime, done: Counter[str]) -> None:
    record_delivery(brand=brand, order_number=number, delivered_at=at, now=at)
    done["deliveries"] += 1


def _bring_back(brand: Brand, facts: online_retail.ReturnFacts, done: Counter[str]) -> None:
    record_return(brand=brand, facts=facts, now=facts.returned_at)
    done["returns"] += 1


def _shifted(parsed: Parsed, first_day: date) -> Parsed:
    """The same hours of the day, so many whole days later."""
    days = first_day - FIRST_DAY

    def later(at: datetime) -> datetime:
        return datetime.combine(at.date() + days, time(at.hour, at.minute), SHOP_TIME)

    parsed.orders = [replace(order, placed_at=later(order.placed_at)) for order in parsed.orders]
    parsed.returns = [replace(each, returned_at=later(each.returned_at)) for each in parsed.returns]
    return parsed
