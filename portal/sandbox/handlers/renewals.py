"""What time does to subscriptions: warnings, renewals, tries to collect, the end."""

from portal.sandbox.handlers import changes, discounts, invoice_calls, invoices, items, schedules, subscriptions
from portal.sandbox.registry import Obj, falls_due
from portal.sandbox.world import World

# A renewal's invoice stays a draft for about an hour, so that a listener may still add to it.
DRAFT_SECONDS = 3_600


@falls_due("trial_will_end")
def trial_will_end(box: World, ref: str) -> None:
    subscription = box.find(ref, "subscription")
    if subscription and subscription["status"] == "trialing":
        box.note(ref, "warned", True)
        box.emit("customer.subscription.trial_will_end", subscription)


@falls_due("expire")
def expire_incomplete(box: World, ref: str) -> None:
    """23 hours without a first payment."""
    subscription = box.find(ref, "subscription")
    if not subscription or subscription["status"] != "incomplete":
        return
    subscription.update(status="incomplete_expired", ended_at=box.now_of(subscription))
    invoice = box.get(subscription["latest_invoice"], "invoice")
    if invoice["status"] == "open":
        invoice_calls.void(box, invoice)
    box.emit("customer.subscription.updated", subscription, before={"status": "incomplete"})


@falls_due("cancel_at")
def cancel_at(box: World, ref: str) -> None:
    subscription = box.find(ref, "subscription")
    if subscription and subscription["status"] in subscriptions.LIVE and subscription["cancel_at"]:
        subscriptions.end(box, subscription, "cancellation_requested")


@falls_due("resume")
def resume_collection(box: World, ref: str) -> None:
    subscription = box.find(ref, "subscription")
    if subscription and subscription["pause_collection"]:
        before = subscription["pause_collection"]
        subscription["pause_collection"] = None
        box.emit("customer.subscription.updated", subscription, before={"pause_collection": before})


@falls_due("renew")
def renew(box: World, ref: str) -> None:
    subscription = box.find(ref, "subscription")
    if not subscription or subscription["status"] not in subscriptions.LIVE:
        return
    if subscription["cancel_at_period_end"]:
        subscriptions.end(box, subscription, "cancellation_requested")
        return
    before: Obj = {"latest_invoice": subscription["latest_invoice"]}
    if subscription["status"] == "trialing":
        if _stops_after_trial(box, subscription):
            return
        before["status"] = "trialing"
        subscription["status"] = "active"
    now = changes.current_end(subscription)
    schedules.enter_phase(box, subscription, now)
    for item in subscription["items"]["data"]:
        item["current_period_start"] = now
        item["current_period_end"] = items.period_end(
            subscription["billing_cycle_anchor"], now, item["price"]["recurring"]
        )
    _draft(box, subscription, now)
    changes.plan(box, subscription)
    box.emit("customer.subscription.updated", subscription, before=before)


def _stops_after_trial(box: World, subscription: Obj) -> bool:
    """A trial that ends without a card may end, or pause, the subscription."""
    customer = box.get(subscription["customer"], "customer")
    if subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]:
        return False
    behavior = ((subscription["trial_settings"] or {}).get("end_behavior") or {}).get("missing_payment_method")
    if behavior == "cancel":
        subscriptions.end(box, subscription, "payment_failed")
        return True
    if behavior == "pause":
        subscription["status"] = "paused"
        box.emit("customer.subscription.paused", subscription, before={"status": "trialing"})
        return True
    return False


def _draft(box: World, subscription: Obj, now: int) -> None:
    customer = box.get(subscription["customer"], "customer")
    pause = (subscription["pause_collection"] or {}).get("behavior")
    collects = not pause and subscription["status"] != "unpaid"
    invoice = invoices.draft(
        box,
        customer,
        subscription["currency"],
        "subscription_cycle",
        items.full_lines(box, subscription),
        subscription=subscription,
        discount_ids=discounts.still_valid(box, subscription, now),
        auto_advance=collects,
    )
    waiting = invoice_calls.waiting(box, customer, subscription["currency"], subscription)
    invoice_calls.pull(box, invoice, waiting, subscription)
    invoices.total_up(box, invoice)
    discounts.use_up(box, subscription)
    subscription["latest_invoice"] = invoice["id"]
    if collects:
        invoice["automatically_finalizes_at"] = now + DRAFT_SECONDS
        box.schedule("finalize", invoice, now + DRAFT_SECONDS)
    elif pause in ("void", "mark_uncollectible"):
        invoices.finalize(box, invoice)
        if invoice["status"] == "open" and pause == "void":
            invoice_calls.void(box, invoice)
        elif invoice["status"] == "open":
            invoice_calls.give_up(box, invoice)


@falls_due("finalize")
def finalize_and_collect(box: World, ref: str) -> None:
    invoice = box.find(ref, "invoice")
    if not invoice or invoice["status"] != "draft":
        return
    invoices.finalize(box, invoice)
    if invoice["status"] != "open":
        return
    if invoice["collection_method"] == "send_invoice":
        subscription = invoices.subscription_of(box, invoice)
        days = (subscription or {}).get("days_until_due") or 30
        invoice["due_date"] = invoice["due_date"] or box.now_of(invoice) + days * 86_400
        box.emit("invoice.sent", invoice)
        box.schedule("overdue", invoice, invoice["due_date"])
    else:
        invoices.pay(box, invoice, automatic=True, dunning=True)


@falls_due("retry")
def retry(box: World, ref: str) -> None:
    invoice = box.find(ref, "invoice")
    if invoice and invoice["status"] == "open":
        invoices.pay(box, invoice, automatic=True, dunning=True)


@falls_due("overdue")
def overdue(box: World, ref: str) -> None:
    invoice = box.find(ref, "invoice")
    if invoice and invoice["status"] == "open":
        box.emit("invoice.overdue", invoice)
        fall_behind(box, invoice)


def fall_behind(box: World, invoice: Obj) -> None:
    subscription = invoices.subscription_of(box, invoice)
    if subscription and subscription["status"] == "active":
        subscription["status"] = "past_due"
        box.emit("customer.subscription.updated", subscription, before={"status": "active"})


def give_up(box: World, invoice: Obj) -> None:
    """The last try has failed: the subscription ends, or stays unpaid or past due, as the sandbox is set."""
    subscription = invoices.subscription_of(box, invoice)
    if not subscription or subscription["status"] not in ("past_due", "active"):
        return
    if box.dunning_end == "cancel":
        subscriptions.end(box, subscription, "payment_failed")
    elif box.dunning_end == "unpaid":
        subscription["status"] = "unpaid"
        box.emit("customer.subscription.updated", subscription, before={"status": "past_due"})
    invoice["auto_advance"] = False


invoices.AFTER_FAILURE.append(fall_behind)
invoices.GIVEN_UP.append(give_up)
