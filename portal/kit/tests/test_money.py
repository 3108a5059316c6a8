from decimal import ROUND_HALF_UP, Decimal

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from portal.kit.money import (
    exponent,
    format_money,
    parse_money,
    share_bp,
    split_by_weight,
    to_decimal,
)

amounts = st.integers(0, 10**12)


@given(amounts, st.integers(0, 10_000))
def test_a_share_is_schoolbook_half_up(minor: int, rate: int) -> None:
    exact = Decimal(minor) * rate / 10_000
    assert share_bp(minor, rate) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=12), st.integers(0, 40))
def test_the_parts_sum_to_the_whole_and_each_is_within_one(total: int, weights: list[int], rotate: int) -> None:
    parts = split_by_weight(total, weights, rotate=rotate)
    assert sum(parts) == total
    even = weights if sum(weights) else [1] * len(weights)
    assert all(abs(part * sum(even) - total * weight) < sum(even) for part, weight in zip(parts, even, strict=True))


def test_the_odd_cent_goes_round() -> None:
    assert [split_by_weight(10, [1, 1, 1], rotate=period) for period in range(3)] == [[4, 3, 3], [3, 4, 3], [3, 3, 4]]


@pytest.mark.parametrize(("currency", "places"), [("usd", 2), ("jpy", 0), ("kwd", 3), ("eur", 2)])
def test_currencies_have_their_own_places(currency: str, places: int) -> None:
    assert exponent(currency) == places


@given(amounts, st.sampled_from(["usd", "jpy", "kwd", "eur", "gbp"]))
def test_what_is_written_can_be_read(minor: int, currency: str) -> None:
    assert parse_money(str(to_decimal(minor, currency)), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("4.999", "usd"), ("1.5", "jpy"), ("", "usd"), ("four", "usd"), ("NaN", "usd"), ("1e400000", "usd")],
)
def test_what_is_no_amount_is_refused_with_a_sentence(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="is not an amount|decimal places"):
        parse_money(text, currency)


def test_amounts_are_shown_in_the_readers_locale() -> None:
    assert format_money(123456, "usd") == "$1,234.56"
    assert format_money(500, "jpy") == "¥500"
    assert format_money(-499, "eur", "de") == "-4,99\xa0€"


def test_every_currency_can_be_shown() -> None:
    assert all(format_money(12345, code.lower()) for code in list_currencies())
