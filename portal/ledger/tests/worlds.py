"""Generated worlds: what may happen to charges, orders and payouts, told in any order and more than once.

`Rules` are the portal's own: the postings of the products and the ranks of their rows, posted through the real door.
Each world also knows by itself, from nothing but its events, what the provider holds and what each creator has earned;
`prove` compares. `seeded_bugs.py` bends one rule at a time and expects to be caught.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from portal.ledger import chart, invariants
from portal.ledger.actions import post, settle
from portal.ledger.queries import balance, books
from portal.payouts import postings as payout_postings
from portal.payouts.models import Payout
from shop import postings as shop_postings
from subscriptions.models import ChargeDispute, ChargeRefund
from subscriptions.postings import InvoiceFacts, invoice_target

AT = datetime(2026, 5, 15, 12, 0, tzinfo=UTC)
PLATFORM_BP = 1000
MINIMUM = 1000
CURRENCIES = ("usd", "eur", "jpy")
Event = tuple[Any, ...]


@dataclass
class Charge:
    """What we know of one invoice. Every fact moves one way only, so that the order of arrival cannot matter."""

    paid: tuple[int, int] = (0, 0)
    refunds: dict[str, ChargeRefund] = field(default_factory=dict)
    disputes: dict[str, ChargeDispute] = field(default_factory=dict)
    matured: bool = False


@dataclass
class Order:
    """What we know of one affiliate order line."""

    ordered: tuple[int, int, int, int] = (0, 1, 0, 0)
    returns: dict[str, shop_postings.Returned] = field(default_factory=dict)
    released: bool = False
    void: bool = False


class Rules:
    """How facts move and what they imply. Every method may be bent by a seeded bug."""

    def refund(self, charge: Charge, number: str, amount: int, status: str) -> None:
        rank = ChargeRefund.RANKS[status]
        known = charge.refunds.get(number)
        if known is None or rank > known.rank:
            charge.refunds[number] = ChargeRefund(stripe_id=number, amount_minor=amount, status=status, rank=rank)

    def dispute(self, charge: Charge, number: str, amount: int, fee: int, status: str) -> None:
        rank = 10 * (status in ChargeDispute.SETTLED) + 1
        known = charge.disputes.get(number)
        if known is None or rank > known.rank:
            charge.disputes[number] = ChargeDispute(
                stripe_id=number, amount_minor=amount, fee_minor=fee, status=status, rank=rank
            )

    def facts(self, charge: Charge, creator: str, currency: str) -> InvoiceFacts:
        disputes = charge.disputes.values()
        return InvoiceFacts(
            creator=creator,
            currency=currency,
            platform_bp=PLATFORM_BP,
            gross=charge.paid[0],
            fee=charge.paid[1],
            refunded=sum(refund.taken_minor for refund in charge.refunds.values()),
            disputed=sum(dispute.open_minor for dispute in disputes),
            lost=sum(dispute.lost_minor for dispute in disputes),
            dispute_fee=sum(dispute.fee_minor for dispute in disputes),
            matured=charge.matured,
        )

    def invoice_target(self, facts: InvoiceFacts) -> dict[str, int]:
        return invoice_target(facts)

    def returned_base(self, paid: int, quantity: int, returns: list[shop_postings.Returned]) -> int:
        return shop_postings.returned_base(paid_minor=paid, quantity=quantity, returns=returns)

    def order_target(self, **facts: Any) -> dict[str, int]:
        return shop_postings.order_target(**facts)

    def transfer_key(self, payout: Payout, attempt: int) -> str:
        return payout.idempotency_key

    def sent_key(self, payout: Payout, report: int) -> str:
        return payout.ledger_key("sent")

    def given_back(self, creator: str, currency: str, amount: int) -> dict[str, int]:
        return payout_postings.given_back(creator, currency, amount)


def apply_to_charge(rules: Rules, charge: Charge, event: Event) -> None:
    kind, *values = event
    if kind == "paid":
        charge.paid = (values[0], values[1])
    elif kind == "refund":
        rules.refund(charge, *values)
    elif kind == "dispute":
        rules.dispute(charge, *values)
    else:
        charge.matured = True


def apply_to_order(order: Order, event: Event) -> None:
    kind, *values = event
    if kind == "ordered":
        order.ordered = (values[0], values[1], values[2], values[3])
    elif kind == "returned":
        order.returns[values[0]] = shop_postings.Returned(values[1], values[2])
    elif kind == "released":
        order.released = True
    else:
        order.void = True


def settle_charge(rules: Rules, charge: Charge, name: str, creator: str, currency: str) -> None:
    settle(source=f"invoice:{name}", target=rules.invoice_target(rules.facts(charge, creator, currency)), at=AT)


def settle_order(rules: Rules, order: Order, name: str, creator: str, currency: str) -> None:
    paid, quantity, rate_bp, fee_bp = order.ordered
    target = rules.order_target(
        creator=creator,
        brand="juniper",
        currency=currency,
        left_minor=paid - rules.returned_base(paid, quantity, list(order.returns.values())),
        rate_bp=rate_bp,
        fee_bp=fee_bp,
        bucket="" if order.void else "available" if order.released else "pending",
    )
    settle(source=f"commission:{name}", target=target, at=AT)


# --- What may happen ------------------------------------------------------------


@dataclass(frozen=True)
class ChargeWorld:
    """`provider`: what is left at the provider. `earned`: the creator's part, in schoolbook decimals."""

    currency: str
    events: tuple[Event, ...]
    provider: int
    earned: int


@st.composite
def charge_worlds(draw: st.DrawFn) -> ChargeWorld:
    """A payment with up to three refunds (some fail later) and two disputes, which may hit refunded money."""
    currency = draw(st.sampled_from(CURRENCIES))
    gross = draw(st.integers(50, 50_000))
    fee = draw(st.integers(0, gross // 5))
    events: list[Event] = [("paid", gross, fee)]
    provider, left, kept = gross - fee, gross, gross
    for number in range(draw(st.integers(0, 3))):
        if left < 1:
            break
        amount = draw(st.integers(1, left))
        fails = draw(st.sampled_from([False, False, True]))
        events.append(("refund", f"re_{number}", amount, "succeeded"))
        if fails:
            events.append(("refund", f"re_{number}", amount, "failed"))
        else:
            left, provider, kept = left - amount, provider - amount, kept - amount
    for number in range(draw(st.integers(0, 2))):
        amount = draw(st.integers(1, gross))
        status = draw(st.sampled_from(["needs_response", "won", "lost"]))
        dispute_fee = draw(st.sampled_from([0, 1500]))
        events.append(("dispute", f"du_{number}", amount, dispute_fee, "needs_response"))
        if status != "needs_response":
            events.append(("dispute", f"du_{number}", amount, dispute_fee, status))
        provider -= dispute_fee + (0 if status == "won" else amount)
        kept -= amount if status == "lost" else 0
    if draw(st.booleans()):
        events.append(("matured",))
    kept = max(0, kept)
    return ChargeWorld(currency, tuple(events), provider, kept - half_up(Decimal(kept) * PLATFORM_BP / 10_000))


@dataclass(frozen=True)
class OrderWorld:
    """`commission`: what the creator has in the end, `fee`: the shop's, both in schoolbook decimals."""

    events: tuple[Event, ...]
    commission: int
    fee: int


@st.composite
def order_worlds(draw: st.DrawFn) -> OrderWorld:
    paid, quantity = draw(st.integers(1, 10**7)), draw(st.integers(1, 12))
    rate_bp, fee_bp = draw(st.integers(100, 8000)), draw(st.integers(0, 900))
    events: list[Event] = [("ordered", paid, quantity, rate_bp, fee_bp)]
    pieces = named = 0
    for number in range(draw(st.integers(0, 4))):
        back = draw(st.integers(1, quantity))
        amount = draw(st.none() | st.integers(0, paid))
        events.append(("returned", f"rt_{number}", back, amount))
        pieces, named = (pieces + back, named) if amount is None else (pieces, named + amount)
    if draw(st.booleans()):
        events.append(("released",))
    void = draw(st.sampled_from([False, False, False, True]))
    if void:
        events.append(("void",))
    by_pieces = half_up(Decimal(paid) * min(pieces, quantity) / quantity)
    left = 0 if void else max(0, paid - by_pieces - named)
    parts = (half_up(Decimal(left) * rate / 10_000) for rate in (rate_bp, fee_bp))
    return OrderWorld(tuple(events), *parts)


def half_up(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def told_anyhow(events: tuple[Event, ...], chance: Random) -> list[Event]:
    """Each event at least once, some again, in any order."""
    told = [*events, *(chance.choice(events) for _ in range(chance.randint(0, 5)))]
    chance.shuffle(told)
    return told


# --- Living through them --------------------------------------------------------


def live_charge(rules: Rules, events: list[Event], currency: str) -> dict[str, int]:
    charge = Charge()
    for event in events:
        apply_to_charge(rules, charge, event)
        settle_charge(rules, charge, "in_1", "ana", currency)
    return books()


def live_order(rules: Rules, events: list[Event]) -> dict[str, int]:
    order = Order()
    for event in events:
        apply_to_order(order, event)
        settle_order(rules, order, "1", "ana", "usd")
    return books()


@dataclass
class Flight:
    """A payout on its way: tried how often, and did the provider ever take it?"""

    payout: Payout
    currency: str
    amount: int
    attempts: int = 0


class PayoutWorld:
    """Several charges of one creator, payouts in between; answers are lost after the money went, refusals are certain."""

    def __init__(self, rules: Rules, worlds: list[ChargeWorld], chance: Random) -> None:
        self.rules, self.worlds, self.chance = rules, worlds, chance
        self.charges = [Charge() for _ in worlds]
        self.provider: Counter[str] = Counter()
        self.due: Counter[str] = Counter()
        self.wire: dict[str, tuple[str, int]] = {}
        self.flying: list[Flight] = []
        self.payouts = 0
        for world in worlds:
            self.provider[world.currency] += world.provider
            self.due[world.currency] += world.earned

    def live(self) -> None:
        told = [(i, event) for i, world in enumerate(self.worlds) for event in told_anyhow(world.events, self.chance)]
        self.chance.shuffle(told)
        for i, event in told:
            apply_to_charge(self.rules, self.charges[i], event)
            settle_charge(self.rules, self.charges[i], str(i), "ana", self.worlds[i].currency)
            if self.chance.random() < 0.3:
                self.reserve(self.worlds[i].currency)
            for flight in list(self.flying):
                self.send(flight)

    def reserve(self, currency: str) -> None:
        available = -balance(chart.creator_available("ana", currency))
        owed = balance(chart.creator_owed("ana", currency))
        look = payout_postings.outlook([("all", available)], owed=owed, cap_bp=5000)
        if look.amount < MINIMUM:
            return
        self.payouts += 1
        payout = Payout(public_id=f"p{self.payouts}", amount_minor=look.amount, currency=currency)
        lines = payout_postings.reserved("ana", currency, look)
        post(key=payout.ledger_key("reserve"), kind="payout", lines=lines, at=AT)
        self.flying.append(Flight(payout, currency, look.amount))

    def send(self, flight: Flight) -> None:
        payout, currency, amount = flight.payout, flight.currency, flight.amount
        if not flight.attempts and self.chance.random() < 0.2:
            lines = self.rules.given_back("ana", currency, amount)
            if lines:
                post(key=payout.ledger_key("failed"), kind="payout", lines=lines, at=AT)
            self.flying.remove(flight)
            return
        flight.attempts += 1
        key = self.rules.transfer_key(payout, flight.attempts)
        if key not in self.wire:
            self.wire[key] = (currency, amount)
            self.provider[currency] -= amount
        if self.chance.random() < 0.5:
            for report in range(self.chance.randint(1, 2)):
                lines = payout_postings.sent("ana", currency, amount)
                post(key=self.rules.sent_key(payout, report), kind="payout", lines=lines, at=AT)
            self.flying.remove(flight)

    def prove(self) -> None:
        """The books against the outside, cent by cent. Summing to zero alone would prove nothing."""
        held = books()
        for currency in CURRENCIES:
            unheard = sum(f.amount for f in self.flying if f.currency == currency and f.attempts)
            waiting = sum(f.amount for f in self.flying if f.currency == currency)
            wired = sum(amount for where, amount in self.wire.values() if where == currency)
            of_ana = -sum(v for k, v in held.items() if k.startswith(("creator:", "transit:")) and k.endswith(currency))
            assert held.get(f"stripe:{currency}", 0) - unheard == self.provider[currency], "I7: the provider's balance"
            assert of_ana + wired - unheard == self.due[currency], "I6: earned is owed, on its way or paid"
            assert -held.get(f"transit:ana:{currency}", 0) == waiting, "I8: transit is what is on its way"
            assert sum(v for k, v in held.items() if k.endswith(":" + currency)) == 0, "I1"
        assert invariants.offenders("portal.ledger") == {}
