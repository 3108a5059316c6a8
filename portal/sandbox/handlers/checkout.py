"""Checkout sessions, and what happens when the buyer presses the button of the hosted page."""

from portal.sandbox import wire
from portal.sandbox.errors import ApiError, declined, invalid, not_simulated
from portal.sandbox.general import INCLUDED, as_list
from portal.sandbox.handlers import discounts, payments, subscriptions
from portal.sandbox.handlers.catalog import new_price
from portal.sandbox.handlers.customers import attach, card_of, new_card
from portal.sandbox.money import check_amount
from portal.sandbox.registry import Call, Obj, falls_due, handles, kind
from portal.sandbox.world import World, new_id

kind("checkout.session", updates="metadata")
DAY = 86_400
PLAIN = "client_reference_id metadata success_url cancel_url allow_promotion_codes locale submit_type customer_creation"
TAKES = (
    f"{PLAIN} mode line_items.price line_items.quantity line_items.price_data customer customer_email discounts expires_at"
    " currency ui_mode payment_method_collection automatic_tax.enabled billing_address_collection"
    " subscription_data.metadata subscription_data.trial_period_days subscription_data.trial_end"
    " subscription_data.description subscription_data.trial_settings payment_intent_data.metadata"
    " payment_intent_data.description payment_intent_data.transfer_group payment_intent_data.setup_future_usage"
    " payment_intent_data.receipt_email setup_intent_data.metadata setup_intent_data.description"
)


@handles("POST", "/v1/checkout/sessions", TAKES)
def create_session(box: World, call: Call) -> Obj:
    given = call.params
    mode = given.get("mode", "payment")
    if given.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_simulated(f"ui_mode {given['ui_mode']}")
    if (given.get("automatic_tax") or {}).get("enabled"):
        raise not_simulated("automatic tax")
    if not given.get("success_url"):
        raise invalid("Missing required param: success_url.", code="parameter_missing", param="success_url")
    customer = box.get(given["customer"], "customer", param="customer") if given.get("customer") else None
    now = box.now_of(customer) if customer else box.now()
    expires = given.get("expires_at") or now + DAY
    if not now + 1_800 <= expires <= now + DAY:
        raise invalid("expires_at must be between 30 minutes and 24 hours from now.", param="expires_at")
    session = box.put(
        "checkout.session",
        mode=mode,
        customer=customer and customer["id"],
        customer_email=given.get("customer_email"),
        status="open",
        payment_status="no_payment_required" if mode == "setup" else "unpaid",
        payment_method_types=["card"],
        ui_mode="hosted_page",
        expires_at=expires,
        created=now,
        payment_method_collection=given.get("payment_method_collection", "always") if mode == "subscription" else None,
        url="",
    )
    wire.merge(session, {name: value for name, value in given.items() if name in PLAIN.split()})
    session["url"] = f"{box.site_url}/sandbox/checkout/{session['id']}/"
    session["currency"] = given.get("currency")
    trial_end = (given.get("subscription_data") or {}).get("trial_end")
    if trial_end is not None and trial_end < now + 2 * DAY:
        raise invalid("The trial_end date has to be at least 2 days in the future.", param="subscription_data")
    _add_lines(box, session, given)
    box.note(session["id"], "given", {**given, "line_items": box.noted(session["id"], "lines")})
    price_up(box, session, given.get("discounts") or [])
    box.schedule("expire_session", session, expires)
    return session


def _add_lines(box: World, session: Obj, given: Obj) -> None:
    rows = given.get("line_items") or []
    if session["mode"] == "setup":
        if rows:
            raise invalid("You cannot use line_items in setup mode.", param="line_items")
        box.note(session["id"], "lines", [])
        return
    if not rows:
        raise invalid("Missing required param: line_items.", code="parameter_missing", param="line_items")
    lines = []
    for row in rows:
        price = (
            new_price(box, row["price_data"])
            if row.get("price_data")
            else box.get(row.get("price", ""), "price", param="line_items[0][price]")
        )
        if session["mode"] == "payment" and price["recurring"]:
            raise invalid("You specified payment mode but passed a recurring price.", param="line_items[0][price]")
        if not price["active"]:
            raise invalid("The price is not active.", code="price_inactive", param="line_items[0][price]")
        session["currency"] = session["currency"] or price["currency"]
        if price["currency"] != session["currency"]:
            raise invalid("All prices of a session are in one currency.", param="line_items")
        lines.append({"price": price["id"], "quantity": row.get("quantity", 1)})
    if session["mode"] == "subscription" and not _recurring(box, lines):
        raise invalid("A subscription needs a recurring price.", param="line_items")
    box.note(session["id"], "lines", lines)


def _recurring(box: World, lines: list[Obj], *, is_so: bool = True) -> list[Obj]:
    """The lines that come again; those that come once, with `is_so=False`."""
    return [row for row in lines if bool(box.get(row["price"])["recurring"]) == is_so]


def price_up(box: World, session: Obj, given: list[Obj]) -> None:
    """The sums of a session with discounts ({'coupon'} or {'promotion_code'}); checked, not yet redeemed."""
    lines = box.noted(session["id"], "lines")
    if session["mode"] == "subscription" and _has_trial(box, session):
        # What comes once is paid now all the same.
        lines = _recurring(box, lines, is_so=False)
    subtotal = sum(box.get(row["price"])["unit_amount"] * row["quantity"] for row in lines)
    customer = box.find(session["customer"] or "", "customer")
    off, shown = 0, []
    for entry in given:
        promotion = box.get(entry["promotion_code"], "promotion_code") if entry.get("promotion_code") else None
        if promotion:
            coupon = discounts.check_promotion(box, promotion, customer, subtotal, session["currency"])
        else:
            coupon = discounts.check_coupon(box, box.get(entry["coupon"], "coupon"), session["currency"])
        off += discounts.amount_off(coupon, subtotal - off)
        shown.append({"coupon": None if promotion else coupon["id"], "promotion_code": promotion and promotion["id"]})
    box.note(session["id"], "discounts", given)
    session["discounts"] = shown
    session["amount_subtotal"] = subtotal
    session["amount_total"] = subtotal - off
    session["total_details"] = wire.inner("checkout.session", "total_details", amount_discount=off, amount_shipping=0)


def _has_trial(box: World, session: Obj) -> bool:
    details = box.noted(session["id"], "given").get("subscription_data") or {}
    return bool(details.get("trial_period_days") or details.get("trial_end"))


def line_items(box: World, session: Obj) -> Obj:
    rows = []
    for row in box.noted(session["id"], "lines"):
        price = box.get(row["price"], "price")
        amount = price["unit_amount"] * row["quantity"]
        product = box.find(price["product"])
        rows.append(
            wire.new(
                "item",
                id=new_id("item"),
                object="item",
                amount_subtotal=amount,
                amount_total=amount,
                currency=price["currency"],
                description=product["name"] if product else None,
                price=dict(price),
                quantity=row["quantity"],
            )
        )
    return as_list(rows, f"/v1/checkout/sessions/{session['id']}/line_items")


INCLUDED["checkout.session", "line_items"] = line_items


@handles("GET", "/v1/checkout/sessions/{session}/line_items")
def listline_items(box: World, call: Call) -> Obj:
    return line_items(box, box.get(call.ids[0], "checkout.session"))


@handles("POST", "/v1/checkout/sessions/{session}/expire")
def expire_session(box: World, call: Call) -> Obj:
    session = box.get(call.ids[0], "checkout.session")
    if session["status"] != "open":
        raise invalid("Only open sessions can be expired.")
    return expire(box, session)


@falls_due("expire_session")
def session_expires(box: World, ref: str) -> None:
    session = box.find(ref, "checkout.session")
    if session and session["status"] == "open":
        expire(box, session)


def expire(box: World, session: Obj) -> Obj:
    session.update(status="expired", url=None)
    box.unschedule("expire_session", session["id"])
    box.emit("checkout.session.expired", session)
    return session


# ---- the hosted page ----------------------------------------------------------------
def complete(
    box: World, session: Obj, number: str | None, email: str | None, name: str | None, authenticated: bool | None
) -> Obj:
    """The buyer presses Pay. Raises the card's no, or `authentication_required` until 3-D Secure was passed or failed."""
    if session["status"] != "open" or session["expires_at"] <= box.now_of(session):
        raise invalid("This Checkout Session is no longer open.", code="checkout_session_not_open")
    email = email or session["customer_email"]
    method = _card(box, session, number, authenticated)
    customer = _customer(box, session, email, name)
    {"payment": _pay, "subscription": _subscribe, "setup": _set_up}[session["mode"]](
        box, session, customer, method, bool(authenticated)
    )
    session.update(status="complete", url=None)
    session["customer_details"] = wire.inner(
        "checkout.session",
        "customer_details",
        email=email or (customer or {}).get("email"),
        name=name or (customer or {}).get("name"),
        tax_exempt="none",
        tax_ids=[],
    )
    box.unschedule("expire_session", session["id"])
    box.emit("checkout.session.completed", session)
    return session


def needs_card(session: Obj) -> bool:
    """A trial or a full discount may need no card, if the session says so."""
    if session["mode"] == "setup":
        return True
    if session["mode"] == "subscription":
        return bool(session["amount_total"]) or session["payment_method_collection"] == "always"
    return bool(session["amount_total"])


def _card(box: World, session: Obj, number: str | None, authenticated: bool | None) -> Obj | None:
    if not needs_card(session) and not number:
        return None
    method = new_card(box, number or "")
    card = card_of(box, method)
    if card.does in ("asks", "asks_once") and authenticated is None:
        raise ApiError(402, "card_error", "Your bank asks you to confirm this payment.", code="authentication_required")
    if authenticated is False:
        raise declined(
            "payment_intent_authentication_failure",
            None,
            "We are unable to authenticate your payment method. Please choose a different one.",
        )
    return method


def _customer(box: World, session: Obj, email: str | None, name: str | None) -> Obj | None:
    if session["customer"]:
        return box.get(session["customer"], "customer")
    if session["mode"] == "payment" and session["customer_creation"] != "always":
        return None
    from portal.sandbox.handlers.customers import create_customer

    customer = create_customer(
        box, Call("POST", "/v1/customers", {k: v for k, v in (("email", email), ("name", name)) if v}, (), "")
    )
    session["customer"] = customer["id"]
    return customer


def _pay(box: World, session: Obj, customer: Obj | None, method: Obj | None, authenticated: bool) -> None:
    given = box.noted(session["id"], "given").get("payment_intent_data") or {}
    for entry in box.noted(session["id"], "discounts"):
        _count_use(box, entry)
    if not method:
        session["payment_status"] = "no_payment_required"
        return
    check_amount(session["amount_total"], session["currency"])
    # The intent of an earlier try that was declined is used again.
    intent = box.find(session["payment_intent"] or "", "payment_intent")
    if intent is None:
        intent = payments.new_intent(box, session["amount_total"], session["currency"], session["customer"])
        wire.merge(intent, given)
        session["payment_intent"] = intent["id"]
        box.emit("payment_intent.created", intent)
    intent.update(amount=session["amount_total"])
    payments.confirm(box, intent, method, authenticated=authenticated)
    session["payment_status"] = "paid"


def _count_use(box: World, entry: Obj) -> None:
    coupon = entry.get("coupon")
    if entry.get("promotion_code"):
        promotion = box.get(entry["promotion_code"], "promotion_code")
        promotion["times_redeemed"] += 1
        coupon = promotion["promotion"]["coupon"]
    if coupon:
        box.get(coupon, "coupon")["times_redeemed"] += 1


def _subscribe(box: World, session: Obj, customer: Obj | None, method: Obj | None, authenticated: bool) -> None:
    given, customer = box.noted(session["id"], "given"), customer or {}
    if method:
        attach(box, method, customer, default=not customer["invoice_settings"]["default_payment_method"])
    subscription = subscriptions.begin(
        box,
        {
            **(given.get("subscription_data") or {}),
            "customer": customer["id"],
            "items": _recurring(box, box.noted(session["id"], "lines")),
            "add_invoice_items": _recurring(box, box.noted(session["id"], "lines"), is_so=False),
            "discounts": box.noted(session["id"], "discounts"),
            "payment_behavior": "error_if_incomplete",
            **({"default_payment_method": method["id"]} if method else {}),
        },
        authenticated=authenticated,
    )
    if method and authenticated:
        box.note(method["id"], "set_up", True)
    invoice = box.get(subscription["latest_invoice"], "invoice")
    paid = bool(invoice["amount_paid"]) or invoice["total"] > 0
    session.update(
        subscription=subscription["id"],
        invoice=invoice["id"],
        payment_status="paid" if paid else "no_payment_required",
    )


def _set_up(box: World, session: Obj, customer: Obj | None, method: Obj | None, authenticated: bool) -> None:
    given = box.noted(session["id"], "given").get("setup_intent_data") or {}
    intent = payments.new_setup(box, session["customer"])
    wire.merge(intent, given)
    box.emit("setup_intent.created", intent)
    session["setup_intent"] = intent["id"]
    payments.set_up(box, intent, method or {}, authenticated=authenticated)
