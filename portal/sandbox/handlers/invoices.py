"""The life of an invoice: drafted, finalized (credit is used here), paid or not, voided."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from portal.sandbox import money, wire
from portal.sandbox.errors import ApiError, invalid
from portal.sandbox.general import INCLUDED, as_list
from portal.sandbox.handlers import discounts, payments
from portal.sandbox.handlers.customers import change_balance, owed, payment_method
from portal.sandbox.registry import Obj, kind
from portal.sandbox.world import World, new_id

kind("invoice")
kind("invoice_payment")
# Called with an invoice that has been paid, or whose collection has failed for now.
AFTER_PAID: list[Callable[[World, Obj], None]] = []
AFTER_FAILURE: list[Callable[[World, Obj], None]] = []
GIVEN_UP: list[Callable[[World, Obj], None]] = []


class Line(NamedTuple):
    """One line to be billed: minor units for a period, of a subscription item or of an invoice item."""

    amount: int
    description: str
    start: int
    end: int
    price: Obj | None = None
    quantity: int = 1
    item: str | None = None
    proration: bool = False
    discountable: bool = True
    invoice_item: str | None = None


def draft(
    box: World,
    customer: Obj,
    currency: str,
    reason: str,
    lines: Sequence[Line],
    *,
    subscription: Obj | None = None,
    discount_ids: Sequence[str] = (),
    auto_advance: bool = False,
) -> Obj:
    now = box.now_of(customer)
    invoice = box.put(
        "invoice",
        customer=customer["id"],
        customer_email=customer["email"],
        customer_name=customer["name"],
        customer_tax_exempt="none",
        currency=currency,
        status="draft",
        billing_reason=reason,
        collection_method=subscription["collection_method"] if subscription else "charge_automatically",
        test_clock=customer["test_clock"],
        period_start=now,
        period_end=now,
        auto_advance=auto_advance,
        discounts=list(discount_ids),
    )
    invoice["lines"]["url"] = f"/v1/invoices/{invoice['id']}/lines"
    invoice["issuer"] = {"type": "self"}
    if subscription:
        invoice["parent"] = wire.inner(
            "invoice",
            "parent",
            type="subscription_details",
            subscription_details={
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
                "subscription_proration_date": None,
            },
        )
    for line in lines:
        add_line(box, invoice, line, subscription)
    total_up(box, invoice)
    box.emit("invoice.created", invoice)
    return invoice


def subscription_of(box: World, invoice: Obj) -> Obj | None:
    details = (invoice["parent"] or {}).get("subscription_details")
    return box.find(details["subscription"], "subscription") if details else None


def add_line(box: World, invoice: Obj, line: Line, subscription: Obj | None) -> None:
    common: Obj = {
        "proration": line.proration,
        "proration_details": None,
        "subscription": (subscription or {}).get("id"),
    }
    if line.item:
        source, details = "subscription_item_details", {**common, "subscription_item": line.item}
        details["invoice_item"] = line.invoice_item
    else:
        source, details = "invoice_item_details", {**common, "invoice_item": line.invoice_item or ""}
    row = wire.new(
        "line_item",
        id=new_id("line_item"),
        object="line_item",
        amount=line.amount,
        subtotal=line.amount,
        currency=invoice["currency"],
        description=line.description,
        discountable=line.discountable,
        invoice=invoice["id"],
        quantity=line.quantity,
        quantity_decimal=str(line.quantity),
        period={"start": line.start, "end": line.end},
        parent={**wire.inner("line_item", "parent", type=source), source: details},
        subscription=(subscription or {}).get("id"),
    )
    if line.price:
        row["pricing"] = wire.inner(
            "line_item",
            "pricing",
            type="price_details",
            price_details={"price": line.price["id"], "product": line.price["product"]},
            unit_amount_decimal=line.price["unit_amount_decimal"],
        )
    invoice["lines"]["data"].append(row)


def total_up(box: World, invoice: Obj) -> None:
    """The sums of an invoice, from its lines and discounts; credit is considered only when it is finalized."""
    lines = invoice["lines"]["data"]
    off = discounts.apply(box, lines, invoice["discounts"])
    subtotal = sum(line["amount"] for line in lines)
    total = subtotal - sum(row["amount"] for row in off)
    invoice.update(
        subtotal=subtotal,
        subtotal_excluding_tax=subtotal,
        total=total,
        total_excluding_tax=total,
        total_discount_amounts=off,
        total_taxes=[],
        amount_due=max(0, total),
        amount_remaining=max(0, total),
    )


def finalize(box: World, invoice: Obj) -> Obj:
    """Fix the invoice: give it a number, use the customer's credit, ask for the rest."""
    if invoice["status"] != "draft":
        raise invalid(f"Invoice {invoice['id']} is already finalized.", code="invoice_not_editable")
    customer = box.get(invoice["customer"], "customer")
    now, number = box.now_of(invoice), customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = number + 1
    customer["currency"] = customer["currency"] or invoice["currency"]
    _use_credit(box, invoice, customer)
    invoice.update(
        status="open",
        number=f"{customer['invoice_prefix']}-{number:04}",
        effective_at=now,
        automatically_finalizes_at=None,
        hosted_invoice_url=f"{box.site_url}/sandbox/invoice/{invoice['id']}/",
        invoice_pdf=f"{box.site_url}/sandbox/invoice/{invoice['id']}/",
    )
    invoice["status_transitions"]["finalized_at"] = now
    box.unschedule("finalize", invoice["id"])
    box.emit("invoice.finalized", invoice)
    if invoice["amount_due"]:
        _ask(box, invoice)
    else:
        settle(box, invoice)
    return invoice


def _use_credit(box: World, invoice: Obj, customer: Obj) -> None:
    total, currency = invoice["total"], invoice["currency"]
    before = owed(customer, currency)
    due = max(0, total + before)
    if 0 < due < money.smallest(currency):
        # Too little for a card: it is carried over to the next invoice.
        due = 0
    change = total - due
    invoice.update(starting_balance=before, ending_balance=before + change, amount_due=due, amount_remaining=due)
    if change:
        change_balance(box, customer, change, "applied_to_invoice", currency, invoice)


def _ask(box: World, invoice: Obj) -> None:
    intent = payments.new_intent(box, invoice["amount_due"], invoice["currency"], invoice["customer"])
    intent["description"] = {
        "subscription_create": "Subscription creation",
        "subscription_cycle": "Subscription update",
        "subscription_update": "Subscription update",
    }.get(invoice["billing_reason"], f"Payment for invoice {invoice['number']}")
    box.emit("payment_intent.created", intent)
    row = box.put(
        "invoice_payment",
        invoice=invoice["id"],
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        status="open",
        is_default=True,
    )
    row["payment"] = wire.inner("invoice_payment", "payment", type="payment_intent", payment_intent=intent["id"])
    box.note(intent["id"], "invoice", invoice["id"])


def open_payment(box: World, invoice: Obj) -> tuple[Obj, Obj]:
    """The payment that an open invoice waits for, and its intent."""
    row = box.all("invoice_payment", invoice=invoice["id"], status="open", limit=1)[0]
    return row, box.get(row["payment"]["payment_intent"], "payment_intent")


def payment_method_of(box: World, invoice: Obj) -> str | None:
    subscription = subscription_of(box, invoice)
    customer = box.get(invoice["customer"], "customer")
    return (
        invoice["default_payment_method"]
        or (subscription or {}).get("default_payment_method")
        or customer["invoice_settings"]["default_payment_method"]
    )


def no_method() -> ApiError:
    return invalid(
        "This customer has no attached payment source or default payment method. Please consider adding a default"
        " payment method.",
        code="resource_missing",
    )


def pay(
    box: World,
    invoice: Obj,
    *,
    method: str | None = None,
    automatic: bool = False,
    authenticated: bool = False,
    dunning: bool = False,
) -> ApiError | None:
    """Try to collect an open invoice; the error, if the card says no. `dunning` plans the next try."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid(f"Invoice {invoice['id']} is {invoice['status']}.", code="invoice_not_open")
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1, next_payment_attempt=None)
    chosen, asks, problem = method or payment_method_of(box, invoice), False, None
    if chosen is None:
        problem = no_method()
    else:
        _, intent = open_payment(box, invoice)
        try:
            payments.confirm(box, intent, payment_method(box, chosen), authenticated=authenticated)
        except ApiError as refused:
            problem = refused
        asks = intent["status"] == "requires_action"
        if not problem and not asks:
            payment_arrived(box, intent)
            return None
    box.unschedule("retry", invoice["id"])
    if dunning:
        _plan_retry(box, invoice)
    if asks:
        box.emit("invoice.payment_action_required", invoice)
        problem = ApiError(
            402,
            "card_error",
            "This payment requires additional user action before it can be completed successfully.",
            keep=True,
            code="invoice_payment_intent_requires_action",
            payment_intent=dict(intent),
        )
    box.emit("invoice.payment_failed", invoice)
    for hook in AFTER_FAILURE if automatic else ():
        hook(box, invoice)
    if dunning and invoice["next_payment_attempt"] is None:
        for hook in GIVEN_UP:
            hook(box, invoice)
    return problem


def _plan_retry(box: World, invoice: Obj) -> None:
    tries = box.noted(invoice["id"], "tries", 0)
    box.note(invoice["id"], "tries", tries + 1)
    if tries < len(box.dunning_days):
        invoice["next_payment_attempt"] = box.now_of(invoice) + box.dunning_days[tries] * money.DAY
        box.schedule("retry", invoice, invoice["next_payment_attempt"])


def payment_arrived(box: World, intent: Obj) -> None:
    """If an intent that has succeeded belongs to an invoice, the invoice is paid."""
    invoice_id = box.noted(intent["id"], "invoice")
    if not invoice_id or intent["status"] != "succeeded":
        return
    invoice = box.get(invoice_id, "invoice")
    row, _ = open_payment(box, invoice)
    row.update(status="paid", amount_paid=intent["amount_received"])
    row["status_transitions"]["paid_at"] = box.now_of(invoice)
    invoice["amount_paid"] = intent["amount_received"]
    box.emit("invoice_payment.paid", row)
    settle(box, invoice)


def settle(box: World, invoice: Obj) -> None:
    invoice.update(status="paid", amount_remaining=0, attempted=True, next_payment_attempt=None)
    invoice["status_transitions"]["paid_at"] = box.now_of(invoice)
    box.unschedule("retry", invoice["id"])
    box.emit("invoice.paid", invoice)
    box.emit("invoice.payment_succeeded", invoice)
    for hook in AFTER_PAID:
        hook(box, invoice)


def withdraw(box: World, invoice: Obj, *, credit_too: bool = True) -> None:
    """Stop collecting: the payment that was asked for is canceled, credit that was used goes back to the customer."""
    box.unschedule("retry", invoice["id"])
    invoice["next_payment_attempt"] = None
    for row in box.all("invoice_payment", invoice=invoice["id"], status="open"):
        row["status"] = "canceled"
        row["status_transitions"]["canceled_at"] = box.now_of(invoice)
        intent = box.get(row["payment"]["payment_intent"], "payment_intent")
        intent.update(status="canceled", canceled_at=box.now_of(intent), cancellation_reason="void_invoice")
        box.emit("payment_intent.canceled", intent)
    change = (invoice["ending_balance"] or 0) - invoice["starting_balance"]
    if change and credit_too:
        customer = box.get(invoice["customer"], "customer")
        change_balance(box, customer, -change, "unapplied_from_invoice", invoice["currency"], invoice)


INCLUDED["invoice", "payments"] = lambda box, invoice: as_list(
    box.all("invoice_payment", invoice=invoice["id"]), f"/v1/invoice_payments?invoice={invoice['id']}"
)


def _confirmation_secret(box: World, invoice: Obj) -> Obj | None:
    rows = box.all("invoice_payment", invoice=invoice["id"], limit=1)
    intent = box.get(rows[0]["payment"]["payment_intent"]) if rows else None
    return intent and {"client_secret": intent["client_secret"], "type": "payment_intent"}


INCLUDED["invoice", "confirmation_secret"] = _confirmation_secret
