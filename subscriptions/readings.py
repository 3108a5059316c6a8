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
class PurchaseReading:
    """A checkout session for something paid once. `paid` counts tax in; `charge_id` "" and 0 until money came."""

    id: str
    purchase: str
    status: str
    paid: int = 0
    tax: int = 0
    fee: int = 0
    charge_id: str = ""
    paid_at: datetime | None = None


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
    item_id: str = ""
    schedule_id: str = ""
    discount_ids: tuple[str, ...] = ()

    @property
    def is_ending(self) -> bool:
        return self.ends_at is not None


@dataclass(frozen=True, slots=True)
class DiscountReading:
    """What a coupon takes off a subscription; its months count from `start_at`."""

    coupon_id: str
    start_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceReading:
    """Amounts in minor units; `paid` and `fee` are 0 until money came. `charge_id` is what paid it, "" for nothing.

    `due` is what it asks for, `discount` what codes took off. `tries`: how often it was tried in vain or not; then
    `decline_code` and `card` tell who said no last. `fingerprint` is of the card that paid.
    """

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
    # What the plan was billed at for its period, after discounts and before unused time is taken off.
    plan: int = 0
    # Why it was made, in the provider's words: subscription_create, _cycle, _update.
    reason: str = ""
    due: int = 0
    discount: int = 0
    is_trial: bool = False
    is_first: bool = False
    tries: int = 0
    finalized_at: datetime | None = None
    decline_code: str = ""
    card: str = ""
    fingerprint: str = ""


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
    # Why, in the bank's words; and until when it may be answered.
    reason: str = ""
    due_at: datetime | None = None
    # The public id of the answer of ours that it has, "" for none.
    answer: str = ""


def session_reading(session: Told) -> SessionReading:
    metadata = _metadata(session)
    return SessionReading(
        id=session.id,
        checkout=metadata.get("checkout", ""),
        status=session.status or "",
        subscription_id=id_of(session.subscription),
    )


def purchase_reading(session: Told) -> PurchaseReading | None:
    """None for a session that is about something else."""
    purchase = _metadata(session).get("purchase", "")
    if session.mode != "payment" or not purchase:
        return None
    charge = getattr(session.payment_intent, "latest_charge", None)
    if session.payment_status != "paid" or charge is None or isinstance(charge, str):
        return PurchaseReading(session.id, purchase, session.status or "")
    movement, details = charge.balance_transaction, getattr(session, "total_details", None)
    return PurchaseReading(
        id=session.id,
        purchase=purchase,
        status="paid",
        paid=charge.amount,
        tax=getattr(details, "amount_tax", 0) or 0,
        fee=0 if movement is None or isinstance(movement, str) else movement.fee,
        charge_id=charge.id,
        paid_at=certain_moment(charge.created),
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
        item_id=item.id,
        schedule_id=id_of(getattr(subscription, "schedule", None)),
        discount_ids=tuple(id_of(discount) for discount in getattr(subscription, "discounts", None) or []),
    )


def discount_readings(subscription: Told) -> list[DiscountReading]:
    """Of a subscription that was asked for with its discounts; those known by their ids alone are left out."""
    found = [one for one in getattr(subscription, "discounts", None) or [] if not isinstance(one, str)]
    return [DiscountReading(id_of(one.source.coupon), certain_moment(one.start)) for one in found]


def invoice_reading(invoice: Told) -> InvoiceReading | None:
    """None for an invoice that is of no subscription, or has no line of one."""
    parent = getattr(invoice, "parent", None)
    details = getattr(parent, "subscription_details", None)
    line = _subscription_line(invoice)
    if details is None or line is None:
        return None
    charge_id, fee = _charge_and_fee(invoice)
    decline_code, card = _last_no(invoice)
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
        plan=_net(line),
        reason=getattr(invoice, "billing_reason", None) or "",
        due=invoice.amount_due,
        discount=sum(part.amount for part in (getattr(invoice, "total_discount_amounts", None) or [])),
        # A trial's time is on the invoice at no price; what a code made free has its price there.
        is_trial=line.amount == 0 and invoice.total == 0,
        is_first=invoice.billing_reason == "subscription_create",
        tries=invoice.attempt_count,
        finalized_at=moment(getattr(transitions, "finalized_at", None)),
        decline_code=decline_code,
        card=card,
        fingerprint=_fingerprint(invoice),
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
        reason=dispute.reason or "",
        due_at=moment(getattr(dispute.evidence_details, "due_by", None)),
        answer=_metadata(dispute).get("answer", ""),
    )


def _metadata(holder: Any) -> dict[str, str]:
    metadata = getattr(holder, "metadata", None)
    if metadata is None:
        return {}
    return dict(metadata) if isinstance(metadata, dict) else metadata.to_dict()


def _subscription_line(invoice: Told) -> Any:
    """The line that pays for the newest period: a whole one, else the dearer plan's part of the running one.

    What is given back for unused time is a line below zero, of the plan that was left.
    """
    lines = [line for line in invoice.lines.data if _item_details(line) is not None]
    whole = [line for line in lines if not _item_details(line).proration]
    billed = [line for line in lines if line.amount > 0]
    return max(whole or billed or lines, key=lambda line: line.period.end, default=None)


def _net(line: Told) -> int:
    """A line's amount after its discounts."""
    off = sum(discount.amount for discount in getattr(line, "discount_amounts", None) or [])
    return max(0, line.amount - off)


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


def _last_no(invoice: Told) -> tuple[str, str]:
    """The bank's word, or the provider's where it has none, and the card it is about; "" when nobody said no."""
    for intent in _intents(invoice, "open"):
        error = getattr(intent, "last_payment_error", None)
        if error is not None:
            word = getattr(error, "decline_code", None) or getattr(error, "code", None) or "declined"
            return word, id_of(getattr(error, "payment_method", None))
        if getattr(intent, "status", "") == "requires_action":
            return "authentication_required", id_of(getattr(intent, "payment_method", None))
    return "", ""


def _fingerprint(invoice: Told) -> str:
    """Of the card that paid, "" where none did or another way to pay was used."""
    for intent in _intents(invoice, "paid"):
        details = getattr(getattr(intent, "latest_charge", None), "payment_method_details", None)
        return getattr(getattr(details, "card", None), "fingerprint", None) or ""
    return ""


def _intents(invoice: Told, status: str) -> list[Any]:
    """The intents of an invoice's payments that stand so, where they were read along."""
    payments = getattr(getattr(invoice, "payments", None), "data", None) or []
    found = [payment.payment.payment_intent for payment in payments if payment.status == status]
    return [intent for intent in found if intent is not None and not isinstance(intent, str)]


@dataclass(frozen=True, slots=True)
class CardReading:
    """A card at the provider; `customer_id` "" when it belongs to nobody, `fingerprint` "" for other ways to pay."""

    id: str
    customer_id: str
    fingerprint: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


def card_reading(method: Told) -> CardReading | None:
    """None for a way to pay that is not a card."""
    card = getattr(method, "card", None)
    if card is None:
        return None
    return CardReading(
        id=method.id,
        customer_id=id_of(getattr(method, "customer", None)),
        fingerprint=card.fingerprint or "",
        brand=card.brand,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
    )
