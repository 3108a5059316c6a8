"""Payment intents, charges and setup intents: what a card does when it is asked for money."""

import secrets

from portal.sandbox import money, wire
from portal.sandbox.cards import Card
from portal.sandbox.errors import declined, invalid
from portal.sandbox.handlers.customers import attach, card_of, payment_method
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

kind("charge", updates="metadata description receipt_email transfer_group", event="charge")
kind("payment_intent", updates="metadata description receipt_email transfer_group")
kind("setup_intent", updates="metadata description")
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
PLAIN = "metadata description receipt_email transfer_group setup_future_usage statement_descriptor_suffix"


@handles(
    "POST",
    "/v1/payment_intents",
    f"{PLAIN} amount currency customer payment_method confirm off_session capture_method return_url"
    " automatic_payment_methods use_stripe_sdk error_on_requires_action",
)
def create_payment_intent(box: World, call: Call) -> Obj:
    given = call.params
    money.check_amount(given["amount"], given["currency"])
    intent = new_intent(box, given["amount"], given["currency"], given.get("customer"))
    wire.merge(intent, {name: value for name, value in given.items() if name in PLAIN.split()})
    intent["capture_method"] = given.get("capture_method", "automatic_async")
    if given.get("payment_method"):
        intent.update(payment_method=payment_method(box, given["payment_method"])["id"], status="requires_confirmation")
    box.emit("payment_intent.created", intent)
    if given.get("confirm"):
        _confirm_by_call(box, intent, given)
    return intent


def new_intent(box: World, amount: int, currency: str, customer: str | None) -> Obj:
    if customer:
        box.get(customer, "customer", param="customer")
    intent = box.put(
        "payment_intent",
        amount=amount,
        currency=currency,
        customer=customer,
        status="requires_payment_method",
        capture_method="automatic_async",
        confirmation_method="automatic",
        payment_method_types=["card"],
    )
    intent["client_secret"] = f"{intent['id']}_secret_{secrets.token_hex(12)}"
    return intent


@handles("POST", "/v1/payment_intents/{intent}/confirm", "payment_method off_session return_url use_stripe_sdk")
def confirm_payment_intent(box: World, call: Call) -> Obj:
    intent = box.get(call.ids[0], "payment_intent")
    _confirm_by_call(box, intent, call.params)
    return intent


def _confirm_by_call(box: World, intent: Obj, given: Obj) -> None:
    from portal.sandbox.handlers import invoices

    method = given.get("payment_method") or intent["payment_method"]
    if not method:
        raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.")
    confirm(
        box,
        intent,
        payment_method(box, method),
        off_session=bool(given.get("off_session")),
        back=given.get("return_url"),
    )
    invoices.payment_arrived(box, intent)


def confirm(
    box: World,
    intent: Obj,
    method: Obj,
    *,
    off_session: bool = False,
    authenticated: bool = False,
    back: str | None = None,
) -> None:
    """Ask the card for the money. Raises its no (which stays on record); may end in `requires_action` (3-D Secure)."""
    if intent["status"] not in OPEN:
        raise invalid(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    if method["customer"] and intent["customer"] and method["customer"] != intent["customer"]:
        raise invalid("The provided PaymentMethod belongs to another Customer.", param="payment_method")
    card = card_of(box, method)
    intent.update(payment_method=method["id"], last_payment_error=None, next_action=None)
    asks = card.does == "asks" or (card.does == "asks_once" and not box.noted(method["id"], "set_up"))
    if asks and not authenticated:
        if off_session:
            card = Card(code="authentication_required", decline_code="authentication_required", does="declines")
            _fail(box, intent, method, card, "The customer must authenticate this payment.")
        _ask(box, intent, back)
        return
    if card.does in ("declines", "charge_fails"):
        _fail(box, intent, method, card, card.message)
    _succeed(box, intent, method, card)


def _ask(box: World, intent: Obj, back: str | None) -> None:
    intent["status"] = "requires_action"
    url = f"{box.site_url}/sandbox/3d-secure/{intent['client_secret']}/"
    intent["next_action"] = wire.inner(
        "payment_intent", "next_action", type="redirect_to_url", redirect_to_url={"url": url, "return_url": back}
    )
    box.emit("payment_intent.requires_action", intent)


def _new_charge(box: World, intent: Obj, method: Obj, status: str) -> Obj:
    card = method["card"]
    charge = box.put(
        "charge",
        amount=intent["amount"],
        currency=intent["currency"],
        customer=intent["customer"],
        payment_intent=intent["id"],
        payment_method=method["id"],
        status=status,
        description=intent["description"],
        metadata=dict(intent["metadata"]),
        receipt_email=intent["receipt_email"],
        transfer_group=intent["transfer_group"],
        billing_details=dict(method["billing_details"]),
        calculated_statement_descriptor="GLASSHOUSE",
    )
    shown = {
        name: card[name] for name in ("brand", "last4", "exp_month", "exp_year", "country", "funding", "fingerprint")
    }
    charge["payment_method_details"] = wire.inner(
        "charge",
        "payment_method_details",
        type="card",
        card=wire.inner("charge", "payment_method_details.card", network=card["brand"], **shown),
    )
    intent["latest_charge"] = charge["id"]
    return charge


def _fail(box: World, intent: Obj, method: Obj, card: Card, message: str) -> None:
    charge = _new_charge(box, intent, method, "failed")
    charge.update(failure_code=card.code, failure_message=message)
    intent["status"] = "requires_payment_method"
    intent["last_payment_error"] = wire.inner(
        "payment_intent",
        "last_payment_error",
        type="card_error",
        code=card.code,
        decline_code=card.decline_code,
        message=message,
        charge=charge["id"],
        payment_method=dict(method),
    )
    box.emit("charge.failed", charge)
    box.emit("payment_intent.payment_failed", intent)
    raise declined(card.code, card.decline_code, message, charge=charge["id"], payment_intent=dict(intent))


def _succeed(box: World, intent: Obj, method: Obj, card: Card) -> None:
    charge = _new_charge(box, intent, method, "succeeded")
    charge["paid"] = True
    if intent["setup_future_usage"] and intent["customer"] and not method["customer"]:
        attach(box, method, box.get(intent["customer"], "customer"))
    if card.does == "asks_once":
        box.note(method["id"], "set_up", True)
    if intent["capture_method"] == "manual":
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        box.emit("charge.succeeded", charge)
        box.emit("payment_intent.amount_capturable_updated", intent)
        return
    collect(box, intent, charge, card, intent["amount"])
    box.emit("charge.succeeded", charge)
    box.emit("payment_intent.succeeded", intent)
    _aftermath(box, charge, card)


def collect(box: World, intent: Obj, charge: Obj, card: Card, amount: int) -> None:
    """The money of a charge enters our balance, less the fee: pending for two days, unless the card bypasses that."""
    charge.update(captured=True, amount_captured=amount)
    txn = money.move(
        box,
        "",
        amount,
        charge["currency"],
        "charge",
        charge["id"],
        fee=money.fee_on(amount),
        pending_days=0 if card.does == "pays_at_once" else money.PENDING_DAYS,
        description=charge["description"],
    )
    charge["balance_transaction"] = txn["id"]
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)


def _aftermath(box: World, charge: Obj, card: Card) -> None:
    from portal.sandbox.handlers import disputes

    if card.does == "disputes":
        disputes.open_dispute(box, charge, reason=card.code)
    if card.does == "warns":
        disputes.warn(box, charge)


@handles("POST", "/v1/payment_intents/{intent}/capture", "amount_to_capture metadata")
def capture_payment_intent(box: World, call: Call) -> Obj:
    intent = box.get(call.ids[0], "payment_intent")
    if intent["status"] != "requires_capture":
        raise invalid(
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    asked = call.params.get("amount_to_capture")
    amount = int(intent["amount"] if asked is None else asked)
    if not 0 < amount <= intent["amount_capturable"]:
        raise invalid("amount_to_capture exceeds what is held.", code="amount_too_large", param="amount_to_capture")
    charge = box.get(intent["latest_charge"], "charge")
    collect(box, intent, charge, card_of(box, box.get(intent["payment_method"])), amount)
    charge["amount_refunded"] = intent["amount"] - amount
    wire.merge(intent, {"metadata": call.params.get("metadata", {})})
    box.emit("charge.captured", charge)
    box.emit("payment_intent.succeeded", intent)
    return intent


@handles("POST", "/v1/payment_intents/{intent}/cancel", "cancellation_reason")
def cancel_payment_intent(box: World, call: Call) -> Obj:
    intent = box.get(call.ids[0], "payment_intent")
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise invalid(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    intent.update(
        status="canceled",
        canceled_at=box.now_of(intent),
        cancellation_reason=call.params.get("cancellation_reason"),
        amount_capturable=0,
    )
    box.emit("payment_intent.canceled", intent)
    return intent


# ---- setting a card up without a payment -------------------------------------------
@handles(
    "POST",
    "/v1/setup_intents",
    "customer payment_method confirm usage metadata description return_url automatic_payment_methods",
)
def create_setup_intent(box: World, call: Call) -> Obj:
    given = call.params
    intent = new_setup(box, given.get("customer"), given.get("usage", "off_session"))
    wire.merge(intent, {name: value for name, value in given.items() if name in ("metadata", "description")})
    box.emit("setup_intent.created", intent)
    if given.get("payment_method"):
        intent.update(payment_method=payment_method(box, given["payment_method"])["id"], status="requires_confirmation")
    if given.get("confirm"):
        set_up(box, intent, payment_method(box, intent["payment_method"] or ""))
    return intent


def new_setup(box: World, customer: str | None, usage: str = "off_session") -> Obj:
    if customer:
        box.get(customer, "customer", param="customer")
    intent = box.put(
        "setup_intent",
        customer=customer,
        status="requires_payment_method",
        payment_method_types=["card"],
        usage=usage,
    )
    intent["client_secret"] = f"{intent['id']}_secret_{secrets.token_hex(12)}"
    return intent


@handles("POST", "/v1/setup_intents/{intent}/confirm", "payment_method return_url")
def confirm_setup_intent(box: World, call: Call) -> Obj:
    intent = box.get(call.ids[0], "setup_intent")
    return set_up(box, intent, payment_method(box, call.params.get("payment_method") or intent["payment_method"] or ""))


def set_up(box: World, intent: Obj, method: Obj, *, authenticated: bool = False) -> Obj:
    """Prepare a card for later payments; a card that asks for 3-D Secure wants it now."""
    if intent["status"] not in OPEN:
        raise invalid("This SetupIntent is no longer open.", code="setup_intent_unexpected_state")
    card = card_of(box, method)
    intent["payment_method"] = method["id"]
    if card.does in ("asks", "asks_once") and not authenticated:
        intent["status"] = "requires_action"
        url = f"{box.site_url}/sandbox/3d-secure/{intent['client_secret']}/"
        intent["next_action"] = wire.inner(
            "setup_intent", "next_action", type="redirect_to_url", redirect_to_url={"url": url, "return_url": None}
        )
        box.emit("setup_intent.requires_action", intent)
        return intent
    if card.does == "declines":
        intent["status"] = "requires_payment_method"
        box.emit("setup_intent.setup_failed", intent)
        raise declined(card.code, card.decline_code, card.message)
    box.note(method["id"], "set_up", True)
    intent.update(status="succeeded", next_action=None)
    if intent["customer"]:
        attach(box, method, box.get(intent["customer"], "customer"))
    box.emit("setup_intent.succeeded", intent)
    return intent


@handles("POST", "/v1/setup_intents/{intent}/cancel", "cancellation_reason")
def cancel_setup_intent(box: World, call: Call) -> Obj:
    intent = box.get(call.ids[0], "setup_intent")
    if intent["status"] not in OPEN:
        raise invalid("This SetupIntent is no longer open.", code="setup_intent_unexpected_state")
    intent.update(status="canceled", cancellation_reason=call.params.get("cancellation_reason"))
    box.emit("setup_intent.canceled", intent)
    return intent
