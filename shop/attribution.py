"""Which click earns a line: the last one that counts. Facts in, a verdict on every click out. No Django in this file.

A click that does not count (too old, a machine, the creator's own, …) does not block an earlier one that does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

CREDITED = "credited"


@dataclass(frozen=True, slots=True)
class Touched:
    """One click of the buyer, with what was true at its moment."""

    click_id: int
    at: datetime
    product_id: int
    window: timedelta
    flag: str = ""
    is_own: bool = False
    was_listed: bool = True
    was_enrolled: bool = True


@dataclass(frozen=True, slots=True)
class Sold:
    """The line that was sold. `product_id` None: the brand lists no such product."""

    product_id: int | None
    placed_at: datetime
    region_open: bool = True
    same_currency: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """`reason` says why the line earns or not; `verdicts` holds each click on a link to this product."""

    reason: str
    click_id: int | None
    verdicts: dict[int, str]


# Verdict of a click → reason of a line that no click earns; the latest click speaks.
REASON_OF = {
    "outside_window": "outside_window",
    "own": "own_purchase",
    "bot": "bot",
    "not_listed": "not_listed",
    "not_enrolled": "not_enrolled",
    "region_closed": "region_closed",
    "other_currency": "other_currency",
}


def attribute(sold: Sold, touches: Sequence[Touched]) -> Found:
    """The last click that counts is credited. Clicks after the order are shown, and never count."""
    if sold.product_id is None:
        return Found("unknown_product", None, {})
    verdicts: dict[int, str] = {}
    winner: int | None = None
    reason = ""
    of_product = [touch for touch in touches if touch.product_id == sold.product_id]
    for touch in sorted(of_product, key=lambda each: (each.at, each.click_id), reverse=True):
        verdict = _verdict(sold, touch)
        if verdict == CREDITED and winner is not None:
            verdict = "earlier"
        elif verdict == CREDITED:
            winner = touch.click_id
        verdicts[touch.click_id] = verdict
        reason = reason or REASON_OF.get(verdict, "")
    if winner is not None:
        return Found(CREDITED, winner, verdicts)
    elsewhere = any(touch.at <= sold.placed_at for touch in touches if touch.product_id != sold.product_id)
    return Found(reason or ("other_product" if elsewhere else "no_click"), None, verdicts)


def _verdict(sold: Sold, touch: Touched) -> str:
    if touch.at > sold.placed_at:
        return "after_order"
    if touch.is_own or touch.flag == "own":
        return "own"
    if touch.flag == "bot":
        return "bot"
    if sold.placed_at - touch.at > touch.window:
        return "outside_window"
    if not touch.was_listed:
        return "not_listed"
    if not touch.was_enrolled:
        return "not_enrolled"
    if not sold.region_open:
        return "region_closed"
    return CREDITED if sold.same_currency else "other_currency"
