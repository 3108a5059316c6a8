"""Giving money back on purpose. Access is a matter of its own: a refund closes no door."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.kit.words import money_lazy
from portal.payments import gateway
from portal.payments.actions import ProviderRefused, refusing
from subscriptions.actions.invoices import record_refund
from subscriptions.models import ChargeRefund, Invoice, Purchase, RefundOrder
from subscriptions.queries.refunds import Payment, fraud_rule, has_open_dispute, refundable_minor
from subscriptions.readings import refund_reading

State = RefundOrder.State


class NothingToRefund(Refusal):
    sentence = _("Nothing of this payment is left to give back.")


class RefundTooLarge(Refusal):
    sentence = _("At most %(left)s of this payment can be given back.")
    field = "amount"


class NotYourPayment(Refusal):
    sentence = _("Only the creator who was paid, or staff, can give this back.")
    status = 403


class RefundIsUnderWay(Refusal):
    sentence = _("A refund of this payment is on its way already. Please look again in a minute.")


class PaymentIsDisputed(Refusal):
    sentence = _("A bank is looking at this payment. It cannot be given back meanwhile.")


class BeyondFraudRule(Refusal):
    sentence = _("This payment is too large or too old to be given back by rule; staff decide.")


def refund_invoice(
    *, invoice: Payment, amount_minor: int | None, by: User | None, now: datetime, reason: str = ""
) -> ChargeRefund:
    """Give money back (None: all that is left); access stays. `by` is the creator who was paid, staff, or None: a rule.

    One refund of a payment is in the air, the database says so; its row names the key `refund:{order}`. After an
    unclear answer asking for the same again asks the same question again. Several refunds are several orders.
    """
    order = _reserve(invoice=invoice, amount_minor=amount_minor, by=by, reason=reason, now=now)
    return send_refund(order=order, now=now)


@transaction.atomic
def _reserve(*, invoice: Payment, amount_minor: int | None, by: User | None, reason: str, now: datetime) -> RefundOrder:
    row: Payment
    if isinstance(invoice, Purchase):
        row = Purchase.objects.select_for_update(of=("self",)).select_related("creator").get(pk=invoice.pk)
    else:
        row = Invoice.objects.select_for_update(of=("self",)).select_related("membership__creator").get(pk=invoice.pk)
    if by is not None and not by.is_staff and by.pk != row.payee.user_id:
        raise NotYourPayment
    under_way = row.refund_orders.filter(state=State.ASKED).first()
    if under_way is not None:
        if amount_minor in (None, under_way.amount_minor):
            return under_way
        raise RefundIsUnderWay
    left = refundable_minor(invoice=row)
    if left <= 0:
        raise NothingToRefund
    if has_open_dispute(invoice=row):
        raise PaymentIsDisputed
    amount = left if amount_minor is None else amount_minor
    if not 0 < amount <= left:
        raise RefundTooLarge(left=money_lazy(left, row.currency))
    return row.refund_orders.create(amount_minor=amount, asked_by=by, reason=reason.strip()[:200], asked_at=now)


def send_refund(*, order: RefundOrder, now: datetime) -> ChargeRefund:
    """Ask the provider for what an order says, and take over the answer. Safe to repeat, under the key `refund:{order}`."""
    payment = order.payment
    charge = payment.charge
    if charge is None:
        raise NothingToRefund
    by = order.asked_by.public_id if order.asked_by else "rule"
    about = {str(payment._meta.model_name): payment.public_id, "by": by, "order": order.public_id}
    with refusing():
        try:
            with gateway.asking():
                answer = gateway.client().v1.refunds.create(
                    {
                        "charge": charge.stripe_id,
                        "amount": order.amount_minor,
                        "metadata": about,
                    },
                    {"idempotency_key": f"refund:{order.public_id}"},
                )
        except gateway.CertainRefusal as no:
            RefundOrder.objects.filter(pk=order.pk).update(state=State.REFUSED, answered_at=now)
            raise ProviderRefused(reason=str(no)) from no
    with transaction.atomic():
        refund = record_refund(reading=refund_reading(answer), now=now)
        RefundOrder.objects.filter(pk=order.pk, state=State.ASKED).update(
            state=State.DONE, answered_at=now, refund=refund
        )
    return refund


def refund_suspicious(*, invoice: Payment, now: datetime) -> ChargeRefund:
    """A bank suspects a payment: give it back before it becomes a dispute, inside the limits of the rule in force."""
    rule = fraud_rule(at=now)
    too_old = invoice.paid_at is None or (now - invoice.paid_at).days >= rule.within_days
    if too_old or invoice.total_minor > rule.most_minor:
        raise BeyondFraudRule
    return refund_invoice(
        invoice=invoice, amount_minor=None, by=None, reason=str(_("A bank suspects this payment.")), now=now
    )
