"""How a payout moves money in the books. Pure: numbers in, account balances out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from portal.ledger import chart

ALL_BP = 10_000


@dataclass(frozen=True)
class Outlook:
    """What would be paid, in minor units.

    `given` by facts that earned, `taken` back by facts whose money had been paid before, `owed` from earlier runs;
    `netted` of these two is settled now, `carried` stays owed. `amount` = given − netted.
    """

    given: int
    taken: int
    owed: int
    netted: int

    @property
    def amount(self) -> int:
        return self.given - self.netted

    @property
    def carried(self) -> int:
        return self.taken + self.owed - self.netted


def outlook(lines: Iterable[tuple[str, int]], *, owed: int, cap_bp: int) -> Outlook:
    """From lines (fact, amount as the creator sees it) to what is paid.

    Lines of one fact cancel first: a refund of an invoice that was never paid out simply lowers it. What is left below
    zero is a debt, and debts take at most `cap_bp` of what was given.
    """
    facts: Counter[str] = Counter()
    for fact, amount in lines:
        facts[fact] += amount
    given = sum(amount for amount in facts.values() if amount > 0)
    taken = -sum(amount for amount in facts.values() if amount < 0)
    netted = min(taken + owed, given * cap_bp // ALL_BP)
    return Outlook(given=given, taken=taken, owed=owed, netted=netted)


def reserved(creator: str, currency: str, look: Outlook) -> dict[str, int]:
    """available → in transit; what the cap leaves unsettled moves to `owed`."""
    return {
        chart.creator_available(creator, currency): look.given - look.taken,
        chart.creator_owed(creator, currency): look.carried - look.owed,
        chart.transit(creator, currency): -look.amount,
    }


def sent(creator: str, currency: str, amount: int) -> dict[str, int]:
    """in transit → our balance at the provider, which is now smaller."""
    return {chart.transit(creator, currency): amount, chart.stripe(currency): -amount}


def given_back(creator: str, currency: str, amount: int) -> dict[str, int]:
    """in transit → available: the provider refused, or somebody canceled in time."""
    return {chart.transit(creator, currency): amount, chart.creator_available(creator, currency): -amount}


def returned(creator: str, currency: str, amount: int) -> dict[str, int]:
    """The provider took back what had been sent; the creator has it as available again."""
    return {chart.stripe(currency): amount, chart.creator_available(creator, currency): -amount}
