"""Coupons at work: who may use one, how long it lasts, and how much it takes off an invoice."""

import calendar
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from portal.kit.money import split_by_weight
from portal.sandbox.errors import invalid
from portal.sandbox.registry import Obj
from portal.sandbox.world import World


def add_months(anchor: int, months: int) -> int:
    """So many months after `anchor` (UTC), on its day or the last of a shorter month: 31 January, 28 February, 31 March."""
    start = datetime.fromtimestamp(anchor, UTC)
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def check_promotion(box: World, promotion: Obj, customer: Obj | None, amount: int, currency: str) -> Obj:
    """The coupon behind a promotion code. Raises when it does not apply to this customer and amount."""
    restrictions = promotion["restrictions"]
    if not promotion["active"]:
        raise invalid("This promotion code is inactive.", code="promotion_code_inactive", param="promotion_code")
    if promotion["expires_at"] and promotion["expires_at"] <= box.now():
        raise invalid("This promotion code has expired.", param="promotion_code")
    if promotion["max_redemptions"] and promotion["times_redeemed"] >= promotion["max_redemptions"]:
        raise invalid("This promotion code has been used up.", param="promotion_code")
    if promotion["customer"] and promotion["customer"] != (customer or {}).get("id"):
        raise invalid("This promotion code is for another customer.", param="promotion_code")
    if restrictions["first_time_transaction"] and customer and box.all("charge", customer=customer["id"], paid=True):
        raise invalid("This promotion code is for first purchases.", param="promotion_code")
    if restrictions["minimum_amount"] and (
        amount < restrictions["minimum_amount"] or currency != restrictions["minimum_amount_currency"]
    ):
        raise invalid("The amount is too small for this promotion code.", param="promotion_code")
    return check_coupon(box, box.get(promotion["promotion"]["coupon"], "coupon"), currency)


def check_coupon(box: World, coupon: Obj, currency: str) -> Obj:
    used_up = coupon["max_redemptions"] and coupon["times_redeemed"] >= coupon["max_redemptions"]
    if not coupon["valid"] or used_up or (coupon["redeem_by"] and coupon["redeem_by"] <= box.now()):
        raise invalid(f"Coupon {coupon['id']} is used up or has expired.", code="coupon_expired", param="coupon")
    if coupon["amount_off"] and coupon["currency"] != currency:
        raise invalid(f"Coupon {coupon['id']} is in {coupon['currency']}, not {currency}.", param="coupon")
    return coupon


def redeem(
    box: World,
    given: Sequence[Obj],
    *,
    customer: Obj,
    currency: str,
    amount: int = 0,
    subscription: str | None = None,
    session: str | None = None,
) -> list[str]:
    """Turn [{'coupon': …} or {'promotion_code': …}] into discounts; returns their ids."""
    ids = []
    for entry in given:
        if entry.get("discount"):
            ids.append(box.get(entry["discount"], "discount")["id"])
            continue
        promotion = None
        if entry.get("promotion_code"):
            promotion = box.get(entry["promotion_code"], "promotion_code", param="promotion_code")
            coupon = check_promotion(box, promotion, customer, amount, currency)
            promotion["times_redeemed"] += 1
        else:
            coupon = check_coupon(box, box.get(entry["coupon"], "coupon", param="coupon"), currency)
        coupon["times_redeemed"] += 1
        start = box.now_of(customer)
        discount = box.put(
            "discount",
            customer=customer["id"],
            promotion_code=promotion and promotion["id"],
            source={"type": "coupon", "coupon": coupon["id"]},
            start=start,
            end=add_months(start, coupon["duration_in_months"]) if coupon["duration"] == "repeating" else None,
            subscription=subscription,
            checkout_session=session,
        )
        box.emit("customer.discount.created", discount)
        ids.append(discount["id"])
    return ids


def still_valid(box: World, subscription: Obj, now: int) -> list[str]:
    """The discounts of a subscription that count now; those that have run out are taken off it."""
    kept = []
    for id in subscription["discounts"]:
        discount = box.get(id, "discount")
        if discount["end"] is None or discount["end"] > now:
            kept.append(id)
        else:
            box.emit("customer.discount.deleted", discount)
    subscription["discounts"] = kept
    return list(kept)


def use_up(box: World, subscription: Obj) -> None:
    """Coupons that count once are gone after the invoice they were used on."""
    kept = []
    for id in subscription["discounts"]:
        discount = box.get(id, "discount")
        if box.get(discount["source"]["coupon"], "coupon")["duration"] != "once":
            kept.append(id)
    subscription["discounts"] = kept


def amount_off(coupon: Obj, base: int) -> int:
    """What a coupon takes off `base` minor units, half a unit rounding up; never more than all of it."""
    if coupon["percent_off"]:
        share = Decimal(base) * Decimal(str(coupon["percent_off"])) / 100
        return min(base, int(share.quantize(Decimal(1), ROUND_HALF_UP)))
    return min(base, int(coupon["amount_off"]))


def apply(box: World, lines: list[Obj], ids: Sequence[str]) -> list[Obj]:
    """Spread discounts, one after another, over the lines that can be discounted; returns the total of each."""
    open_lines = [line for line in lines if line["discountable"] and line["amount"] > 0]
    left = {line["id"]: line["amount"] for line in open_lines}
    for line in lines:
        line["discount_amounts"] = []
    totals = []
    for id in ids:
        coupon = box.get(box.get(id, "discount")["source"]["coupon"], "coupon")
        off = amount_off(coupon, sum(left.values()))
        weights = [left[line["id"]] for line in open_lines]
        for line, part in zip(open_lines, split_by_weight(off, weights) if sum(weights) else [], strict=False):
            line["discount_amounts"].append({"amount": part, "discount": id})
            left[line["id"]] -= part
        totals.append({"amount": off, "discount": id})
    return totals
