"""Facts in, target balances out. Integers of minor units; debit +, credit −. No Django in this file.

An affiliate order line: `left` is what was paid and not returned. The brand's budget pays the commission and the
shop's fee on top; both shrink in proportion with a return, at the frozen rate, and vanish when nothing is left.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.kit.money import share_bp
from portal.ledger import chart


@dataclass(frozen=True, slots=True)
class Returned:
    """One return: `amount_minor` when the brand named it, else None: in proportion to the quantity."""

    quantity: int
    amount_minor: int | None = None


def returned_base(*, paid_minor: int, quantity: int, returns: Iterable[Returned]) -> int:
    """How much of `paid_minor` came back. Never more than was paid, whatever was reported and in whatever order.

    Returns without an amount are counted together, so that three thirds make a whole.
    """
    pieces = 0
    named = 0
    for each in returns:
        if each.amount_minor is None:
            pieces += each.quantity
        else:
            named += each.amount_minor
    by_quantity = (2 * paid_minor * min(pieces, quantity) + quantity) // (2 * quantity)
    return min(paid_minor, by_quantity + named)


def order_target(
    *, creator: str, brand: str, currency: str, left_minor: int, rate_bp: int, fee_bp: int, bucket: str
) -> dict[str, int]:
    """Balances one line implies. `bucket` is pending, available, held; or "" when nothing may move (unfunded, void)."""
    if not bucket:
        return {}
    commission, fee = share_bp(left_minor, rate_bp), share_bp(left_minor, fee_bp)
    return {
        chart.brand_prepaid(brand, currency): commission + fee,
        chart.shop_fee(currency): -fee,
        chart.BUCKETS[bucket](creator, currency): -commission,
    }


def top_up_target(
    *, brand: str, currency: str, amount_minor: int, stripe_fee_minor: int, refunded_minor: int = 0
) -> dict[str, int]:
    """Balances one paid top-up implies; the provider keeps its fee when a top-up is paid back."""
    kept = amount_minor - refunded_minor
    return {
        chart.stripe(currency): kept - stripe_fee_minor,
        chart.stripe_fee(currency): stripe_fee_minor,
        chart.brand_prepaid(brand, currency): -kept,
    }
