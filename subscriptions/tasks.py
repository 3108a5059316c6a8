from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from portal.kit.refusal import Refusal
from subscriptions.actions.checkout import close_checkout
from subscriptions.actions.invoices import mature_invoice, refund_invoice
from subscriptions.actions.memberships import cancel_membership, send_cancellation
from subscriptions.models import Cancellation, Checkout, Invoice, Membership

A_BATCH = 500
# A suspicious payment is given back by rule only while it is small and young; larger ones are for staff.
FRAUD_REFUND_MOST_MINOR, FRAUD_REFUND_WITHIN = 10_000, timedelta(days=120)


@shared_task(name="subscriptions.mature_invoices")
def mature_invoices(**_: Any) -> None:
    """Every hour: payments that are old enough may be paid out."""
    now = timezone.now()
    due = Invoice.objects.filter(
        status=Invoice.Status.PAID, matured_at__isnull=True, paid_at__lte=now - Invoice.MATURES_AFTER
    )
    for invoice in due.order_by("paid_at")[:A_BATCH]:
        mature_invoice(invoice=invoice, now=now)


@shared_task(name="subscriptions.sweep_checkouts")
def sweep_checkouts(**_: Any) -> None:
    """Every ten minutes: close attempts whose time is over, so that their places are free again."""
    now = timezone.now()
    for checkout in Checkout.objects.filter(state=Checkout.State.OPEN, expires_at__lte=now)[:A_BATCH]:
        try:
            close_checkout(checkout=checkout, now=now)
        except Refusal:
            continue  # The provider is silent; the next sweep looks again.


@shared_task(name="subscriptions.send_cancellations")
def send_cancellations(**_: Any) -> None:
    """Every ten minutes: ask again for cancellations that never reached the provider."""
    now = timezone.now()
    waiting = Cancellation.objects.filter(
        ends_at__isnull=True,
        undone_at__isnull=True,
        asked_at__lte=now - timedelta(minutes=1),
        membership__status__in=Membership.GOING_ON,
    )
    for cancellation in waiting.select_related("membership")[:A_BATCH]:
        try:
            send_cancellation(cancellation=cancellation, now=now)
        except Refusal:
            continue  # Silent provider: one bad row never stops the rest.


@shared_task(name="subscriptions.refund_suspicious_charge")
def refund_suspicious_charge(*, charge_id: str, **_: Any) -> None:
    """A bank suspects a payment: give it back before it becomes a dispute, and end the membership with the paid time."""
    now = timezone.now()
    invoice = Invoice.objects.select_related("membership__fan", "charge").filter(charge__stripe_id=charge_id).first()
    if invoice is None or invoice.paid_at is None or invoice.total_minor > FRAUD_REFUND_MOST_MINOR:
        return
    if now - invoice.paid_at > FRAUD_REFUND_WITHIN:
        return
    try:
        refund_invoice(invoice=invoice, amount_minor=None, by=None, now=now)
        cancel_membership(membership=invoice.membership, by=invoice.membership.fan, now=now, reason="other")
    except Refusal:
        return  # Given back or ended already.
