"""What else a subscription can go through: trials, pauses, discounts, other intervals, quantities."""

from typing import Any

import pytest
import stripe

from portal.sandbox.tests.people import Platform


def test_trial_is_free_then_paid(platform: Platform, event_types: Any) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id, trial_period_days=7)
    assert subscription.status == "trialing"
    first = platform.subscription(subscription.id).latest_invoice
    assert (first.status, first.total, first.amount_paid) == ("paid", 0, 0)
    platform.later(days=5)
    assert event_types("customer.subscription.trial_will_end")
    platform.later(days=3)
    paying = platform.subscription(subscription.id)
    assert (paying.status, paying.latest_invoice.amount_paid) == ("active", 1000)
    assert paying["items"].data[0].current_period_start == subscription.trial_end


@pytest.mark.parametrize(
    ("behavior", "status"), [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")]
)
def test_trial_without_a_card_ends_as_told(platform: Platform, behavior: str, status: str) -> None:
    customer = platform.customer(card="")
    settings = {"end_behavior": {"missing_payment_method": behavior}}
    subscription = platform.subscribe(customer.id, platform.price().id, trial_period_days=7, trial_settings=settings)
    platform.later(days=8)
    assert platform.subscription(subscription.id).status == status


def test_trial_can_be_ended_now(platform: Platform) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id, trial_period_days=30)
    now = platform.api.v1.subscriptions.update(subscription.id, {"trial_end": "now"})
    assert now.status == "active"
    assert platform.subscription(subscription.id).latest_invoice.amount_paid == 1000


@pytest.mark.parametrize(
    ("behavior", "invoice"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
def test_paused_collection_asks_for_nothing(platform: Platform, behavior: str, invoice: str) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price().id)
    platform.api.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": behavior}})
    platform.later(days=29)
    paused = platform.subscription(subscription.id)
    assert (paused.status, paused.latest_invoice.status) == ("active", invoice)
    platform.api.v1.subscriptions.update(subscription.id, {"pause_collection": ""})
    platform.later(days=31)
    assert platform.subscription(subscription.id).latest_invoice.status == "paid"


def test_a_pause_ends_by_itself(platform: Platform) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price().id)
    resumes = int(platform.sandbox.today().timestamp()) + 10 * 86_400
    pause = {"behavior": "void", "resumes_at": resumes}
    platform.api.v1.subscriptions.update(subscription.id, {"pause_collection": pause})
    platform.later(days=29)
    resumed = platform.subscription(subscription.id)
    assert resumed.pause_collection is None and resumed.latest_invoice.status == "paid"


def test_another_interval_begins_a_new_rhythm(platform: Platform) -> None:
    monthly, yearly = platform.price(1000), platform.price(10_000, "year")
    subscription = platform.subscribe(platform.customer().id, monthly.id)
    platform.later(days=14)
    item = subscription["items"].data[0].id
    platform.api.v1.subscriptions.update(subscription.id, {"items": [{"id": item, "price": yearly.id}]})
    changed = platform.subscription(subscription.id)
    assert changed.latest_invoice.amount_paid == 10_000 - 500
    assert changed.billing_cycle_anchor == int(platform.sandbox.today().timestamp())


def test_quantities_are_prorated(platform: Platform) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id)
    platform.later(days=14)
    item = subscription["items"].data[0].id
    change = {"items": [{"id": item, "quantity": 3}], "proration_behavior": "always_invoice"}
    platform.api.v1.subscriptions.update(subscription.id, change)
    assert platform.subscription(subscription.id).latest_invoice.amount_paid == 1000


def test_cancel_now_gives_unused_time_back_when_asked(platform: Platform) -> None:
    customer = platform.customer()
    subscription = platform.subscribe(customer.id, platform.price(1000).id)
    platform.later(days=14)
    platform.api.v1.subscriptions.cancel(subscription.id, {"prorate": True, "invoice_now": True})
    assert platform.api.v1.customers.retrieve(customer.id).balance == -500
    assert platform.subscription(subscription.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.subscriptions.cancel(subscription.id)


@pytest.mark.parametrize(
    ("coupon", "paid"),
    [
        ({"percent_off": 50, "duration": "once"}, [500, 1000, 1000]),
        ({"percent_off": 33.3, "duration": "forever"}, [667, 667, 667]),
        ({"percent_off": 25, "duration": "repeating", "duration_in_months": 2}, [750, 750, 1000]),
        ({"amount_off": 300, "currency": "usd", "duration": "forever"}, [700, 700, 700]),
        ({"amount_off": 5000, "currency": "usd", "duration": "once"}, [0, 1000, 1000]),
    ],
)
def test_coupons(platform: Platform, coupon: dict[str, Any], paid: list[int]) -> None:
    made = platform.api.v1.coupons.create(coupon)
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id, discounts=[{"coupon": made.id}])
    platform.later(days=60)
    invoices = platform.api.v1.invoices.list({"subscription": subscription.id}).data
    assert [row.amount_paid for row in reversed(invoices)] == paid
    assert platform.api.v1.coupons.retrieve(made.id).times_redeemed == 1


def test_a_discount_is_not_given_twice_on_a_change(platform: Platform) -> None:
    """What was paid half is credited half."""
    made = platform.api.v1.coupons.create({"percent_off": 50, "duration": "once"})
    subscription = platform.subscribe(platform.customer().id, platform.price(1000).id, discounts=[{"coupon": made.id}])
    platform.later(days=14)
    change = {
        "items": [{"id": subscription["items"].data[0].id, "price": platform.price(3000).id}],
        "proration_behavior": "always_invoice",
    }
    platform.api.v1.subscriptions.update(subscription.id, change)
    assert platform.subscription(subscription.id).latest_invoice.amount_paid == 1500 - 250


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"active": False}, "inactive"),
        ({"max_redemptions": 1}, "used up"),
        ({"restrictions": {"first_time_transaction": True}}, "first purchases"),
        ({"restrictions": {"minimum_amount": 5000, "minimum_amount_currency": "usd"}}, "too small"),
    ],
)
def test_promotion_codes_are_checked(platform: Platform, change: dict[str, Any], problem: str) -> None:
    coupon = platform.api.v1.coupons.create({"percent_off": 10})
    code = platform.api.v1.promotion_codes.create(
        {"code": "HELLO", "promotion": {"type": "coupon", "coupon": coupon.id}, **change}
    )
    customer, price = platform.customer(), platform.price(1000)
    if problem in ("used up", "first purchases"):
        discounts = [{"promotion_code": code.id}] if problem == "used up" else []
        platform.subscribe(customer.id, price.id, discounts=discounts)
    with pytest.raises(stripe.InvalidRequestError, match=problem):
        platform.subscribe(customer.id, price.id, discounts=[{"promotion_code": code.id}])


def test_a_preview_changes_nothing(platform: Platform, event_types: Any) -> None:
    customer, large = platform.customer(), platform.price(3000)
    subscription = platform.subscribe(customer.id, platform.price(1000).id)
    platform.later(days=14)
    before = platform.api.v1.subscriptions.retrieve(subscription.id).to_dict()
    events = event_types()
    shown = platform.api.v1.invoices.create_preview(
        {
            "subscription": subscription.id,
            "subscription_details": {
                "items": [{"id": subscription["items"].data[0].id, "price": large.id}],
                "proration_behavior": "always_invoice",
            },
        }
    )
    assert (shown.amount_due, shown.id[:9]) == (1000, "upcoming_")
    new = platform.api.v1.invoices.create_preview(
        {"customer": customer.id, "subscription_details": {"items": [{"price": large.id}]}}
    )
    assert new.amount_due == 3000
    assert platform.api.v1.subscriptions.retrieve(subscription.id).to_dict() == before
    assert event_types() == events


def test_each_currency_has_its_own_credit(platform: Platform) -> None:
    customer = platform.customer()
    platform.api.v1.customers.balance_transactions.create(customer.id, {"amount": -700, "currency": "eur"})
    dollars = platform.subscribe(customer.id, platform.price(1000).id)
    euros = platform.subscribe(customer.id, platform.price(1000, currency="eur").id)
    assert platform.subscription(dollars.id).latest_invoice.amount_paid == 1000
    assert platform.subscription(euros.id).latest_invoice.amount_paid == 300


def test_without_a_card_nothing_begins(platform: Platform) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        platform.subscribe(platform.customer(card="").id, platform.price().id)


def test_deleting_a_customer_ends_what_they_have(platform: Platform) -> None:
    customer = platform.customer()
    subscription = platform.subscribe(customer.id, platform.price().id)
    assert platform.api.v1.customers.delete(customer.id).deleted
    assert platform.subscription(subscription.id).status == "canceled"
    assert platform.api.v1.customers.retrieve(customer.id).deleted
