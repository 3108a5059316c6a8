"""What giving money back would mean, before it is done: who bears what. The rule is the books' own."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Sum
from django.utils.functional import Promise

from portal.kit.words import gettext_lazy as _
from portal.ledger import chart
from subscriptions.models import ChargeDispute, ChargeRefund, FraudRule, Gift, Invoice, PoolSeat, Purchase
from subscriptions.postings import InvoiceFacts, SeatFacts, invoice_target, pool_target, spread_back

# What came in once, or for a period: both are split, given back and disputed by the same rules.
Payment = Invoice | Purchase


def facts_of(invoice: Payment) -> InvoiceFacts:
    """Everything that is known of a payment as a whole, for `postings`."""
    refunds = list(invoice.charge.refunds.all()) if invoice.charge else []
    disputes = list(invoice.charge.disputes.all()) if invoice.charge else []
    return InvoiceFacts(
        creator=invoice.payee.public_id,
        currency=invoice.currency,
        platform_bp=invoice.platform_bp,
        gross=invoice.gross_minor,
        tax=invoice.tax_minor,
        fee=invoice.fee_minor,
        refunded=sum(refund.taken_minor for refund in refunds),
        disputed=sum(dispute.open_minor for dispute in disputes),
        lost=sum(dispute.lost_minor for dispute in disputes),
        dispute_fee=sum(dispute.fee_minor for dispute in disputes),
        matured=invoice.matured_at is not None,
        withheld=invoice.is_withheld,
    )


def seats_with_back(*, purchase: Purchase, gone: int) -> list[tuple[PoolSeat, int]]:
    """Each seat of a purchase, and what of `gone` is laid on it: first on those that went back, then on those nobody has,
    then on the one that was claimed last.
    """
    seats = list(PoolSeat.objects.filter(funding__purchase=purchase).select_related("funding__pool"))

    def turn(seat: PoolSeat) -> tuple[int, float, int]:
        kind = ("returned", "withdrawn", "waiting", "claimed").index(seat.state)
        return kind, -seat.claimed_at.timestamp() if seat.claimed_at else 0, -seat.number

    seats.sort(key=turn)
    return list(zip(seats, spread_back(gone, [seat.total_minor for seat in seats]), strict=True))


def target_of(payment: Payment, *, also_refunded: int = 0) -> dict[str, int]:
    """What a payment should have put into the books, by its own rule; as if so much more had been given back."""
    facts = facts_of(payment)
    facts = replace(facts, refunded=facts.refunded + also_refunded)
    if not isinstance(payment, Purchase) or payment.kind != Purchase.Kind.POOL:
        return invoice_target(facts)
    laid = seats_with_back(purchase=payment, gone=facts.refunded + facts.lost)
    seats = [
        SeatFacts(seat.gross_minor, seat.tax_minor, back, seat.claimed_at is not None, seat.matured_at is not None)
        for seat, back in laid
    ]
    return pool_target(facts, seats)


@dataclass(frozen=True, slots=True)
class RefundEffect:
    """Minor units. `creator` + `platform` + `tax` = `amount`; `fee` is what the provider keeps, borne by the platform.

    `left`: what could still be given back afterwards.
    """

    amount: int
    left: int
    creator: int
    platform: int
    tax: int
    fee: int


def refundable_minor(*, invoice: Payment) -> int:
    """What of a payment has not been given back yet, nor was lost to a bank; 0 when nothing came."""
    if invoice.charge is None or invoice.paid_at is None:
        return 0
    gone = invoice.charge.refunds.filter(rank__lt=ChargeRefund.RANKS["failed"])
    lost = invoice.charge.disputes.filter(status="lost")
    taken = sum(rows.aggregate(total=Sum("amount_minor"))["total"] or 0 for rows in (gone, lost))
    return max(0, invoice.total_minor - taken)


def has_open_dispute(*, invoice: Payment) -> bool:
    """While a bank looks at a payment, it must not be given back beside it."""
    rows = ChargeDispute.objects.filter(charge=invoice.charge, amount_minor__gt=0)
    return invoice.charge is not None and rows.exclude(status__in=ChargeDispute.SETTLED).exists()


def refund_effect(*, invoice: Payment, amount_minor: int) -> RefundEffect:
    """What giving so much back would move, by the rule that will move it."""
    before, after = target_of(invoice), target_of(invoice, also_refunded=amount_minor)
    currency, creator = invoice.currency, invoice.payee.public_id
    buckets = [bucket(creator, currency) for bucket in chart.BUCKETS.values()]
    moved = {code: after.get(code, 0) - before.get(code, 0) for code in {*before, *after}}
    return RefundEffect(
        amount=amount_minor,
        left=refundable_minor(invoice=invoice) - amount_minor,
        creator=sum(moved.get(code, 0) for code in buckets),
        platform=moved.get(chart.platform_fee(currency), 0),
        tax=moved.get(chart.tax_payable(currency), 0),
        fee=invoice.fee_minor,
    )


def doors_closed(*, invoice: Payment, amount_minor: int, at: datetime) -> str | Promise:
    """What giving so much back does to access, in a sentence: only a gift that goes back whole takes anything along."""
    once = invoice if isinstance(invoice, Purchase) else None
    if once is not None and once.kind == Purchase.Kind.POOL:
        return _seats_closed(once, amount_minor)
    gift = Gift.objects.select_related("grant", "redeemer").filter(purchase=once).first() if once else None
    if gift is None:
        return _("Access stays as it is. Taking it back is a step of its own.")
    if gift.withdrawn_at is not None:
        return _("This gift was taken back already.")
    if amount_minor < refundable_minor(invoice=invoice):
        return _("The gift stays as it is: its link, and what it opened. It is taken back when all of it goes back.")
    if gift.grant is None:
        return _("The gift is taken back: its link no longer works.")
    if gift.is_used_up(at):
        return _("The gift has been used up; nothing that it opened is closed.")
    return _(
        "The gift is taken back: what it opened for %(fan)s closes at once. A charge that waited for it returns."
    ) % {"fan": gift.redeemer}


def _seats_closed(purchase: Purchase, amount_minor: int) -> str | Promise:
    facts = facts_of(purchase)
    laid = seats_with_back(purchase=purchase, gone=facts.refunded + facts.lost + amount_minor)
    taken = [seat for seat, back in laid if back == seat.total_minor and seat.state in ("waiting", "claimed")]
    claimed = sum(seat.state == "claimed" for seat in taken)
    return _(
        "%(seats)s seats of the pool are taken back, %(claimed)s of them claimed ones, whose doors close at once: seats nobody "
        "has go first, then what was claimed last."
    ) % {"seats": len(taken), "claimed": claimed}


def fraud_rule(*, at: datetime) -> FraudRule:
    """Which suspected payments are given back by rule at a moment."""
    return FraudRule.objects.filter(effective_date__lte=at.date()).order_by("-version")[0]
