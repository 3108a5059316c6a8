"""What brands report: orders, deliveries, returns; in any order, as often as they like."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kit.money import is_currency
from portal.kit.refusal import Refusal
from shop.actions.commissions import earn, follow_delivery, follow_return, fund_waiting
from shop.attribution import Sold, Touched, attribute
from shop.facts import OrderFacts, ReturnFacts
from shop.models import Brand, Click, Commission, Delivery, Order, OrderLine, OrderReturn, Product, RegionListing, Touch
from shop.postings import Returned, returned_base
from shop.queries.links import clicks_of_buyer, touched

# Clocks differ a little; more than that is a mistake.
CLOCK_SLACK = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LARGEST_MINOR = 10**12


class OrderChanged(Refusal):
    sentence = _("Order %(number)s was reported before with other content. Report a change as a return.")


class ReturnChanged(Refusal):
    sentence = _("Return %(number)s was reported before with other content.")


class DeliveryChanged(Refusal):
    sentence = _("Order %(number)s was reported as delivered at another time.")


class OrderIsEmpty(Refusal):
    sentence = _("Order %(number)s has no lines.")
    status = 422


class LineTwice(Refusal):
    sentence = _("Order %(number)s has two lines with the number %(line)s.")
    status = 422


class UnknownCurrency(Refusal):
    sentence = _("%(currency)s is not a currency.")
    status = 422


class AmountOutOfRange(Refusal):
    sentence = _("Quantities and amounts are whole numbers: at least 1 piece, and no amount below zero.")
    status = 422


class FromTheFuture(Refusal):
    sentence = _("%(number)s is dated later than now.")
    status = 422


class TooLongAgo(Refusal):
    sentence = _("%(number)s is dated before the year 2000.")
    status = 422


class UnknownLine(Refusal):
    sentence = _("Order %(number)s has no line %(line)s.")
    status = 422


@dataclass(frozen=True, slots=True)
class Recorded:
    """`is_new` is False when the same report had been recorded before."""

    order: Order
    is_new: bool


def email_hash(email: str) -> str:
    """How a buyer's email is compared without being stored: SHA-256 of it in lower case, without spaces around."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


@transaction.atomic
def record_order(*, brand: Brand, facts: OrderFacts, now: datetime, origin: str = Order.Origin.WEBHOOK) -> Recorded:
    """Keep an order, look for the click behind each line, and let credited lines earn.

    Safe to repeat by brand and order number: the same report gives the same order, another one with the same number is
    refused (OrderChanged). What was reported before the order (returns, delivery) is applied with it.
    """
    Brand.objects.select_for_update().get(pk=brand.pk)
    known = Order.objects.filter(brand=brand, external_id=facts.external_id).first()
    if known is not None:
        if known.digest != facts.digest():
            raise OrderChanged(number=facts.external_id)
        return Recorded(known, is_new=False)
    _check_order(facts, now)
    order = _write_order(brand, facts, now, origin)
    earned = _write_lines(order, facts, now)
    for waiting in OrderReturn.objects.filter(brand=brand, order_number=order.external_id, line=None).order_by("pk"):
        _apply_return(waiting, order, now)
    if earned:
        fund_waiting(brand=brand, now=now)
    return Recorded(order, is_new=True)


@transaction.atomic
def record_return(*, brand: Brand, facts: ReturnFacts, now: datetime) -> OrderReturn:
    """Keep a return and take its part of the commission back, at the frozen rate; before release or after it.

    Safe to repeat by brand and return number. A return whose order is not known yet waits for it. More than was bought
    or paid never comes back: the line stops at zero.
    """
    Brand.objects.select_for_update().get(pk=brand.pk)
    known = OrderReturn.objects.filter(brand=brand, external_id=facts.external_id).first()
    if known is not None:
        if known.digest != facts.digest():
            raise ReturnChanged(number=facts.external_id)
        return known
    _check_amounts(facts.quantity, facts.amount_minor or 0)
    _check_past(facts.external_id, facts.returned_at, now)
    made = OrderReturn.objects.create(
        brand=brand,
        external_id=facts.external_id,
        order_number=facts.order_number,
        line_number=facts.line_number,
        quantity=facts.quantity,
        amount_minor=facts.amount_minor,
        returned_at=facts.returned_at,
        digest=facts.digest(),
        received_at=now,
    )
    order = Order.objects.filter(brand=brand, external_id=facts.order_number).first()
    if order is not None:
        if not order.lines.filter(external_id=facts.line_number).exists():
            raise UnknownLine(number=facts.order_number, line=facts.line_number)
        if _apply_return(made, order, now):
            fund_waiting(brand=brand, now=now)
    return made


@transaction.atomic
def record_delivery(*, brand: Brand, order_number: str, delivered_at: datetime, now: datetime) -> Delivery:
    """The order has arrived: return windows count from here. Safe to repeat; another time is refused."""
    Brand.objects.select_for_update().get(pk=brand.pk)
    _check_past(order_number, delivered_at, now)
    made, is_new = Delivery.objects.get_or_create(
        brand=brand, order_number=order_number, defaults={"delivered_at": delivered_at, "received_at": now}
    )
    if not is_new:
        if made.delivered_at != delivered_at:
            raise DeliveryChanged(number=order_number)
        return made
    order = Order.objects.filter(brand=brand, external_id=order_number).first()
    if order is not None:
        order.delivered_at = delivered_at
        order.save(update_fields=["delivered_at"])
        for commission in _commissions(order):
            follow_delivery(commission=commission, now=now)
    return made


def _check_order(facts: OrderFacts, now: datetime) -> None:
    if not facts.lines:
        raise OrderIsEmpty(number=facts.external_id)
    if not is_currency(facts.currency) or facts.currency != facts.currency.lower():
        raise UnknownCurrency(currency=facts.currency)
    _check_past(facts.external_id, facts.placed_at, now)
    seen: set[str] = set()
    for line in facts.lines:
        if line.external_id in seen:
            raise LineTwice(number=facts.external_id, line=line.external_id)
        seen.add(line.external_id)
        _check_amounts(line.quantity, line.paid_minor)


def _check_amounts(quantity: int, minor: int) -> None:
    if not (1 <= quantity <= 1_000_000 and 0 <= minor <= LARGEST_MINOR):
        raise AmountOutOfRange


def _check_past(number: str, at: datetime, now: datetime) -> None:
    if at > now + CLOCK_SLACK:
        raise FromTheFuture(number=number)
    if at < EARLIEST:
        raise TooLongAgo(number=number)


def _write_order(brand: Brand, facts: OrderFacts, now: datetime, origin: str) -> Order:
    delivery = Delivery.objects.filter(brand=brand, order_number=facts.external_id).first()
    return Order.objects.create(
        brand=brand,
        external_id=facts.external_id,
        currency=facts.currency,
        placed_at=facts.placed_at,
        delivered_at=delivery.delivered_at if delivery else None,
        buyer_region=facts.buyer_region,
        buyer_hash=facts.buyer_hash,
        click_token=facts.click_token,
        origin=origin,
        digest=facts.digest(),
        received_at=now,
    )


def _write_lines(order: Order, facts: OrderFacts, now: datetime) -> bool:
    """1. The buyer's clicks. 2. A verdict on each, for each line. 3. The lines, and commissions of credited ones.

    Returns whether any line earns.
    """
    skus = {line.sku for line in facts.lines}
    products = {product.sku: product for product in Product.objects.filter(brand=order.brand, sku__in=skus)}
    open_ids = _open_products(order, {product.pk for product in products.values()})
    clicks, touches = _touches(order)
    lines, found = [], []
    for told in facts.lines:
        product = products.get(told.sku)
        sold = Sold(
            product_id=product.pk if product else None,
            placed_at=order.placed_at,
            region_open=product is not None and product.pk in open_ids,
            same_currency=product is not None and product.currency == order.currency,
        )
        found.append(attribute(sold, touches))
        lines.append(
            OrderLine(
                order=order,
                external_id=told.external_id,
                product=product,
                sku=told.sku,
                quantity=told.quantity,
                paid_minor=told.paid_minor,
                reason=found[-1].reason,
            )
        )
    OrderLine.objects.bulk_create(lines)
    Touch.objects.bulk_create(
        Touch(line=line, click_id=click_id, verdict=verdict)
        for line, each in zip(lines, found, strict=True)
        for click_id, verdict in each.verdicts.items()
    )
    for line, each in zip(lines, found, strict=True):
        if each.click_id is not None:
            earn(line=line, click=clicks[each.click_id], now=now)
    return any(each.click_id is not None for each in found)


def _touches(order: Order) -> tuple[dict[int, Click], list[Touched]]:
    """The clicks of the order's buyer by id, and the same as facts; nothing where no click is named."""
    named = Click.objects.filter(token=order.click_token).first() if order.click_token else None
    if named is None:
        return {}, []
    clicks = clicks_of_buyer(brand_id=order.brand_id, visitor=named.visitor, placed_at=order.placed_at)
    hashes = {click.link.creator_id: email_hash(click.link.creator.user.email) for click in clicks}
    return {click.pk: click for click in clicks}, touched(clicks, buyer_hash=order.buyer_hash, hash_of=hashes)


def _open_products(order: Order, product_ids: set[int]) -> set[int]:
    """Those that were open in the buyer's region; all of them where the region is not told."""
    if not order.buyer_region or not product_ids:
        return product_ids
    live = RegionListing.objects.live(order.placed_at).filter(region=order.buyer_region, product__in=product_ids)
    return set(live.values_list("product_id", flat=True))


def _apply_return(made: OrderReturn, order: Order, now: datetime) -> bool:
    """Move the line's returned base forward; whether a commission followed it.

    A waiting return for a line that never came stays waiting, in sight.
    """
    line = order.lines.filter(external_id=made.line_number).first()
    if line is None:
        return False
    made.line = line
    made.save(update_fields=["line"])
    returns = [Returned(each.quantity, each.amount_minor) for each in line.returns.all()]
    line.returned_minor = returned_base(paid_minor=line.paid_minor, quantity=line.quantity, returns=returns)
    line.save(update_fields=["returned_minor"])
    commission = _commissions(order).filter(line=line).first()
    if commission is None:
        return False
    follow_return(commission=commission, now=now, number=made.external_id)
    return True


def _commissions(order: Order) -> QuerySet[Commission]:
    rows = Commission.objects.select_for_update(of=("self",)).filter(line__order=order)
    return rows.select_related("line__order", "creator", "brand", "terms")
