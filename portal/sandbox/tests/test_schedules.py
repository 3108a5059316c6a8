"""Subscription schedules: another price from the end of the paid time on, and how a schedule lets go."""

from typing import Any

import pytest
import stripe

from portal.sandbox.tests.people import Platform


def schedule(platform: Platform, subscription: Any, price: Any, **phase: Any) -> Any:
    api = platform.api.v1.subscription_schedules
    made = api.create({"from_subscription": subscription.id})
    item = subscription["items"].data[0]
    recurring = {"interval": price.recurring.interval, "interval_count": price.recurring.interval_count}
    running = {
        "items": [{"price": item.price.id, "quantity": 1}],
        "start_date": item.current_period_start,
        "end_date": item.current_period_end,
    }
    then = {"items": [{"price": price.id, "quantity": 1}], "duration": recurring, "proration_behavior": "none", **phase}
    return api.update(made.id, {"end_behavior": "release", "phases": [running, then]})


def test_the_price_changes_at_the_end_of_the_period_and_the_schedule_lets_go_after_its_last_phase(
    platform: Platform, event_types: Any
) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id)
    made = schedule(platform, subscription, platform.price(500))
    assert platform.subscription(subscription.id).schedule == made.id
    platform.later(days=29)
    changed = platform.subscription(subscription.id)
    assert changed.latest_invoice.amount_paid == 500
    assert changed["items"].data[0].price.unit_amount == 500
    platform.later(days=31)
    free = platform.subscription(subscription.id)
    assert (free.schedule, free.latest_invoice.amount_paid) == (None, 500)
    assert platform.api.v1.subscription_schedules.retrieve(made.id).status == "released"
    assert event_types("subscription_schedule.") == [
        "subscription_schedule.created",
        "subscription_schedule.updated",
        "subscription_schedule.released",
    ]


def test_another_interval_begins_a_rhythm_of_its_own(platform: Platform) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price(10_000, "year").id)
    schedule(platform, subscription, platform.price(1000))
    platform.later(days=366)
    changed = platform.subscription(subscription.id)
    assert changed.latest_invoice.amount_paid == 1000
    platform.later(days=31)
    assert platform.subscription(subscription.id).latest_invoice.id != changed.latest_invoice.id


def test_released_nothing_changes(platform: Platform) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id)
    made = schedule(platform, subscription, platform.price(500))
    released = platform.api.v1.subscription_schedules.release(made.id)
    assert (released.status, released.subscription, released.released_subscription) == (
        "released",
        None,
        subscription.id,
    )
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.subscription_schedules.release(made.id)
    platform.later(days=29)
    assert platform.subscription(subscription.id).latest_invoice.amount_paid == 1000


def test_a_phase_without_discounts_takes_them_off_and_with_them_keeps_them(platform: Platform) -> None:
    coupon = platform.api.v1.coupons.create({"percent_off": 50, "duration": "forever"})
    for keeps, paid in ((True, 250), (False, 500)):
        off = [{"coupon": coupon.id}]
        subscription = platform.subscribe(platform.customer().id, platform.price(1000).id, discounts=off)
        kept = {"discounts": [{"discount": id} for id in subscription.discounts]} if keeps else {}
        schedule(platform, subscription, platform.price(500), **kept)
        platform.later(days=32)
        assert platform.subscription(subscription.id).latest_invoice.amount_paid == paid


def test_what_a_schedule_manages_is_not_ended_past_it(platform: Platform) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id)
    made = schedule(platform, subscription, platform.price(500))
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        platform.api.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    platform.api.v1.subscriptions.cancel(subscription.id)
    assert platform.api.v1.subscription_schedules.retrieve(made.id).status == "canceled"


def test_one_schedule_a_subscription_and_only_what_is_simulated(platform: Platform) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id)
    schedules = platform.api.v1.subscription_schedules
    made = schedules.create({"from_subscription": subscription.id})
    with pytest.raises(stripe.InvalidRequestError):
        schedules.create({"from_subscription": subscription.id})
    with pytest.raises(stripe.APIError, match="does not simulate"):
        schedules.update(made.id, {"end_behavior": "cancel"})


def test_a_date_for_proration_counts_for_the_parts_alone(platform: Platform) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id)
    shown = int(platform.sandbox.today().timestamp())
    platform.later(minutes=10)
    change = {
        "items": [{"id": subscription["items"].data[0].id, "price": platform.price(10_000, "year").id}],
        "proration_behavior": "always_invoice",
        "proration_date": shown,
    }
    platform.api.v1.subscriptions.update(subscription.id, change)
    changed = platform.subscription(subscription.id)
    assert changed.latest_invoice.amount_paid == 9_000
    assert changed.billing_cycle_anchor == shown + 600
    with pytest.raises(stripe.InvalidRequestError, match="outside of the current period"):
        platform.api.v1.subscriptions.update(subscription.id, {**change, "proration_date": shown - 1})


def test_a_new_anchor_is_billed_at_once(platform: Platform) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id)
    platform.later(days=10)
    now = {"billing_cycle_anchor": {"type": "now"}, "proration_behavior": "none"}
    shown = platform.api.v1.invoices.create_preview({"subscription": subscription.id, "subscription_details": now})
    changed = platform.api.v1.subscriptions.update(subscription.id, {**now, "payment_behavior": "error_if_incomplete"})
    assert changed.billing_cycle_anchor == int(platform.sandbox.today().timestamp())
    assert platform.subscription(subscription.id).latest_invoice.amount_paid == shown.amount_due == 1000


def test_a_change_that_is_not_paid_does_not_happen(platform: Platform) -> None:
    customer = platform.customer()
    subscription = platform.subscribe(customer.id, platform.price(1000).id)
    platform.give_card(customer.id, "pm_card_chargeCustomerFail")
    platform.later(days=1)
    change = {
        "items": [{"id": subscription["items"].data[0].id, "price": platform.price(2000).id}],
        "proration_behavior": "always_invoice",
        "payment_behavior": "error_if_incomplete",
    }
    with pytest.raises(stripe.CardError):
        platform.api.v1.subscriptions.update(subscription.id, change)
    left = platform.subscription(subscription.id)
    assert (left.status, left["items"].data[0].price.unit_amount) == ("active", 1000)
