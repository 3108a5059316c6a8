"""Invoices by request: items, drafts, finalizing, paying, voiding, previews."""

from portal.sandbox import wire
from portal.sandbox.errors import invalid
from portal.sandbox.general import as_list, list_page, update
from portal.sandbox.handlers import invoices
from portal.sandbox.handlers.invoices import Line
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

kind("invoiceitem", updates="description metadata", deletes=True, event="invoiceitem")


@handles(
    "POST",
    "/v1/invoiceitems",
    "customer amount currency description metadata pricing.price quantity invoice discountable",
)
def create_invoice_item(box: World, call: Call) -> Obj:
    given, customer = call.params, box.get(call.params.get("customer", ""), "customer", param="customer")
    quantity = given.get("quantity", 1)
    price = box.get(given["pricing"]["price"], "price", param="pricing[price]") if given.get("pricing") else None
    amount = price["unit_amount"] * quantity if price else given.get("amount")
    currency = price["currency"] if price else given.get("currency")
    if amount is None or not currency:
        raise invalid(
            "An invoice item needs a price, or amount and currency.", code="parameter_missing", param="amount"
        )
    item = new_item(box, customer, amount, currency, given.get("description"), quantity=quantity, price=price)
    item["discountable"] = given.get("discountable", True)
    wire.merge(item, {"metadata": given.get("metadata", {})})
    if given.get("invoice"):
        invoice = box.get(given["invoice"], "invoice", param="invoice")
        if invoice["status"] != "draft":
            raise invalid("This invoice is no longer editable.", code="invoice_not_editable", param="invoice")
        pull(box, invoice, [item], None)
        invoices.total_up(box, invoice)
    box.emit("invoiceitem.created", item)
    return item


def new_item(
    box: World,
    customer: Obj,
    amount: int,
    currency: str,
    description: str | None,
    *,
    quantity: int = 1,
    price: Obj | None = None,
    subscription: Obj | None = None,
    line: Line | None = None,
) -> Obj:
    """An amount that waits for the customer's next invoice."""
    now = box.now_of(customer)
    item = box.put(
        "invoiceitem",
        customer=customer["id"],
        amount=amount,
        currency=currency,
        description=description,
        date=now,
        quantity=quantity,
        quantity_decimal=str(quantity),
        discountable=line.discountable if line else True,
        proration=line.proration if line else False,
        period={"start": line.start, "end": line.end} if line else {"start": now, "end": now},
        test_clock=customer["test_clock"],
    )
    if price:
        item["pricing"] = wire.inner(
            "invoiceitem",
            "pricing",
            type="price_details",
            price_details={"price": price["id"], "product": price["product"]},
            unit_amount_decimal=price["unit_amount_decimal"],
        )
    if subscription:
        details = {"subscription": subscription["id"], "subscription_item": line.item if line else None}
        item["parent"] = {"type": "subscription_details", "subscription_details": details}
    return item


def waiting(box: World, customer: Obj, currency: str, subscription: Obj | None) -> list[Obj]:
    """Items not yet on an invoice, oldest first: those of a subscription and those of nobody in particular."""
    found = []
    for item in reversed(box.all("invoiceitem", customer=customer["id"], invoice=None, currency=currency)):
        owner = (item["parent"] or {}).get("subscription_details", {}).get("subscription")
        if owner in (None, (subscription or {}).get("id")):
            found.append(item)
    return found


def pull(box: World, invoice: Obj, items: list[Obj], subscription: Obj | None) -> None:
    for item in items:
        details = (item["parent"] or {}).get("subscription_details") or {}
        price = item["pricing"] and box.find(item["pricing"]["price_details"]["price"])
        invoices.add_line(
            box,
            invoice,
            Line(
                item["amount"],
                item["description"] or "",
                item["period"]["start"],
                item["period"]["end"],
                price=price,
                quantity=item["quantity"],
                item=details.get("subscription_item"),
                proration=item["proration"],
                discountable=item["discountable"],
                invoice_item=item["id"],
            ),
            subscription,
        )
        item["invoice"] = invoice["id"]


@handles(
    "POST",
    "/v1/invoices",
    "customer currency description metadata auto_advance collection_method days_until_due discounts footer"
    " pending_invoice_items_behavior default_payment_method",
)
def create_invoice(box: World, call: Call) -> Obj:
    from portal.sandbox.handlers import discounts

    given = call.params
    customer = box.get(given.get("customer", ""), "customer", param="customer")
    currency = given.get("currency") or customer["currency"] or "usd"
    include = given.get("pending_invoice_items_behavior", "exclude") == "include"
    ids = discounts.redeem(box, given.get("discounts") or [], customer=customer, currency=currency)
    invoice = invoices.draft(box, customer, currency, "manual", [], discount_ids=ids)
    invoice["auto_advance"] = given.get("auto_advance", False)
    invoice["collection_method"] = given.get("collection_method", "charge_automatically")
    if invoice["collection_method"] == "send_invoice":
        invoice["due_date"] = box.now_of(customer) + given.get("days_until_due", 30) * 86_400
    wire.merge(
        invoice,
        {k: v for k, v in given.items() if k in ("description", "metadata", "footer", "default_payment_method")},
    )
    if include:
        pull(box, invoice, waiting(box, customer, currency, None), None)
        invoices.total_up(box, invoice)
    if invoice["auto_advance"]:
        invoice["automatically_finalizes_at"] = box.now_of(invoice) + 3600
        box.schedule("finalize", invoice, invoice["automatically_finalizes_at"])
    return invoice


@handles("POST", "/v1/invoices/{invoice}", "description metadata footer auto_advance default_payment_method")
def update_invoice(box: World, call: Call) -> Obj:
    invoice = box.get(call.id, "invoice")
    return update(box, invoice, call.params, frozenset(call.params), "invoice")


@handles("DELETE", "/v1/invoices/{invoice}")
def delete_invoice(box: World, call: Call) -> Obj:
    invoice = box.get(call.id, "invoice")
    if invoice["status"] != "draft":
        raise invalid("You can only delete draft invoices.", code="invoice_not_editable")
    for item in box.all("invoiceitem", invoice=invoice["id"]):
        item["invoice"] = None
    box.emit("invoice.deleted", invoice)
    return box.drop(invoice)


@handles("GET", "/v1/invoices", "customer status subscription collection_method")
def list_invoices(box: World, call: Call) -> Obj:
    subscription = call.params.get("subscription")
    where = "json_extract(body, '$.parent.subscription_details.subscription') = ?" if subscription else ""
    values = (subscription,) if subscription else ()
    return list_page(box, call, "invoice", where=where, values=values, skip="subscription")


@handles("GET", "/v1/invoices/{invoice}/lines")
def list_lines(box: World, call: Call) -> Obj:
    lines = box.get(call.ids[0], "invoice")["lines"]["data"]
    limit = call.params.get("limit", 10)
    after = call.params.get("starting_after")
    start = [line["id"] for line in lines].index(after) + 1 if after else 0
    return as_list(lines[start : start + limit], call.path, len(lines) > start + limit)


@handles("GET", "/v1/invoice_payments", "invoice status payment.type payment.payment_intent")
def list_invoice_payments(box: World, call: Call) -> Obj:
    intent = (call.params.get("payment") or {}).get("payment_intent")
    where = "json_extract(body, '$.payment.payment_intent') = ?" if intent else ""
    return list_page(box, call, "invoice_payment", where=where, values=(intent,) if intent else (), skip="payment")


@handles("POST", "/v1/invoices/{invoice}/finalize", "auto_advance")
def finalize_invoice(box: World, call: Call) -> Obj:
    invoice = invoices.finalize(box, box.get(call.ids[0], "invoice"))
    invoice["auto_advance"] = call.params.get("auto_advance", invoice["auto_advance"])
    return invoice


@handles("POST", "/v1/invoices/{invoice}/pay", "payment_method paid_out_of_band off_session")
def pay_invoice(box: World, call: Call) -> Obj:
    invoice = box.get(call.ids[0], "invoice")
    if invoice["status"] == "paid":
        raise invalid("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] == "draft":
        invoices.finalize(box, invoice)
        if invoice["status"] == "paid":
            return invoice
    if call.params.get("paid_out_of_band"):
        invoices.withdraw(box, invoice, credit_too=False)
        invoice.update(amount_paid_off_stripe=invoice["amount_due"], amount_paid=invoice["amount_due"])
        invoices.settle(box, invoice)
        return invoice
    if problem := invoices.pay(box, invoice, method=call.params.get("payment_method")):
        raise problem
    return invoice


@handles("POST", "/v1/invoices/{invoice}/send")
def send_invoice(box: World, call: Call) -> Obj:
    invoice = box.get(call.ids[0], "invoice")
    if invoice["status"] == "draft":
        invoices.finalize(box, invoice)
    box.emit("invoice.sent", invoice)
    return invoice


@handles("POST", "/v1/invoices/{invoice}/void")
def void_invoice(box: World, call: Call) -> Obj:
    return void(box, box.get(call.ids[0], "invoice"))


def void(box: World, invoice: Obj) -> Obj:
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid(f"You can only void open or uncollectible invoices; this one is {invoice['status']}.")
    invoices.withdraw(box, invoice)
    invoice.update(status="void", auto_advance=False)
    invoice["status_transitions"]["voided_at"] = box.now_of(invoice)
    box.emit("invoice.voided", invoice)
    return invoice


@handles("POST", "/v1/invoices/{invoice}/mark_uncollectible")
def mark_uncollectible(box: World, call: Call) -> Obj:
    return give_up(box, box.get(call.ids[0], "invoice"))


def give_up(box: World, invoice: Obj) -> Obj:
    if invoice["status"] != "open":
        raise invalid(f"You can only mark open invoices; this one is {invoice['status']}.")
    box.unschedule("retry", invoice["id"])
    invoice.update(status="uncollectible", next_payment_attempt=None, auto_advance=False)
    invoice["status_transitions"]["marked_uncollectible_at"] = box.now_of(invoice)
    box.emit("invoice.marked_uncollectible", invoice)
    return invoice
