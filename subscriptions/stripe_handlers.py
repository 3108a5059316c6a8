"""The provider's events: each is a hint. Read the current object, translate it, make one call."""

from portal.kit.jobs import enqueue
from portal.payments import gateway
from portal.payments.inbox import on
from portal.payments.models import StripeEvent
from subscriptions import readings
from subscriptions.actions import cards, checkout, invoices, memberships, purchases


@on("checkout.session.completed", "checkout.session.expired", "checkout.session.async_payment_succeeded")
def follow_checkout(*, event: StripeEvent) -> None:
    session = gateway.fetch_checkout_session(event.object_id)
    if (bought := readings.purchase_reading(session)) is not None:
        purchases.record_purchase(reading=bought, now=event.received_at)
        return
    checkout.record_session(reading=readings.session_reading(session), now=event.received_at)


@on(
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
)
def follow_subscription(*, event: StripeEvent) -> None:
    subscription = gateway.fetch_subscription(event.object_id)
    memberships.record_subscription(reading=readings.subscription_reading(subscription), now=event.received_at)


@on(
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "invoice.updated",
)
def follow_invoice(*, event: StripeEvent) -> None:
    reading = readings.invoice_reading(gateway.fetch_invoice(event.object_id))
    if reading is not None:
        invoices.record_invoice(reading=reading, now=event.received_at)


@on("charge.refunded")
def follow_refunds_of_charge(*, event: StripeEvent) -> None:
    charge: readings.Told = gateway.fetch_charge(event.object_id)
    for refund in getattr(charge.refunds, "data", None) or []:
        invoices.record_refund(reading=readings.refund_reading(refund), now=event.received_at)


@on("refund.created", "refund.updated", "refund.failed")
def follow_refund(*, event: StripeEvent) -> None:
    reading = readings.refund_reading(gateway.fetch_refund(event.object_id))
    if reading.charge_id:
        invoices.record_refund(reading=reading, now=event.received_at)


@on(
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
def follow_dispute(*, event: StripeEvent) -> None:
    dispute = gateway.fetch_dispute(event.object_id)
    invoices.record_dispute(reading=readings.dispute_reading(dispute), now=event.received_at)


@on("radar.early_fraud_warning.created")
def heed_fraud_warning(*, event: StripeEvent) -> None:
    """Giving the money back calls the provider, so it is a job of its own, after this transaction."""
    warning = event.payload["data"]["object"]
    if warning.get("actionable"):
        enqueue("subscriptions.refund_suspicious_charge", charge_id=warning["charge"])


@on("payment_method.attached", "payment_method.updated", "payment_method.automatically_updated")
def follow_card(*, event: StripeEvent) -> None:
    """A card was given, or renewed by its bank: what is unpaid is tried with it at once, by a job of its own."""
    try:
        method: readings.Told = gateway.fetch_payment_method(event.object_id)
    except gateway.CertainRefusal:
        return  # Taken away again since.
    reading = readings.card_reading(method)
    recorded = cards.record_card(reading=reading, now=event.received_at) if reading is not None else None
    if recorded is not None:
        enqueue("subscriptions.retry_new_card", card_id=recorded[0].pk)
