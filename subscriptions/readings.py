"""The provider's words, translated: its current objects as plain values. The only file that knows their shape."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# An object of the provider: its fields are found by name, as its API tells them.
Told = Any


# The provider's word → ours; what is not named here ended.
STATUS = {
    "incomplete": "incomplete",
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "past_due",
    "paused": "past_due",
}


def moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None


def certain_moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def id_of(reference: Any) -> str:
    """The id of a reference that may be the id itself, the whole object, or nothing."""
    if reference is None:
        return ""
    return reference if isinstance(reference, str) else str(reference.id)


@dataclass(frozen=True, slots=True)
class SessionReading:
    """A checkout session. `checkout` is our public id, "" when the session is not of this app."""

    id: str
    checkout: str
    status: str
    subscription_id: str


@dataclass(frozen=True, slots=True)
class SubscriptionReading:
    id: str
    checkout: str
    status: str
    price_id: str
    period_start_at: datetime
    period_end_at: datetime
    anchor_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None
    latest_invoice_id: str

    @property
    def is_ending(self) -> bool:
        return self.ends_at is not None


@dataclass(frozen=True, slots=True)
class InvoiceReading:
    """Amounts in minor units; `paid` and `fee` are 0 until money came. `charge_id` is what paid it, "" for nothing."""

    id: str
    subscription_id: str
    checkout: str
    status: str
    currency: str
    paid: int
    tax: int
    fee: int
    charge_id: str
    price_id: str
    period_start_at: datetime
    period_end_at: datetime
    issued_at: datetime
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefundReading:
    id: str
    charge_id: str
    amount: int
    status: str


@dataclass(frozen=True, slots=True)
class DisputeReading:
    """`amount` is what was really taken from our balance (0 for a mere inquiry), `fee` what the dispute costs us."""

    id: str
    charge_id: str
    amount: int
    fee: int
    status: str


def session_reading(session: Told) -> SessionReading:
    metadata = _metadata(session)
    return SessionReading(
        id=session.id,
        checkout=metadata.get("checkout", ""),
        status=session.status or "",
        subscription_id=id_of(session.subscription),
    )


def subscription_reading(subscription: Told) -> SubscriptionReading:
    item = subscription["items"].data[0]
    ends_at = getattr(subscription, "cancel_at", None)
    if subscription.cancel_at_period_end and ends_at is None:
        ends_at = item.current_period_end
    return SubscriptionReading(
        id=subscription.id,
        checkout=_metadata(subscription).get("checkout", ""),
        status=STATUS.get(subscription.status, "canceled"),
        price_id=id_of(item.price),
        period_start_at=certain_moment(item.current_period_start),
        period_end_at=certain_moment(item.current_period_end),
        anchor_at=certain_moment(subscription.billing_cycle_anchor),
        ends_at=moment(ends_at),
        ended_at=moment(getattr(subscription, "ended_at", None)),
        latest_invoice_id=id_of(subscription.latest_invoice),
    )


def invoice_reading(invoice: Told) -> InvoiceReading | None:
    """None for an invoice that is of no subscription, or has no line of one."""
    parent = getattr(invoice, "parent", None)
    details = getattr(parent, "subscription_details", None)
    line = _subscription_line(invoice)
    if details is None or line is None:
        return None
    charge_id, fee = _charge_and_fee(invoice)
    transitions = invoice.status_transitions
    return InvoiceReading(
        id=invoice.id,
        subscription_id=id_of(details.subscription),
        checkout=_metadata(details).get("checkout", ""),
        status=invoice.status or "draft",
        currency=invoice.currency,
        paid=invoice.amount_paid,
        tax=sum(tax.amount for tax in (getattr(invoice, "total_taxes", None) or [])),
        fee=fee,
        charge_id=charge_id,
        price_id=id_of(line.pricing.price_details.price),
        period_start_at=certain_moment(line.period.start),
        period_end_at=certain_moment(line.period.end),
        issued_at=certain_moment(invoice.created),
        paid_at=moment(getattr(transitions, "paid_at", None)),
    )


def refund_reading(refund: Told) -> RefundReading:
    return RefundReading(
        id=refund.id, charge_id=id_of(refund.charge), amount=refund.amount, status=refund.status or "pending"
    )


def dispute_reading(dispute: Told) -> DisputeReading:
    movements = list(dispute.balance_transactions or [])
    # The withdrawal is negative; a dispute that is won brings a second movement that gives it back.
    taken = max((-movement.amount for movement in movements), default=0)
    return DisputeReading(
        id=dispute.id,
        charge_id=id_of(dispute.charge),
        amount=max(0, taken),
        fee=sum(movement.fee for movement in movements),
        status=dispute.status,
    )


def _metadata(holder: Any) -> dict[str, str]:
    metadata = getattr(holder, "metadata", None)
    if metadata is None:
        return {}
    return dict(metadata) if isinstance(metadata, dict) else metadata.to_dict()


def _subscription_line(invoice: Told) -> Any:
    """The line that pays for the newest period; prorations are not a period of their own."""
    lines = [line for line in invoice.lines.data if _item_details(line) is not None]
    whole = [line for line in lines if not _item_details(line).proration] or lines
    return max(whole, key=lambda line: line.period.end, default=None)


def _item_details(line: Any) -> Any:
    return getattr(getattr(line, "parent", None), "subscription_item_details", None)


def _charge_and_fee(invoice: Told) -> tuple[str, int]:
    """The charge that paid the invoice, and the provider's fee for it."""
    for payment in getattr(getattr(invoice, "payments", None), "data", None) or []:
        if payment.status != "paid":
            continue
        intent = payment.payment.payment_intent
        charge = getattr(intent, "latest_charge", None)
        if charge is None or isinstance(charge, str):
            return id_of(charge), 0
        movement = charge.balance_transaction
        return charge.id, 0 if movement is None or isinstance(movement, str) else movement.fee
    return "", 0
