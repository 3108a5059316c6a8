"""Subscription schedules: another price from the end of the paid period on. Begun from a subscription, then given phases."""

from typing import Any

from portal.sandbox import wire
from portal.sandbox.errors import invalid, not_simulated
from portal.sandbox.handlers import discounts, items
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

kind("subscription_schedule", updates="metadata", event="subscription_schedule")
OPEN = ("not_started", "active")
PHASE = (
    "phases.items.price phases.items.quantity phases.start_date phases.end_date phases.duration.interval"
    " phases.duration.interval_count phases.discounts phases.proration_behavior phases.trial_end phases.metadata"
)


@handles("POST", "/v1/subscription_schedules", "from_subscription")
def create_schedule(box: World, call: Call) -> Obj:
    if not call.params.get("from_subscription"):
        raise not_simulated("schedules that begin a subscription")
    subscription = box.get(call.params["from_subscription"], "subscription", param="from_subscription")
    if subscription["status"] in ("canceled", "incomplete_expired"):
        raise invalid("A canceled subscription cannot be scheduled.", param="from_subscription")
    if subscription["schedule"]:
        raise invalid(f"The subscription is attached to {subscription['schedule']} already.", param="from_subscription")
    schedule = box.put(
        "subscription_schedule",
        customer=subscription["customer"],
        subscription=subscription["id"],
        status="active",
        end_behavior="release",
        test_clock=subscription["test_clock"],
    )
    schedule["billing_mode"]["type"] = subscription["billing_mode"]["type"]
    schedule["default_settings"] = wire.inner(
        "subscription_schedule", "default_settings", billing_cycle_anchor="automatic"
    )
    schedule["default_settings"]["invoice_settings"]["issuer"] = {"type": "self"}
    first = subscription["items"]["data"][0]
    held = [{"price": item["price"]["id"], "quantity": item["quantity"]} for item in subscription["items"]["data"]]
    schedule["phases"] = [
        _phase(
            box,
            subscription["currency"],
            {"items": held, "discounts": [{"discount": id} for id in subscription["discounts"]]},
            first["current_period_start"],
            first["current_period_end"],
        )
    ]
    _look(schedule, first["current_period_start"])
    subscription["schedule"] = schedule["id"]
    box.emit("subscription_schedule.created", schedule)
    box.emit("customer.subscription.updated", subscription, before={"schedule": None})
    return schedule


@handles("POST", "/v1/subscription_schedules/{schedule}", f"{PHASE} end_behavior proration_behavior metadata")
def update_schedule(box: World, call: Call) -> Obj:
    schedule, given = _open(box, call.ids[0]), call.params
    if given.get("end_behavior", "release") != "release":
        raise not_simulated(f"end_behavior={given['end_behavior']}")
    wire.merge(schedule, {"metadata": given.get("metadata", {})})
    if given.get("phases"):
        subscription = box.get(schedule["subscription"], "subscription")
        schedule["phases"] = _phases(box, subscription, given["phases"])
    box.emit("subscription_schedule.updated", schedule)
    return schedule


def _phases(box: World, subscription: Obj, rows: list[Obj]) -> list[Obj]:
    current, start, phases = subscription["items"]["data"][0], None, []
    for row in rows:
        start = row.get("start_date", start)
        if start is None:
            raise invalid(
                "The first phase needs a start_date.", code="parameter_missing", param="phases[0][start_date]"
            )
        if row.get("duration"):
            end = items.period_end(start, start, {"interval_count": 1, **row["duration"]})
        elif row.get("end_date"):
            end = row["end_date"]
        else:
            raise invalid("A phase needs a duration or an end_date.", param="phases[0][end_date]")
        phases.append(_phase(box, subscription["currency"], row, start, end))
        start = end
    if phases[0]["start_date"] != current["current_period_start"]:
        raise invalid("The current phase cannot begin at another time.", param="phases[0][start_date]")
    if phases[0]["end_date"] != current["current_period_end"] and len(phases) > 1:
        raise not_simulated("phases that change in the middle of a period")
    return phases


def _phase(box: World, currency: str, given: Obj, start: int, end: int) -> Obj:
    rows = []
    for row in given["items"]:
        price = items.price_of(box, row)
        if price["currency"] != currency:
            raise invalid("The price is in another currency than the subscription.", param="phases[0][items]")
        rows.append(
            wire.inner(
                "subscription_schedule",
                "phases.items",
                price=price["id"],
                plan=price["id"],
                quantity=row.get("quantity", 1),
                discounts=[],
            )
        )
    empty = {"coupon": None, "discount": None, "promotion_code": None}
    return wire.inner(
        "subscription_schedule",
        "phases",
        currency=currency,
        items=rows,
        start_date=start,
        end_date=end,
        discounts=[{**empty, **entry} for entry in given.get("discounts") or []],
        proration_behavior=given.get("proration_behavior", "create_prorations"),
        trial_end=given.get("trial_end"),
        add_invoice_items=[],
        metadata=given.get("metadata") or {},
    )


@handles("POST", "/v1/subscription_schedules/{schedule}/release")
def release_schedule(box: World, call: Call) -> Obj:
    """The subscription goes on as it is; nothing of the schedule happens any more."""
    return release(box, _open(box, call.ids[0]))


def release(box: World, schedule: Obj) -> Obj:
    subscription = box.get(schedule["subscription"], "subscription")
    schedule.update(
        status="released",
        released_at=box.now_of(schedule),
        released_subscription=subscription["id"],
        subscription=None,
        current_phase=None,
    )
    subscription["schedule"] = None
    box.emit("subscription_schedule.released", schedule)
    box.emit("customer.subscription.updated", subscription, before={"schedule": schedule["id"]})
    return schedule


def _open(box: World, id: str) -> Obj:
    schedule = box.get(id, "subscription_schedule")
    if schedule["status"] not in OPEN:
        raise invalid(f"The schedule {id} is {schedule['status']}.", param="schedule")
    return schedule


def enter_phase(box: World, subscription: Obj, now: int) -> None:
    """At the end of a period: the phase that begins then brings its prices and discounts; after the last it lets go."""
    if not subscription["schedule"]:
        return
    schedule = box.get(subscription["schedule"], "subscription_schedule")
    found = next((phase for phase in schedule["phases"] if phase["start_date"] <= now < phase["end_date"]), None)
    if found is None:
        schedule["completed_at"] = None
        release(box, schedule)
        return
    if found["start_date"] == now:
        before = _rhythm(subscription)
        for item, row in zip(subscription["items"]["data"], found["items"], strict=True):
            items.set_price(item, box.get(row["price"], "price"))
            item["quantity"] = row["quantity"]
        customer = box.get(subscription["customer"], "customer")
        given = [{name: id for name, id in entry.items() if id} for entry in found["discounts"]]
        subscription["discounts"] = discounts.redeem(
            box, given, customer=customer, currency=subscription["currency"], subscription=subscription["id"]
        )
        wire.merge(subscription, {"metadata": found["metadata"] or {}})
        if _rhythm(subscription) != before:
            # `automatic`: another interval begins a rhythm of its own.
            subscription["billing_cycle_anchor"] = now
    _look(schedule, now)


def end_with(box: World, subscription: Obj) -> None:
    """The subscription is over, and its schedule with it."""
    if subscription["schedule"]:
        schedule = box.get(subscription["schedule"], "subscription_schedule")
        schedule.update(status="canceled", canceled_at=box.now_of(schedule), current_phase=None)
        box.emit("subscription_schedule.canceled", schedule)


def refuse_direct(subscription: Obj, given: Obj) -> None:
    """What a schedule manages cannot be ended past it."""
    asked: dict[str, Any] = {name: given[name] for name in ("cancel_at_period_end", "cancel_at") if name in given}
    if subscription["schedule"] and asked:
        raise invalid(
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and updating any"
            " cancelation behavior directly is not allowed. Please update the schedule instead."
        )


def _look(schedule: Obj, now: int) -> None:
    for phase in schedule["phases"]:
        if phase["start_date"] <= now < phase["end_date"]:
            schedule["current_phase"] = {"start_date": phase["start_date"], "end_date": phase["end_date"]}


def _rhythm(subscription: Obj) -> Any:
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    return recurring["interval"], recurring["interval_count"]
