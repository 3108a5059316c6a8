"""Money in integer minor units with a currency code. Never a float."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision, list_currencies

FULL_RATE_BP = 10_000  # 100 % in basis points
LARGEST_DIGITS = 15  # what a 64-bit column and every sum over it can hold


def share_bp(minor: int, rate_bp: int) -> int:
    """`rate_bp` basis points of `minor` (0 or more), rounded half up, in exact integers."""
    if minor < 0:
        raise ValueError("a share is taken of an amount that is not negative")
    return (minor * rate_bp + FULL_RATE_BP // 2) // FULL_RATE_BP


def split_by_weight(total: int, weights: Sequence[int], *, rotate: int = 0) -> list[int]:
    """Split `total` minor units by `weights`; the parts always sum to the whole.

    Largest remainder; ties go round by `rotate` (a period's number), so that nobody is favoured for ever.
    With no weight at all the split is even.
    """
    if not weights:
        raise ValueError("nothing to split over")
    if min(weights) < 0:
        raise ValueError("weights are not negative")
    if not sum(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), (i - rotate) % len(weights)))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def exponent(currency: str) -> int:
    """How many decimal places a currency has: 2 for USD, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency.upper())


def is_currency(code: str) -> bool:
    return code.upper() in list_currencies()


def to_decimal(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


def parse_money(text: str, currency: str) -> int:
    """'4.99' in USD → 499. Raises ValueError with a sentence when the text is no amount of that currency."""
    try:
        value = Decimal(text.strip()).scaleb(exponent(currency))
    except ArithmeticError:
        raise ValueError(f"“{text}” is not an amount.") from None
    if not value.is_finite() or value.adjusted() > LARGEST_DIGITS:
        raise ValueError(f"“{text[:20]}” is not an amount.")
    if value != value.to_integral_value():
        raise ValueError(f"“{text}” has more decimal places than {currency.upper()} has.")
    return int(value)


@lru_cache(maxsize=8192)
def format_money(minor: int, currency: str, locale: str = "en") -> str:
    """'$4.99', in the reader's locale, with as many places as the currency has."""
    return format_currency(to_decimal(minor, currency), currency.upper(), locale=locale.replace("-", "_"))


def format_totals(totals: Mapping[str, int], locale: str = "en") -> str:
    """One line for amounts of several currencies: '$4.99 · €3.00'."""
    return " · ".join(format_money(minor, currency, locale) for currency, minor in sorted(totals.items()))
