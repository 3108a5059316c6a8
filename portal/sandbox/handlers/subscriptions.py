"""Subscriptions by request: begun, changed, canceled, previewed."""

import json
from contextlib import suppress
from typing import Any

from portal.sandbox import wire
from portal.sandbox.errors import ApiError, for_good, invalid
from portal.sandbox.general import list_page
from portal.sandbox.handlers import changes, discounts, invoice_calls, invoices, items, schedules
from portal.sandbox.handlers.customers import payment_method
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

DAY = 86_400
EXPIRES_AFTER = 23 * 3_600
LIVE = ("active", "trialing", "past_due", "unpaid")
kind("subscription")
kind("discount")

CREATE = (
    "customer items.price items.quantity items.metadata items.price_data metadata description trial_period_days trial_end"
    " trial_settings default_payment_method discounts payment_behavior collection_method days_until_due"
    " cancel_at_period_end off_session payment_settings.save_default_payment_method currency"
    " add_invoice_items.price add_invoice_items.quantity"
)
UPDATE = (
    "items.id items.price items.quantity items.deleted items.metadata items.price_data metadata description"
    " default_payment_method discounts payment_behavior proration_behavior proration_date trial_end trial_settings"
    " cancel_at_period_end cancel_at cancellation_details pause_collection billing_cycle_anchor.type off_session"
    " payment_settings.save_default_payment_method collection_method days_until_due"
)


@handles("POST", "/v1/subscriptions", CREATE)
def create_subscription(box: World, call: Call) -> Obj:
    return begin(box, call.params)


def begin(box: World, given: Obj, *, authenticated: bool = False) -> Obj:
    customer = box.get(given.get("customer", ""), "customer", param="customer")
    subscription = _new(box, customer, given)
    now, trial_end = subscription["start_date"], subscription["trial_end"]
    for row in given.get("items") or []:
        recurring = items.price_of(box, row)["recurring"]
        end = trial_end or items.period_end(subscription["billing_cycle_anchor"], now, recurring)
        subscription["items"]["data"].append(items.new_item(box, subscription, row, now, end))
    rows = subscription["items"]["data"]
    if not rows:
        raise invalid("Missing required param: items.", code="parameter_missing", param="items")
    if len({row["price"]["currency"] for row in rows}) > 1:
        raise invalid("All prices of a subscription are in one currency.", param="items")
    if len({(row["plan"]["interval"], row["plan"]["interval_count"]) for row in rows}) > 1:
        raise invalid("All prices of a subscription share one interval.", param="items")
    subscription["currency"] = rows[0]["price"]["currency"]
    subscription["items"]["url"] = f"/v1/subscription_items?subscription={subscription['id']}"
    subscription["discounts"] = discounts.redeem(
        box,
        given.get("discounts") or [],
        customer=customer,
        currency=subscription["currency"],
        amount=sum(items.amount_of(row) for row in rows),
        subscription=subscription["id"],
    )
    _first_invoice(box, subscription, customer, given, authenticated)
    box.emit("customer.subscription.created", subscription)
    changes.plan(box, subscription)
    return subscription


def _new(box: World, customer: Obj, given: Obj) -> Obj:
    now = box.now_of(customer)
    trial_end = given.get("trial_end")
    if given.get("trial_period_days"):
        trial_end = now + given["trial_period_days"] * DAY
    if trial_end == "now":
        trial_end = None
    if trial_end is not None and trial_end <= now:
        raise invalid("trial_end must be in the future.", param="trial_end")
    subscription = box.put(
        "subscription",
        customer=customer["id"],
        test_clock=customer["test_clock"],
        status="trialing" if trial_end else "incomplete",
        start_date=now,
        billing_cycle_anchor=trial_end or now,
        trial_start=now if trial_end else None,
        trial_end=trial_end,
        collection_method=given.get("collection_method", "charge_automatically"),
        days_until_due=given.get("days_until_due"),
        currency=given.get("currency", "usd"),
    )
    subscription["billing_mode"]["type"] = "flexible"
    subscription["invoice_settings"]["issuer"] = {"type": "self"}
    subscription["trial_settings"] = {"end_behavior": {"missing_payment_method": "create_invoice"}}
    wire.merge(subscription, {k: v for k, v in given.items() if k in ("metadata", "description", "trial_settings")})
    if given.get("default_payment_method"):
        method = payment_method(box, given["default_payment_method"])
        if method["customer"] != customer["id"]:
            raise invalid("The payment method is not attached to the customer.", param="default_payment_method")
        subscription["default_payment_method"] = method["id"]
    if given.get("cancel_at_period_end"):
        subscription["cancel_at_period_end"] = True
    return subscription


def _first_invoice(box: World, subscription: Obj, customer: Obj, given: Obj, authenticated: bool) -> None:
    behavior = given.get("payment_behavior", "allow_incomplete")
    trial = subscription["status"] == "trialing"
    invoice = invoices.draft(
        box,
        customer,
        subscription["currency"],
        "subscription_create",
        items.full_lines(box, subscription),
        subscription=subscription,
        discount_ids=subscription["discounts"],
    )
    _add_what_comes_once(box, subscription, customer, invoice, given.get("add_invoice_items") or [])
    subscription["latest_invoice"] = invoice["id"]
    invoices.finalize(box, invoice)
    if not trial:
        discounts.use_up(box, subscription)
    if invoice["collection_method"] == "send_invoice":
        subscription["status"] = "trialing" if trial else "active"
        return
    if invoice["status"] == "paid":
        subscription["status"] = "trialing" if trial else "active"
        return
    if behavior == "default_incomplete":
        return
    if invoices.payment_method_of(box, invoice) is None:
        raise invoices.no_method()
    problem = invoices.pay(box, invoice, authenticated=authenticated)
    if problem and behavior == "error_if_incomplete":
        raise for_good(problem)


def _add_what_comes_once(box: World, subscription: Obj, customer: Obj, invoice: Obj, given: list[Obj]) -> None:
    """Items of the first invoice alone; a trial does not make them free."""
    made = []
    for row in given:
        price, quantity = box.get(row["price"], "price", param="add_invoice_items[0][price]"), row.get("quantity", 1)
        if price["recurring"]:
            raise invalid("The price must be one-time.", param="add_invoice_items[0][price]")
        product, amount = box.find(price["product"]), price["unit_amount"] * quantity
        name = product["name"] if product else None
        item = invoice_calls.new_item(box, customer, amount, price["currency"], name, quantity=quantity, price=price)
        box.emit("invoiceitem.created", item)
        made.append(item)
    invoice_calls.pull(box, invoice, made, subscription)
    invoices.total_up(box, invoice)


def subscription_paid(box: World, invoice: Obj) -> None:
    subscription = invoices.subscription_of(box, invoice)
    if not subscription or subscription["status"] not in ("incomplete", "past_due", "unpaid"):
        return
    others = [row for row in box.all("invoice", customer=invoice["customer"], status="open") if row is not invoice]
    if any(invoices.subscription_of(box, row) is subscription for row in others):
        return
    before = subscription["status"]
    subscription["status"] = "active"
    # In the call that creates it, the first event of a subscription tells that it is active.
    if box.noted(subscription["id"], "begun"):
        changes.plan(box, subscription)
        box.emit("customer.subscription.updated", subscription, before={"status": before})


@handles("POST", "/v1/subscriptions/{subscription_exposed_id}", UPDATE)
def update_subscription(box: World, call: Call) -> Obj:
    return change(box, box.get(call.id, "subscription"), call.params)


def change(box: World, subscription: Obj, given: Obj) -> Obj:
    if subscription["status"] in ("canceled", "incomplete_expired"):
        raise invalid("A canceled subscription can only update its cancellation_details and metadata.")
    schedules.refuse_direct(subscription, given)
    before = json.loads(json.dumps(subscription))
    changes.simple_fields(box, subscription, given)
    changes.cancellation(box, subscription, given)
    changes.trial(box, subscription, given)
    changes.change_items(box, subscription, given)
    changes.plan(box, subscription)
    _tell(box, subscription, before)
    return subscription


def _tell(box: World, subscription: Obj, before: Obj) -> None:
    changed = {name: value for name, value in before.items() if subscription.get(name) != value}
    if changed:
        box.emit("customer.subscription.updated", subscription, before=changed)


@handles("DELETE", "/v1/subscriptions/{subscription_exposed_id}", "cancellation_details invoice_now prorate")
def cancel_subscription(box: World, call: Call) -> Obj:
    subscription, given = box.get(call.id, "subscription"), call.params
    if subscription["status"] in ("canceled", "incomplete_expired"):
        raise ApiError(404, "invalid_request_error", f"No such subscription: '{call.id}'", code="resource_missing")
    lines = []
    if given.get("prorate") and subscription["status"] == "active":
        now = box.now_of(subscription)
        lines = [items.credit_line(box, subscription, item, now) for item in subscription["items"]["data"]]
    changes.bill(box, subscription, lines, at_once=bool(given.get("invoice_now")))
    return end(box, subscription, "cancellation_requested", given.get("cancellation_details"))


def end(box: World, subscription: Obj, reason: str, details: Obj | None = None) -> Obj:
    """The subscription is over now."""
    now = box.now_of(subscription)
    subscription.update(status="canceled", canceled_at=subscription["canceled_at"] or now, ended_at=now)
    subscription["cancellation_details"] = wire.inner("subscription", "cancellation_details", reason=reason)
    wire.merge(subscription, {"cancellation_details": details or {}})
    for what in ("renew", "trial_will_end", "expire", "cancel_at", "resume"):
        box.unschedule(what, subscription["id"])
    for invoice in box.all("invoice", customer=subscription["customer"], status="open"):
        if invoices.subscription_of(box, invoice) is subscription:
            box.unschedule("retry", invoice["id"])
            invoice.update(auto_advance=False, next_payment_attempt=None)
    schedules.end_with(box, subscription)
    box.emit("customer.subscription.deleted", subscription)
    return subscription


@handles("GET", "/v1/subscriptions", "customer status price test_clock collection_method")
def list_subscriptions(box: World, call: Call) -> Obj:
    status, price = call.params.get("status"), call.params.get("price")
    where: list[str] = []
    values: list[Any] = []
    if status == "ended":
        where.append("json_extract(body, '$.status') IN ('canceled', 'incomplete_expired')")
    elif status is None:
        where.append("json_extract(body, '$.status') <> 'canceled'")
    elif status != "all":
        where.append("json_extract(body, '$.status') = ?")
        values.append(status)
    if price:
        where.append(
            "EXISTS (SELECT 1 FROM json_each(body, '$.items.data') i WHERE json_extract(i.value, '$.price.id') = ?)"
        )
        values.append(price)
    return list_page(box, call, "subscription", where=" AND ".join(where), values=tuple(values), skip="status price")


@handles("GET", "/v1/subscription_items", "subscription")
def list_subscription_items(box: World, call: Call) -> Obj:
    subscription = box.get(call.params["subscription"], "subscription", param="subscription")
    return {**subscription["items"], "url": call.path}


class _TakenBack(Exception):
    """A preview has been looked at; nothing of it stays."""


@handles(
    "POST",
    "/v1/invoices/create_preview",
    "customer currency subscription discounts subscription_details.items subscription_details.proration_behavior"
    " subscription_details.proration_date subscription_details.trial_end subscription_details.billing_cycle_anchor.type",
)
def preview_invoice(box: World, call: Call) -> Obj:
    """What the next invoice would be, found by really doing it and taking it back."""
    given = call.params
    details = dict(given.get("subscription_details") or {})
    shown: Obj = {}
    with suppress(_TakenBack), box.attempt():
        if given.get("subscription"):
            subscription = box.get(given["subscription"], "subscription")
            if "discounts" in given:
                changes.simple_fields(box, subscription, {"discounts": given["discounts"]})
            shown = _preview_change(box, subscription, details)
        else:
            extra = {"customer": given.get("customer"), "discounts": given.get("discounts") or []}
            subscription = begin(box, {**details, **extra, "payment_behavior": "default_incomplete"})
            shown = dict(box.get(subscription["latest_invoice"]))
        raise _TakenBack
    shown = json.loads(json.dumps(shown))
    shown.update(id=f"upcoming_in_{shown['id'][3:]}", status="draft", number=None, hosted_invoice_url=None)
    shown.update(invoice_pdf=None, effective_at=None)
    shown["status_transitions"] = wire.inner("invoice", "status_transitions")
    return shown


def _preview_change(box: World, subscription: Obj, details: Obj) -> Obj:
    latest = subscription["latest_invoice"]
    if details:
        change(box, subscription, details)
    # What is billed at once: prorations asked for now, another rhythm, a new anchor.
    if subscription["latest_invoice"] != latest:
        return dict(box.get(subscription["latest_invoice"]))
    return dict(changes.next_invoice(box, subscription, finalize=True))


invoices.AFTER_PAID.append(subscription_paid)
