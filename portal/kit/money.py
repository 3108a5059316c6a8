"""Money in integer minor units with a currency code. Never a float."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from babel.numbers import (
    format_currency,
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
    list_currencies,
)

FULL_RATE_BP = 10_000  # 100 % in basis points
RLM, LTR_OPENS, LTR_CLOSES = "\u200f", "\u2066", "\u2069"
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


class NotAnAmount(ValueError):
    """The text is no amount; `example` shows how one is written in that locale."""

    def __init__(self, example: str) -> None:
        super().__init__(f"not an amount; one is written like {example}")
        self.example = example


class TooManyPlaces(ValueError):
    """The currency has fewer decimal places than the amount."""


def read_money(text: str, currency: str, locale: str = "en") -> int:
    """'1.204,50' in German, '1,204.50' in English → 120450. Digits of any script; code or symbol around it are let be.

    Where the text itself tells which mark is the decimal one, it counts in every language: the last of two kinds
    ('1.204,50'), and a single one with one or two digits behind it ('4,99'; read as a grouping mark, the amount would be
    a hundred times as large). Only '1,204' is read by the locale. Raises NotAnAmount and TooManyPlaces.
    """
    locale, places = locale.replace("-", "_"), exponent(currency)
    bare = _bare(text, currency, locale)
    mark = _decimal_mark(bare) or get_decimal_symbol(locale)
    group = "," if mark == "." else "."
    found = re.fullmatch(rf"(-?)(\d+|\d{{1,3}}(?:[{group}]\d{{3}})+)?(?:[{mark}](\d*))?", bare)
    if not found or not (found[2] or found[3]) or len(found[2] or "") > LARGEST_DIGITS - places:
        raise NotAnAmount(write_amount(1234 * 10**places + 10**places // 2, currency, locale))
    fraction = (found[3] or "").rstrip("0")
    if len(fraction) > places:
        raise TooManyPlaces(currency.upper())
    minor = int((found[2] or "0").replace(group, "") + fraction.ljust(places, "0"))
    return -minor if found[1] else minor


def _bare(text: str, currency: str, locale: str) -> str:
    """Digits as 0 to 9, marks as . and , without spaces, apostrophes, code and symbol."""
    code = currency.upper()
    for sign in (get_currency_symbol(code, locale=locale), code, code.lower(), "$", "€", "£", "¥"):
        text = text.replace(sign, "")
    text = re.sub(r"[\s'’\u200e\u200f\u061c]", "", text).translate(str.maketrans("٫٬−", ".,-"))
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in text)


def _decimal_mark(bare: str) -> str:
    """The mark that can only be the decimal one; '' where the locale must say."""
    marks = re.findall(r"[.,]", bare)
    if len(set(marks)) == 2:
        return marks[-1]
    return marks[0] if len(marks) == 1 and re.search(r"[.,]\d{1,2}$", bare) else ""


def write_amount(minor: int, currency: str, locale: str = "en") -> str:
    """120450 → '1204.50' in English, '1204,50' in German: as a field holds it, without symbol and grouping."""
    places = "0." + "0" * exponent(currency) if exponent(currency) else "0"
    return format_decimal(to_decimal(minor, currency), format=places, locale=locale.replace("-", "_"))


@lru_cache(maxsize=8192)
def format_money(minor: int, currency: str, locale: str = "en") -> str:
    """'$4.99', in the reader's locale, with as many places as the currency has."""
    text = format_currency(to_decimal(minor, currency), currency.upper(), locale=locale.replace("-", "_"))
    # Among letters that run from right to left the sign and the symbol would change sides: “-4.99 US$” is kept together.
    return LTR_OPENS + text.replace(RLM, "") + LTR_CLOSES if RLM in text else text


def format_totals(totals: Mapping[str, int], locale: str = "en") -> str:
    """One line for amounts of several currencies: '$4.99 · €3.00'."""
    return " · ".join(format_money(minor, currency, locale) for currency, minor in sorted(totals.items()))
