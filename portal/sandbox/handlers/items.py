"""The items of a subscription: what is billed for a period, and what a change in the middle of one is worth."""

from datetime import UTC, datetime

from portal.sandbox import wire
from portal.sandbox.errors import invalid
from portal.sandbox.handlers.catalog import new_price
from portal.sandbox.handlers.discounts import add_months
from portal.sandbox.handlers.invoices import Line
from portal.sandbox.registry import Obj
from portal.sandbox.world import World, new_id

SECONDS = {"day": 86_400, "week": 604_800}
MONTHS = {"month": 1, "year": 12}


def period_end(anchor: int, start: int, recurring: Obj) -> int:
    """End of the period that begins at `start`; months count from the anchor, so the 31st comes back after February."""
    interval, count = recurring["interval"], recurring["interval_count"]
    if interval in SECONDS:
        return start + SECONDS[interval] * count
    first, now = datetime.fromtimestamp(anchor, UTC), datetime.fromtimestamp(start, UTC)
    passed = (now.year - first.year) * 12 + now.month - first.month
    return add_months(anchor, passed + MONTHS[interval] * count)


def price_of(box: World, given: Obj) -> Obj:
    if given.get("price"):
        price = box.get(given["price"], "price", param="items[0][price]")
    elif given.get("price_data"):
        price = new_price(box, given["price_data"])
    else:
        raise invalid("An item needs a price.", code="parameter_missing", param="items[0][price]")
    if not price["recurring"]:
        raise invalid("The price specified is set to `type=one_time` but this field only accepts recurring prices.")
    if not price["active"]:
        raise invalid(f"The price specified is inactive: {price['id']}.", param="items[0][price]")
    return price


def new_item(box: World, subscription: Obj, given: Obj, start: int, end: int) -> Obj:
    item = wire.new(
        "subscription_item",
        id=new_id("subscription_item"),
        object="subscription_item",
        created=start,
        subscription=subscription["id"],
        quantity=given.get("quantity", 1),
        current_period_start=start,
        current_period_end=end,
        tax_rates=[],
    )
    set_price(item, price_of(box, given))
    wire.merge(item, {"metadata": given.get("metadata", {})})
    return item


def set_price(item: Obj, price: Obj) -> None:
    item["price"] = dict(price)
    item["plan"] = wire.new(
        "plan",
        id=price["id"],
        object="plan",
        active=price["active"],
        amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"],
        billing_scheme="per_unit",
        created=price["created"],
        currency=price["currency"],
        interval=price["recurring"]["interval"],
        interval_count=price["recurring"]["interval_count"],
        livemode=False,
        product=price["product"],
        usage_type="licensed",
    )


def amount_of(item: Obj) -> int:
    return int(item["price"]["unit_amount"]) * int(item["quantity"])


def name_of(box: World, item: Obj) -> str:
    product = box.find(item["price"]["product"], "product")
    return product["name"] if product else "Subscription"


def full_lines(box: World, subscription: Obj) -> list[Line]:
    """A whole period of every item; nothing while a trial lasts."""
    trial = subscription["status"] == "trialing"
    lines = []
    for item in subscription["items"]["data"]:
        name = name_of(box, item)
        lines.append(
            Line(
                0 if trial else amount_of(item),
                f"Trial period for {name}" if trial else f"{item['quantity']} × {name}",
                item["current_period_start"],
                item["current_period_end"],
                price=item["price"],
                quantity=item["quantity"],
                item=item["id"],
            )
        )
    return lines


def unused(box: World, subscription: Obj, item: Obj, now: int) -> int:
    """The worth of the time not used: of what was billed last for the current period, after discounts, the part left.

    That is `billing_mode=flexible`: credits follow the amount that was debited, whatever the price is today.
    """
    end = item["current_period_end"]
    found: list[tuple[int, int, int]] = []  # start, net amount; the newest of those that begin together comes first
    for pending in box.all("invoiceitem", customer=subscription["customer"], invoice=None):
        details = (pending["parent"] or {}).get("subscription_details") or {}
        if details.get("subscription_item") == item["id"] and pending["period"]["end"] == end and pending["amount"] > 0:
            found.append((pending["period"]["start"], -len(found), pending["amount"]))
    for invoice in box.all("invoice", customer=subscription["customer"]):
        for line in invoice["lines"]["data"] if invoice["status"] != "void" else ():
            source = (line["parent"] or {}).get("subscription_item_details") or {}
            if source.get("subscription_item") == item["id"] and line["period"]["end"] == end and line["amount"] > 0:
                net = line["amount"] - sum(row["amount"] for row in line["discount_amounts"] or [])
                found.append((line["period"]["start"], -len(found), net))
    if not found:
        return 0
    start, _order, net = max(found)
    return part(net, start, end, now)


def part(amount: int, start: int, end: int, now: int) -> int:
    """The part of an amount for `start` to `end` that is left at `now`; half a unit rounds up."""
    if not start <= now < end:
        return 0
    return (2 * amount * (end - now) + (end - start)) // (2 * (end - start))


def credit_line(box: World, subscription: Obj, item: Obj, now: int) -> Line:
    # What was paid is given back as it was paid, so discounts must not touch it a second time.
    return Line(
        -unused(box, subscription, item, now),
        f"Unused time on {item['quantity']} × {name_of(box, item)}",
        now,
        item["current_period_end"],
        price=item["price"],
        quantity=item["quantity"],
        item=item["id"],
        proration=True,
        discountable=False,
    )


def rest_line(box: World, item: Obj, now: int) -> Line:
    start, end = item["current_period_start"], item["current_period_end"]
    return Line(
        part(amount_of(item), start, end, now),
        f"Remaining time on {item['quantity']} × {name_of(box, item)}",
        now,
        item["current_period_end"],
        price=item["price"],
        quantity=item["quantity"],
        item=item["id"],
        proration=True,
    )
