"""What one payment (an invoice, a purchase) means for the books: facts in, target balances out. Debit +, credit −, minor units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portal.kit.money import share_bp
from portal.ledger import chart


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """`gross` is what was paid without `tax`. Refunds and disputes count in the total, tax included.

    `refunded`: taken back by refunds. `disputed`: held by open disputes. `lost`: gone with lost disputes. `withheld`: paid
    for something nobody has taken yet (a gift).
    """

    creator: str
    currency: str
    platform_bp: int
    gross: int = 0
    tax: int = 0
    fee: int = 0
    refunded: int = 0
    disputed: int = 0
    lost: int = 0
    dispute_fee: int = 0
    matured: bool = False
    withheld: bool = False

    @property
    def bucket(self) -> str:
        """Where the creator's part lies: held while disputed or not earned yet, then available once matured."""
        return "held" if self.disputed or self.withheld else "available" if self.matured else "pending"


def invoice_target(facts: InvoiceFacts) -> dict[str, int]:
    """Account code → balance that this invoice should have put there. Sums to zero; {} while nothing was paid.

    The platform's part is rounded half up, the creator has the rest, so no cent is left over. Whoever gets the same
    money back twice (a refund and a lost dispute) takes it from us, not from the creator: bad debt.
    """
    paid = facts.gross + facts.tax
    if not paid:
        return {}
    gone = facts.refunded + facts.lost
    left = max(0, paid - gone)
    tax = (left * facts.tax * 2 + paid) // (2 * paid)
    kept = left - tax
    platform = share_bp(kept, facts.platform_bp)
    currency = facts.currency
    target = {
        chart.stripe(currency): paid - facts.fee - gone - facts.disputed - facts.dispute_fee,
        chart.stripe_fee(currency): facts.fee,
        chart.dispute_fee(currency): facts.dispute_fee,
        chart.disputed(currency): facts.disputed,
        chart.bad_debt(currency): max(0, gone - paid),
        chart.tax_payable(currency): -tax,
        chart.platform_fee(currency): -platform,
        chart.BUCKETS[facts.bucket](facts.creator, currency): -(kept - platform),
    }
    return {code: amount for code, amount in target.items() if amount}


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """One seat of a purchase of several: its part of what was paid, and whether somebody has it. `gone`: given back for it."""

    gross: int
    tax: int = 0
    gone: int = 0
    claimed: bool = False
    matured: bool = False


def pool_target(facts: InvoiceFacts, seats: Sequence[SeatFacts]) -> dict[str, int]:
    """The same for seats of a gift pool: each seat is split on its own, and what was paid for all is counted once.

    So a seat that is claimed or given back never moves a cent of another. What went back beyond the seats is bad debt.
    """
    if not facts.gross + facts.tax:
        return {}
    whole = replace(facts, fee=0, refunded=0, disputed=0, lost=0, dispute_fee=0)
    gone = facts.refunded + facts.lost
    beyond = gone - sum(seat.gone for seat in seats)
    currency = facts.currency
    target = {
        chart.stripe(currency): -facts.fee - facts.disputed - facts.dispute_fee - beyond,
        chart.stripe_fee(currency): facts.fee,
        chart.dispute_fee(currency): facts.dispute_fee,
        chart.disputed(currency): facts.disputed,
        chart.bad_debt(currency): beyond,
    }
    for seat in seats:
        waits = bool(facts.disputed) or not seat.claimed
        one = replace(whole, gross=seat.gross, tax=seat.tax, refunded=seat.gone, matured=seat.matured, withheld=waits)
        for code, amount in invoice_target(one).items():
            target[code] = target.get(code, 0) + amount
    return {code: amount for code, amount in target.items() if amount}


def spread_back(gone: int, totals: Sequence[int]) -> list[int]:
    """What went back, laid on seats in their order: the first are covered whole before the next has any."""
    found = []
    for total in totals:
        part = min(total, max(0, gone))
        found.append(part)
        gone -= part
    return found
