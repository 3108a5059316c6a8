"""Money of memberships: facts move forward, then the books and the doors are brought to what they imply."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from portal.kit.words import gettext_lazy as _
from portal.kit.words import money_lazy
from portal.notices.actions import tell
from subscriptions.actions.charges import locked_charge, purchase_of, settle_payment
from subscriptions.actions.dunning import follow_dunning
from subscriptions.actions.grants import follow_grace, open_paid
from subscriptions.actions.memberships import membership_of
from subscriptions.actions.offers import follow_offers, follow_refunds_of_use
from subscriptions.actions.purchases import follow_money_back
from subscriptions.actions.quotes import record_join_charge
from subscriptions.actions.renewals import record_renewal, send_receipt
from subscriptions.actions.shares import decide_share
from subscriptions.models import (
    ChargeDispute,
    ChargeRefund,
    Invoice,
    Membership,
    RevenueShare,
    ShareDecision,
    TierPrice,
)
from subscriptions.queries.places import waits_for_billing
from subscriptions.queries.refunds import Payment
from subscriptions.queries.tiers import share_in_force
from subscriptions.readings import DisputeReading, InvoiceReading, RefundReading

# What an invoice may still become: never backwards.
RANK = {"draft": 0, "open": 1, "uncollectible": 2, "void": 3, "paid": 4}


@transaction.atomic(savepoint=False)
def record_invoice(*, reading: InvoiceReading, now: datetime) -> Invoice | None:
    """Take over what an invoice says: facts forward, the difference to the books, the grant, the receipt.

    None when it is a draft or not of this app. Safe to repeat and in any order: paid stays paid, under the share that
    was in force when it was issued.
    """
    membership = membership_of(checkout=reading.checkout) if RANK.get(reading.status) else None
    if membership is None:
        return None
    renewal = record_renewal(membership=membership, reading=reading, now=now)
    return renewal or record_any_invoice(membership=membership, reading=reading, now=now)


@transaction.atomic(savepoint=False)
def record_any_invoice(*, membership: Membership, reading: InvoiceReading, now: datetime) -> Invoice | None:
    """The general way of `record_invoice`, for whatever an invoice may be. Call it with the membership's row locked."""
    price = TierPrice.objects.select_related("tier").filter(stripe_price_id=reading.price_id).first()
    if price is None:
        return None
    # The membership's row is locked, so nobody else is writing this invoice.
    known = Invoice.objects.select_for_update(of=("self",)).select_related("share", "share_decision", "price__tier")
    invoice = known.filter(stripe_id=reading.id).first() or Invoice(
        stripe_id=reading.id,
        stripe_subscription_id=reading.subscription_id,
        price=price,
        **_share(membership, reading, now),
        currency=reading.currency,
        plan_minor=reading.plan,
        is_trial=reading.is_trial,
        period_start_at=reading.period_start_at,
        period_end_at=reading.period_end_at,
        issued_at=reading.issued_at,
    )
    if invoice.pk is None or invoice.membership_id == membership.pk:
        invoice.membership = membership
    was_paid = invoice.paid_at is not None
    _move_forward(invoice, reading, now)
    follow_dunning(invoice=invoice, reading=reading, now=now)
    if invoice.paid_at is not None:
        settle_invoice(invoice=invoice, now=now)
        # Free time in the middle of a membership comes from a gift, which is a door of its own.
        if not invoice.is_trial or (reading.is_first and not waits_for_billing(reading.checkout)):
            open_paid(invoice=invoice, now=now)
        follow_offers(invoice=invoice, reading=reading, now=now)
        if membership.stripe_subscription_id == reading.subscription_id:
            follow_grace(membership=membership, now=now)
        if reading.reason == "subscription_create":
            record_join_charge(checkout=reading.checkout, invoice=invoice, paid=reading.paid, now=now)
        if not was_paid and invoice.total_minor:
            send_receipt(invoice=invoice, now=now)
    return invoice


def _share(
    membership: Membership, reading: InvoiceReading, now: datetime
) -> dict[str, RevenueShare | ShareDecision | None]:
    """The version of the share that the invoice keeps, and the month's decision where the share has a bonus."""
    share = share_in_force(creator=membership.creator, at=reading.issued_at)
    decision = decide_share(share=share, creator=membership.creator, issued_at=reading.issued_at, now=now)
    return {"share": share, "share_decision": decision}


def _move_forward(invoice: Invoice, reading: InvoiceReading, now: datetime) -> None:
    if RANK[reading.status] > RANK[invoice.status]:
        invoice.status = reading.status
    invoice.due_minor, invoice.discount_minor = reading.due, reading.discount
    if reading.status == Invoice.Status.PAID:
        invoice.paid_at = invoice.paid_at or reading.paid_at or now
        invoice.gross_minor = max(0, reading.paid - reading.tax)
        invoice.tax_minor = min(reading.tax, reading.paid)
        # The fee is told a moment after the payment; a look without it must not take it away.
        invoice.fee_minor = reading.fee or invoice.fee_minor
        if reading.charge_id and invoice.charge_id is None:
            invoice.charge = locked_charge(reading.charge_id)
    invoice.save()


@transaction.atomic(savepoint=False)
def settle_invoice(*, invoice: Invoice, now: datetime) -> None:
    """Post what is missing between the books and the facts. Safe to repeat: then nothing is missing."""
    settle_payment(payment=invoice, now=now)


@transaction.atomic
def record_refund(*, reading: RefundReading, now: datetime) -> ChargeRefund:
    """Take over what a refund says. Safe to repeat; its rank only grows. Access is a matter of its own."""
    charge = locked_charge(reading.charge_id)
    rank = ChargeRefund.RANKS.get(reading.status, 1)
    refund, _is_new = ChargeRefund.objects.get_or_create(
        stripe_id=reading.id,
        defaults={"charge": charge, "amount_minor": reading.amount, "status": reading.status, "rank": rank},
    )
    if rank > refund.rank:
        refund.status, refund.rank = reading.status, rank
        refund.save(update_fields=["status", "rank"])
    invoice = Invoice.objects.filter(charge=charge).first()
    if invoice is not None:
        settle_invoice(invoice=invoice, now=now)
        follow_refunds_of_use(invoice=invoice, now=now)
        if refund.taken_minor:
            _tell_refund(invoice, refund, now)
    elif (purchase := purchase_of(charge)) is not None:
        follow_money_back(purchase=purchase, now=now)
        if refund.taken_minor:
            _tell_refund(purchase, refund, now)
    return refund


@transaction.atomic
def record_dispute(*, reading: DisputeReading, now: datetime) -> ChargeDispute:
    """Take over what a dispute says: the creator's part is held while it is open. Safe to repeat; never backwards."""
    charge = locked_charge(reading.charge_id)
    values = {"amount_minor": reading.amount, "fee_minor": reading.fee, "status": reading.status}
    rank = 10 * (reading.status in ChargeDispute.SETTLED) + bool(reading.amount)
    asked = {"reason": reading.reason[:40], "due_at": reading.due_at}
    dispute, _is_new = ChargeDispute.objects.get_or_create(
        stripe_id=reading.id, defaults={"charge": charge, "rank": rank, **values, **asked}
    )
    if rank > dispute.rank:
        ChargeDispute.objects.filter(pk=dispute.pk).update(rank=rank, **values)
        dispute.refresh_from_db()
    if dispute.due_at is None and reading.due_at is not None:
        # Known before its reason and day were kept, or told without them at first.
        ChargeDispute.objects.filter(pk=dispute.pk).update(**asked)
        dispute.refresh_from_db()
    invoice = Invoice.objects.filter(charge=charge).first()
    if invoice is not None:
        settle_invoice(invoice=invoice, now=now)
        _tell_dispute(invoice, dispute, now)
    elif (purchase := purchase_of(charge)) is not None:
        follow_money_back(purchase=purchase, now=now)
        _tell_dispute(purchase, dispute, now)
    return dispute


@transaction.atomic
def mature_invoice(*, invoice: Invoice, now: datetime) -> Invoice:
    """What was earned some days ago may be paid out from now on. Safe to repeat."""
    row = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if row.paid_at is None or row.matured_at is not None or now < row.paid_at + Invoice.MATURES_AFTER:
        return row
    row.matured_at = row.paid_at + Invoice.MATURES_AFTER
    row.save(update_fields=["matured_at"])
    settle_invoice(invoice=row, now=now)
    return row


def _tell_refund(invoice: Payment, refund: ChargeRefund, now: datetime) -> None:
    amount = money_lazy(refund.amount_minor, invoice.currency)
    tell(
        to=invoice.payer,
        kind="subscriptions.refund",
        subject=_("%(amount)s comes back to you") % {"amount": amount},
        body=_("Your bank shows it within some days."),
        url=reverse("receipt", args=[invoice.public_id]),
        now=now,
        key=f"refund:{refund.stripe_id}",
    )


def _tell_dispute(invoice: Payment, dispute: ChargeDispute, now: datetime) -> None:
    if not dispute.amount_minor:
        return
    texts = {
        "won": _("The bank decided for you; your part of the payment is yours again."),
        "lost": _("The bank decided for the cardholder; your part of the payment was taken back."),
    }
    amount = money_lazy(dispute.amount_minor, invoice.currency)
    tell(
        to=invoice.payee.user,
        kind="subscriptions.dispute",
        subject=_("A payment of %(amount)s is disputed") % {"amount": amount},
        body=texts.get(dispute.status, _("A bank asks for the money back. Your part is held until it decides.")),
        url=reverse("member_list"),
        now=now,
        key=f"dispute:{dispute.stripe_id}:{dispute.status if dispute.status in texts else 'open'}",
    )
