"""What giving money back would mean, before it is done: who bears what. The rule is the books' own."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Sum
from django.utils.functional import Promise

from portal.kit.words import gettext_lazy as _
from portal.ledger import chart
from subscriptions.models import ChargeDispute, ChargeRefund, FraudRule, Gift, Invoice, Purchase
from subscriptions.postings import InvoiceFacts, invoice_target

# What came in once, or for a period: both are split, given back and disputed by the same rules.
Payment = Invoice | Purchase


def facts_of(invoice: Payment) -> InvoiceFacts:
    """Everything that is known of a payment, for `postings.invoice_target`."""
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
    facts, currency = facts_of(invoice), invoice.currency
    before = invoice_target(facts)
    after = invoice_target(replace(facts, refunded=facts.refunded + amount_minor))
    bucket = chart.BUCKETS[facts.bucket](facts.creator, currency)
    moved = {code: after.get(code, 0) - before.get(code, 0) for code in {*before, *after}}
    return RefundEffect(
        amount=amount_minor,
        left=refundable_minor(invoice=invoice) - amount_minor,
        creator=moved.get(bucket, 0),
        platform=moved.get(chart.platform_fee(currency), 0),
        tax=moved.get(chart.tax_payable(currency), 0),
        fee=invoice.fee_minor,
    )


def doors_closed(*, invoice: Payment, amount_minor: int, at: datetime) -> str | Promise:
    """What giving so much back does to access, in a sentence: only a gift that goes back whole takes anything along."""
    once = invoice if isinstance(invoice, Purchase) else None
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


def fraud_rule(*, at: datetime) -> FraudRule:
    """Which suspected payments are given back by rule at a moment."""
    return FraudRule.objects.filter(effective_date__lte=at.date()).order_by("-version")[0]
