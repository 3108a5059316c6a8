"""How much of old debts a payout settles. Pure numbers; the properties hold for every world."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from portal.payouts.postings import Outlook, given_back, outlook, reserved, returned, sent

HALF = 5_000


def test_what_was_earned_is_paid() -> None:
    assert outlook([("a", 300), ("b", 200)], owed=0, cap_bp=HALF) == Outlook(given=500, taken=0, owed=0, netted=0)


def test_a_refund_before_the_payout_lowers_its_own_fact() -> None:
    look = outlook([("a", 300), ("a", -300), ("b", 200)], owed=0, cap_bp=HALF)
    assert (look.amount, look.carried) == (200, 0)


def test_an_old_refund_takes_at_most_half() -> None:
    look = outlook([("old", -900), ("new", 1_000)], owed=0, cap_bp=HALF)
    assert (look.amount, look.netted, look.carried) == (500, 500, 400)


def test_what_was_left_comes_off_the_next() -> None:
    look = outlook([("newer", 1_000)], owed=400, cap_bp=HALF)
    assert (look.amount, look.netted, look.carried) == (600, 400, 0)


def test_the_odd_cent_stays_with_the_creator() -> None:
    assert outlook([("old", -900), ("new", 101)], owed=0, cap_bp=HALF).amount == 51


amounts = st.integers(-10_000, 10_000).filter(bool)
lines = st.lists(st.tuples(st.sampled_from("abcdef"), amounts), max_size=20)


@given(lines, st.integers(0, 10_000), st.integers(0, 10_000))
def test_every_entry_balances_and_no_cent_is_lost(found: list[tuple[str, int]], owed: int, cap: int) -> None:
    look = outlook(found, owed=owed, cap_bp=cap)
    assert look.amount >= 0 and look.carried >= 0
    assert look.netted * 10_000 <= look.given * cap
    assert look.amount - look.carried == sum(amount for _fact, amount in found) - owed
    assert sum(reserved("m", "usd", look).values()) == 0


@given(st.integers(1, 10**12))
def test_a_round_trip_leaves_nothing(amount: int) -> None:
    for back in (given_back, returned):
        books: Counter[str] = Counter()
        books.update(reserved("m", "usd", Outlook(given=amount, taken=0, owed=0, netted=0)))
        if back is returned:
            books.update(sent("m", "usd", amount))
        books.update(back("m", "usd", amount))
        assert {code: left for code, left in books.items() if left} == {}
