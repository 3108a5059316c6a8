"""The money of seats, as pure arithmetic: whatever is paid, claimed and given back, the cents add up."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from portal.kit.money import split_by_weight
from subscriptions.postings import InvoiceFacts, SeatFacts, invoice_target, pool_target, spread_back

CREATOR = "creator:mika:"
paid = st.fixed_dictionaries(
    {
        "gross": st.integers(1, 200_000),
        "tax": st.integers(0, 30_000),
        "fee": st.integers(0, 9_000),
        "platform_bp": st.integers(0, 10_000),
    }
)


def seats_of(facts: InvoiceFacts, number: int, gone: int = 0, claimed: int = 0) -> list[SeatFacts]:
    """As the rows would be: the last `claimed` are somebody's, and what went back lies on the first."""
    ones = [1] * number
    parts = list(zip(split_by_weight(facts.gross, ones), split_by_weight(facts.tax, ones), strict=True))
    back = spread_back(gone, [gross + tax for gross, tax in parts])
    return [
        SeatFacts(gross, tax, taken, claimed=place >= number - claimed)
        for place, ((gross, tax), taken) in enumerate(zip(parts, back, strict=True))
    ]


@given(known=paid, number=st.integers(1, 20), gone=st.integers(0, 500_000), claimed=st.integers(0, 20))
def test_the_books_balance_and_hold_what_the_provider_holds(
    known: dict[str, int], number: int, gone: int, claimed: int
) -> None:
    facts = InvoiceFacts("mika", "usd", **known, refunded=gone)
    target = pool_target(facts, seats_of(facts, number, gone, claimed))
    assert sum(target.values()) == 0
    assert target.get("stripe:usd", 0) == facts.gross + facts.tax - facts.fee - gone
    assert target.get("expense:bad_debt:usd", 0) == max(0, gone - facts.gross - facts.tax)


@given(known=paid, number=st.integers(1, 20), claimed=st.integers(0, 20))
def test_a_seat_that_goes_back_moves_no_cent_of_another(known: dict[str, int], number: int, claimed: int) -> None:
    facts = InvoiceFacts("mika", "usd", **known)
    before = seats_of(facts, number, claimed=claimed)
    one = before[0]
    after = [replace(one, gone=one.gross + one.tax), *before[1:]]
    full, less = pool_target(facts, before), pool_target(replace(facts, refunded=one.gross + one.tax), after)
    moved = {code: less.get(code, 0) - full.get(code, 0) for code in {*full, *less}}
    bucket = "pending" if one.claimed else "held"
    alone = invoice_target(replace(facts, gross=one.gross, tax=one.tax, fee=0, withheld=not one.claimed))
    assert moved.get(f"{CREATOR}{bucket}:usd", 0) == -alone.get(f"{CREATOR}{bucket}:usd", 0)
    assert moved.get("stripe:usd", 0) == -(one.gross + one.tax)
    other = "held" if one.claimed else "pending"
    assert moved.get(f"{CREATOR}{other}:usd", 0) == 0


@given(known=paid, number=st.integers(1, 20), data=st.data())
def test_seats_given_back_one_by_one_or_at_once_end_alike(
    known: dict[str, int], number: int, data: st.DataObject
) -> None:
    """Whatever goes back, and in which order: all of it is all that was paid, to the cent."""
    facts = InvoiceFacts("mika", "usd", **known)
    totals = [seat.gross + seat.tax for seat in seats_of(facts, number)]
    order = data.draw(st.permutations(range(number)))
    assert sum(totals) == facts.gross + facts.tax
    assert max(totals) - min(totals) <= 2
    gone = sum(totals[place] for place in order)
    seats = [replace(seat, gone=total) for seat, total in zip(seats_of(facts, number), totals, strict=True)]
    left = pool_target(replace(facts, refunded=gone), seats)
    fee = {"stripe:usd": -facts.fee, "expense:stripe_fee:usd": facts.fee}
    assert left == {code: amount for code, amount in fee.items() if amount}


@given(gone=st.integers(0, 3_000), totals=st.lists(st.integers(0, 500), max_size=20))
def test_what_went_back_covers_one_seat_before_the_next(gone: int, totals: list[int]) -> None:
    laid = spread_back(gone, totals)
    assert sum(laid) == min(gone, sum(totals))
    partly = [part for part, total in zip(laid, totals, strict=True) if 0 < part < total]
    assert len(partly) <= 1


@given(known=paid)
def test_one_seat_is_split_like_an_invoice(known: dict[str, int]) -> None:
    facts = InvoiceFacts("mika", "usd", **known)
    assert pool_target(facts, seats_of(facts, 1, claimed=1)) == invoice_target(facts)
    disputed = replace(facts, disputed=facts.gross, dispute_fee=1_500)
    assert pool_target(disputed, seats_of(facts, 1, claimed=1)) == invoice_target(disputed)


def test_nothing_paid_is_nothing() -> None:
    assert pool_target(InvoiceFacts("mika", "usd", 1_000), []) == {}
