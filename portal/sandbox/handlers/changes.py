"""What a request may change about a running subscription, and what that costs at once or later."""

from collections.abc import Sequence

from portal.sandbox import wire
from portal.sandbox.errors import for_good, invalid, not_simulated
from portal.sandbox.handlers import discounts, invoice_calls, invoices, items
from portal.sandbox.handlers.customers import payment_method
from portal.sandbox.handlers.invoices import Line
from portal.sandbox.registry import Obj
from portal.sandbox.world import World

DAY = 86_400
PLAIN = ("metadata", "description", "trial_settings", "collection_method", "days_until_due", "payment_settings")


def plan(box: World, subscription: Obj) -> None:
    """Write down what time will bring to a subscription; called after every change of it."""
    box.note(subscription["id"], "begun", True)
    if subscription["status"] == "incomplete":
        box.schedule("expire", subscription, subscription["created"] + 23 * 3_600)
        return
    box.unschedule("expire", subscription["id"])
    if subscription["status"] not in ("active", "trialing", "past_due", "unpaid"):
        return
    box.schedule("renew", subscription, current_end(subscription))
    if subscription["status"] == "trialing" and not box.noted(subscription["id"], "warned"):
        soon = max(subscription["trial_end"] - 3 * DAY, box.now_of(subscription))
        box.schedule("trial_will_end", subscription, soon)
    if subscription["cancel_at"] and not subscription["cancel_at_period_end"]:
        box.schedule("cancel_at", subscription, subscription["cancel_at"])
    else:
        box.unschedule("cancel_at", subscription["id"])
    resumes = (subscription["pause_collection"] or {}).get("resumes_at")
    if resumes:
        box.schedule("resume", subscription, resumes)
    else:
        box.unschedule("resume", subscription["id"])


def current_end(subscription: Obj) -> int:
    return int(subscription["items"]["data"][0]["current_period_end"])


def simple_fields(box: World, subscription: Obj, given: Obj) -> None:
    wire.merge(subscription, {name: given[name] for name in PLAIN if name in given})
    if given.get("default_payment_method"):
        method = payment_method(box, given["default_payment_method"])
        if method["customer"] != subscription["customer"]:
            raise invalid("The payment method is not attached to the customer.", param="default_payment_method")
        subscription["default_payment_method"] = method["id"]
    if "discounts" in given:
        customer = box.get(subscription["customer"], "customer")
        subscription["discounts"] = discounts.redeem(
            box,
            given["discounts"] or [],
            customer=customer,
            currency=subscription["currency"],
            amount=sum(items.amount_of(item) for item in subscription["items"]["data"]),
            subscription=subscription["id"],
        )
    if "pause_collection" in given:
        pause = given["pause_collection"]
        subscription["pause_collection"] = {"resumes_at": None, **pause} if pause else None


def cancellation(box: World, subscription: Obj, given: Obj) -> None:
    """`cancel_at_period_end` and `cancel_at`: asked for, and taken back."""
    if given.get("cancel_at_period_end") is not None:
        asked = given["cancel_at_period_end"]
        subscription["cancel_at_period_end"] = asked
        _cancel_at(box, subscription, current_end(subscription) if asked else None)
    if "cancel_at" in given:
        at = given["cancel_at"] or None
        if isinstance(at, str):
            raise not_simulated(f"cancel_at={at}")
        subscription["cancel_at_period_end"] = False
        _cancel_at(box, subscription, at)
    if given.get("cancellation_details"):
        wire.merge(subscription, {"cancellation_details": given["cancellation_details"]})


def _cancel_at(box: World, subscription: Obj, at: int | None) -> None:
    subscription["cancel_at"] = at
    subscription["canceled_at"] = box.now_of(subscription) if at else None
    details = wire.inner("subscription", "cancellation_details", reason="cancellation_requested" if at else None)
    subscription["cancellation_details"] = details


def trial(box: World, subscription: Obj, given: Obj) -> None:
    if "trial_end" not in given:
        return
    now = box.now_of(subscription)
    if given["trial_end"] == "now":
        if subscription["status"] == "trialing":
            subscription["trial_end"] = now
            start_period(box, subscription, now)
            subscription["status"] = "active"
            _pay_now(box, subscription, items.full_lines(box, subscription), given)
        return
    if given["trial_end"] <= now:
        raise invalid("trial_end must be in the future.", param="trial_end")
    if subscription["status"] == "active" and given.get("proration_behavior") == "none":
        # The next charge waits; what was paid for the running period is not given back.
        subscription.update(status="trialing", trial_start=now)
        for item in subscription["items"]["data"]:
            item["current_period_start"] = now
    if subscription["status"] != "trialing":
        raise not_simulated("trials that begin in the middle of a paid period and give a part of it back")
    subscription.update(trial_end=given["trial_end"], billing_cycle_anchor=given["trial_end"])
    for item in subscription["items"]["data"]:
        item["current_period_end"] = given["trial_end"]


def start_period(box: World, subscription: Obj, now: int) -> None:
    """The billing cycle begins anew at `now`."""
    subscription["billing_cycle_anchor"] = now
    for item in subscription["items"]["data"]:
        item["current_period_start"] = now
        item["current_period_end"] = items.period_end(now, now, item["price"]["recurring"])


def change_items(box: World, subscription: Obj, given: Obj) -> None:
    """Other prices, quantities or items; by default the difference is put on the next invoice (`create_prorations`)."""
    anchor_now = (given.get("billing_cycle_anchor") or {}).get("type") == "now"
    if not given.get("items") and not anchor_now:
        return
    behavior = given.get("proration_behavior", "create_prorations")
    now = _proration_date(box, subscription, given)
    prorate = behavior != "none" and subscription["status"] not in ("trialing", "incomplete")
    interval = _interval(subscription)
    lines = _swap(box, subscription, given.get("items") or [], now, prorate, everything=anchor_now)
    if (_interval(subscription) != interval or anchor_now) and subscription["status"] != "trialing":
        # A new rhythm: what is left of the old period is credited, and a whole new one begins and is billed now.
        credits = [line for line in lines if line.amount < 0] if prorate else []
        # The date counts for the credit alone; the new period begins when it is asked for.
        start_period(box, subscription, box.now_of(subscription))
        _pay_now(box, subscription, [*credits, *items.full_lines(box, subscription)], given)
        return
    if behavior == "always_invoice" and (lines or invoice_calls.waiting(box, *_whom(box, subscription))):
        _pay_now(box, subscription, lines, given)
    else:
        bill(box, subscription, lines, at_once=False)


def _proration_date(box: World, subscription: Obj, given: Obj) -> int:
    """The moment that parts are counted from: asked for, so that what was shown can be charged, or now."""
    item = subscription["items"]["data"][0]
    at = int(given.get("proration_date", box.now_of(subscription)))
    if not item["current_period_start"] <= at <= item["current_period_end"]:
        raise invalid("Cannot specify `proration_date` outside of the current period.", param="proration_date")
    return at


def _interval(subscription: Obj) -> tuple[str, int]:
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    return recurring["interval"], recurring["interval_count"]


def _whom(box: World, subscription: Obj) -> tuple[Obj, str, Obj]:
    return box.get(subscription["customer"], "customer"), subscription["currency"], subscription


def _swap(
    box: World, subscription: Obj, rows: Sequence[Obj], now: int, prorate: bool, *, everything: bool
) -> list[Line]:
    held, lines = subscription["items"]["data"], []
    if everything and prorate:
        touched = {row.get("id") for row in rows}
        lines += [items.credit_line(box, subscription, item, now) for item in held if item["id"] not in touched]
    for row in rows:
        if not row.get("id"):
            first = held[0]
            item = items.new_item(box, subscription, row, first["current_period_start"], first["current_period_end"])
            held.append(item)
        else:
            found = [item for item in held if item["id"] == row["id"]]
            if not found:
                raise invalid(f"No such subscription item: '{row['id']}'", code="resource_missing", param="items")
            item = found[0]
            if prorate:
                lines.append(items.credit_line(box, subscription, item, now))
            if row.get("deleted"):
                held.remove(item)
                continue
            _alter(box, item, row)
        if item["price"]["currency"] != subscription["currency"]:
            raise invalid("The price is in another currency than the subscription.", param="items[0][price]")
        if prorate:
            lines.append(items.rest_line(box, item, now))
    if not held:
        raise invalid("A subscription must have at least one active plan.", param="items")
    return [line for line in lines if line.amount]


def _alter(box: World, item: Obj, row: Obj) -> None:
    if row.get("price") or row.get("price_data"):
        items.set_price(item, items.price_of(box, row))
    if row.get("quantity") is not None:
        item["quantity"] = row["quantity"]
    wire.merge(item, {"metadata": row.get("metadata", {})})


def bill(box: World, subscription: Obj, lines: Sequence[Line], *, at_once: bool) -> None:
    """Put amounts on the next invoice, or on one that is made now."""
    customer = box.get(subscription["customer"], "customer")
    if at_once:
        _pay_now(box, subscription, lines, {})
        return
    for line in lines:
        item = invoice_calls.new_item(
            box,
            customer,
            line.amount,
            subscription["currency"],
            line.description,
            quantity=line.quantity,
            price=line.price,
            subscription=subscription,
            line=line,
        )
        box.emit("invoiceitem.created", item)


def _pay_now(box: World, subscription: Obj, lines: Sequence[Line], given: Obj) -> None:
    customer, currency, _ = _whom(box, subscription)
    invoice = invoices.draft(
        box,
        customer,
        currency,
        "subscription_update",
        lines,
        subscription=subscription,
        discount_ids=discounts.still_valid(box, subscription, box.now_of(customer)),
    )
    invoice_calls.pull(box, invoice, invoice_calls.waiting(box, customer, currency, subscription), subscription)
    invoices.total_up(box, invoice)
    subscription["latest_invoice"] = invoice["id"]
    invoices.finalize(box, invoice)
    if invoice["status"] == "paid" or invoice["collection_method"] == "send_invoice":
        return
    problem = invoices.pay(box, invoice)
    if problem and given.get("payment_behavior") == "error_if_incomplete":
        raise for_good(problem)
    if problem and subscription["status"] == "active":
        subscription["status"] = "past_due"


def next_invoice(box: World, subscription: Obj, *, finalize: bool = False) -> Obj:
    """The invoice that the next renewal would make, for a preview that is taken back."""
    customer, currency, _ = _whom(box, subscription)
    end = current_end(subscription)
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
    for item in subscription["items"]["data"]:
        item["current_period_start"] = end
        item["current_period_end"] = items.period_end(
            subscription["billing_cycle_anchor"], end, item["price"]["recurring"]
        )
    invoice = invoices.draft(
        box,
        customer,
        currency,
        "upcoming",
        items.full_lines(box, subscription),
        subscription=subscription,
        discount_ids=discounts.still_valid(box, subscription, end),
    )
    invoice_calls.pull(box, invoice, invoice_calls.waiting(box, customer, currency, subscription), subscription)
    invoices.total_up(box, invoice)
    return invoices.finalize(box, invoice) if finalize else invoice
