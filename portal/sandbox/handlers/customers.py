"""Customers, their cards, and the credit they hold with us."""

import hashlib
import re
import secrets

from portal.sandbox import cards, wire
from portal.sandbox.errors import ApiError, declined, invalid, missing, not_simulated
from portal.sandbox.general import as_list, list_page, update
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

PLAIN = (
    "email name phone description metadata address shipping invoice_settings.default_payment_method"
    " invoice_settings.footer preferred_locales tax_exempt"
)
UPDATES = frozenset(
    "email name phone description metadata address shipping invoice_settings preferred_locales tax_exempt".split()
)
kind("customer")
kind("payment_method", updates="metadata billing_details", event="payment_method")


@handles("POST", "/v1/customers", PLAIN + " test_clock payment_method balance")
def create_customer(box: World, call: Call) -> Obj:
    given = dict(call.params)
    clock, method, balance = given.pop("test_clock", None), given.pop("payment_method", None), given.pop("balance", 0)
    if clock:
        box.get(clock, "test_helpers.test_clock", param="test_clock")
    customer = box.put(
        "customer",
        test_clock=clock,
        balance=balance,
        delinquent=False,
        tax_exempt="none",
        invoice_prefix=secrets.token_hex(4).upper(),
        next_invoice_sequence=1,
        invoice_settings=wire.inner("customer", "invoice_settings"),
        preferred_locales=[],
    )
    wire.merge(customer, given)
    if balance:
        customer.update(currency="usd", invoice_credit_balance={"usd": balance})
    box.emit("customer.created", customer)
    if method:
        attach(box, payment_method(box, method), customer)
    return customer


@handles("GET", "/v1/customers/{customer}")
def retrieve_customer(box: World, call: Call) -> Obj:
    if box.noted(call.id, "deleted"):
        return {"id": call.id, "object": "customer", "deleted": True}
    return box.get(call.id, "customer")


@handles("POST", "/v1/customers/{customer}", PLAIN + " balance")
def update_customer(box: World, call: Call) -> Obj:
    customer, given = box.get(call.id, "customer"), dict(call.params)
    if "balance" in given:
        currency = customer["currency"] or "usd"
        change_balance(box, customer, given.pop("balance") - owed(customer, currency), "adjustment", currency)
    default = (given.get("invoice_settings") or {}).get("default_payment_method")
    if default and payment_method(box, default)["customer"] != customer["id"]:
        raise invalid(
            "The customer does not have a payment method with the ID " + default,
            param="invoice_settings[default_payment_method]",
        )
    return update(box, customer, given, UPDATES, "customer")


@handles("DELETE", "/v1/customers/{customer}")
def delete_customer(box: World, call: Call) -> Obj:
    from portal.sandbox.handlers import subscriptions

    customer = box.get(call.id, "customer")
    for subscription in box.all("subscription", customer=customer["id"]):
        if subscription["status"] not in ("canceled", "incomplete_expired"):
            subscriptions.end(box, subscription, "cancellation_requested")
    box.note(customer["id"], "deleted", True)
    box.emit("customer.deleted", customer)
    return box.drop(customer)


@handles("GET", "/v1/customers/search", "query page")
def search_customers(box: World, call: Call) -> Obj:
    found = re.fullmatch(r"\s*(email|name|phone):\s*['\"]([^'\"]*)['\"]\s*", call.params["query"])
    by_note = re.fullmatch(r"\s*metadata\[['\"](\w+)['\"]\]:\s*['\"]([^'\"]*)['\"]\s*", call.params["query"])
    if found:
        rows = box.all("customer", where=f"json_extract(body, '$.{found.group(1)}') = ?", values=(found.group(2),))
    elif by_note:
        where = f"json_extract(body, '$.metadata.{by_note.group(1)}') = ?"
        rows = box.all("customer", where=where, values=(by_note.group(2),))
    else:
        raise not_simulated(f"the search {call.params['query']!r}")
    page = rows[: call.params.get("limit", 10)]
    return {
        "object": "search_result",
        "url": "/v1/customers/search",
        "has_more": len(rows) > len(page),
        "next_page": None,
        "data": page,
    }


# ---- credit ---------------------------------------------------------------------
def owed(customer: Obj, currency: str) -> int:
    """What a customer owes us from earlier invoices in a currency, in minor units; negative is credit."""
    return int((customer["invoice_credit_balance"] or {}).get(currency, 0))


def change_balance(
    box: World, customer: Obj, amount: int, type_: str, currency: str, invoice: Obj | None = None
) -> Obj:
    """Add to what the customer owes (negative: credit for the next invoices). Each currency stands for itself."""
    before = customer["balance"]
    customer["currency"] = customer["currency"] or currency
    customer["invoice_credit_balance"] = {
        **(customer["invoice_credit_balance"] or {}),
        currency: owed(customer, currency) + amount,
    }
    customer["balance"] = owed(customer, customer["currency"])
    row = box.put(
        "customer_balance_transaction",
        customer=customer["id"],
        amount=amount,
        currency=currency,
        ending_balance=owed(customer, currency),
        type=type_,
        invoice=(invoice or {}).get("id"),
    )
    box.emit("customer.updated", customer, before={"balance": before})
    return row


@handles("GET", "/v1/customers/{customer}/balance_transactions", "invoice")
def list_customer_balance(box: World, call: Call) -> Obj:
    box.get(call.ids[0], "customer", param="customer")
    return list_page(
        box,
        call,
        "customer_balance_transaction",
        where="json_extract(body, '$.customer') = ?",
        values=(call.ids[0],),
    )


@handles("POST", "/v1/customers/{customer}/balance_transactions", "amount currency description metadata")
def create_customer_balance(box: World, call: Call) -> Obj:
    customer = box.get(call.ids[0], "customer", param="customer")
    row = change_balance(box, customer, call.params["amount"], "adjustment", call.params["currency"])
    wire.merge(row, {k: v for k, v in call.params.items() if k in ("description", "metadata")})
    return row


# ---- cards ----------------------------------------------------------------------
@handles(
    "POST", "/v1/payment_methods", "type card.number card.exp_month card.exp_year card.cvc metadata billing_details"
)
def create_payment_method(box: World, call: Call) -> Obj:
    if call.params.get("type", "card") != "card" or "number" not in call.params.get("card", {}):
        raise not_simulated("payment methods other than card numbers")
    given = call.params["card"]
    method = new_card(box, given["number"], given["exp_month"], given["exp_year"])
    wire.merge(method, {k: v for k, v in call.params.items() if k in ("metadata", "billing_details")})
    return method


def new_card(box: World, number: str, month: int = 12, year: int = 2034) -> Obj:
    number = number.replace(" ", "")
    found = cards.card(number)
    method = box.put("payment_method", type="card", allow_redisplay="unspecified")
    method["card"] = wire.inner(
        "payment_method",
        "card",
        brand=found.brand,
        display_brand=found.brand,
        last4=number[-4:],
        exp_month=month,
        exp_year=year,
        funding="credit",
        country="US",
        # One number is one card, whoever types it in: that is what the fingerprint is for.
        fingerprint=hashlib.sha256(number.encode()).hexdigest()[:16],
    )
    box.note(method["id"], "number", number)
    return method


def payment_method(box: World, id: str) -> Obj:
    """A payment method by id, or a new one for one of Stripe's test tokens (pm_card_visa)."""
    if id in cards.TOKENS:
        return new_card(box, cards.TOKENS[id])
    if method := box.find(id, "payment_method"):
        return method
    raise missing("PaymentMethod", id, "payment_method")


def card_of(box: World, method: Obj) -> cards.Card:
    return cards.card(box.noted(method["id"], "number"))


def attach(box: World, method: Obj, customer: Obj, *, default: bool = False) -> Obj:
    """Keep a card with a customer. Raises the card's own no."""
    if method["customer"] not in (None, customer["id"]):
        raise invalid("The payment method you provided has already been attached to a customer.")
    card = card_of(box, method)
    if card.does == "declines":
        raise declined(card.code, card.decline_code, card.message)
    if method["customer"] is None:
        method["customer"] = customer["id"]
        box.emit("payment_method.attached", method)
    if default:
        before = customer["invoice_settings"]["default_payment_method"]
        customer["invoice_settings"]["default_payment_method"] = method["id"]
        if before != method["id"]:
            box.emit("customer.updated", customer, before={"invoice_settings": {"default_payment_method": before}})
    return method


@handles("POST", "/v1/payment_methods/{payment_method}/attach", "customer")
def attach_payment_method(box: World, call: Call) -> Obj:
    return attach(box, payment_method(box, call.ids[0]), box.get(call.params["customer"], "customer", param="customer"))


@handles("POST", "/v1/payment_methods/{payment_method}/detach")
def detach_payment_method(box: World, call: Call) -> Obj:
    method = box.get(call.ids[0], "payment_method")
    if method["customer"] is None:
        raise ApiError(400, "invalid_request_error", "The payment method is not attached to a customer.")
    customer = box.get(method["customer"], "customer")
    method["customer"] = None
    if customer["invoice_settings"]["default_payment_method"] == method["id"]:
        customer["invoice_settings"]["default_payment_method"] = None
        box.emit("customer.updated", customer, before={"invoice_settings": {"default_payment_method": method["id"]}})
    box.emit("payment_method.detached", method, before={"customer": customer["id"]})
    return method


@handles("GET", "/v1/customers/{customer}/payment_methods", "type")
def list_customer_methods(box: World, call: Call) -> Obj:
    box.get(call.ids[0], "customer", param="customer")
    rows = box.all("payment_method", customer=call.ids[0])
    return as_list(rows[: call.params.get("limit", 10)], call.path, len(rows) > call.params.get("limit", 10))
