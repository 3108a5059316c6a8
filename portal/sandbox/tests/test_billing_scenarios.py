"""The five classic scenarios of subscription billing, told with the real SDK on a test clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from portal.sandbox.tests.people import Platform

START = int(datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp())
DAY = 86_400


@pytest.fixture
def clock(api: Any) -> Any:
    return api.v1.test_helpers.test_clocks.create({"frozen_time": START, "name": "scenario"})


@pytest.fixture
def advance(api: Any, clock: Any) -> Callable[[float], None]:
    """Move the test clock to so many days after the start."""

    def move(days: float) -> None:
        api.v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": START + int(days * DAY)})

    return move


def day_of(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def test_renewal(platform: Platform, clock: Any, advance: Any, event_types: Any) -> None:
    customer = platform.customer(test_clock=clock.id)
    first = platform.subscribe(customer.id, platform.price(1000).id)
    assert first.status == "active"
    assert day_of(first["items"].data[0].current_period_end) == "2026-02-28"
    advance(28.02)
    # For an hour the invoice is a draft that listeners may add to.
    renewed = platform.subscription(first.id)
    assert renewed.latest_invoice.status == "draft"
    assert day_of(renewed["items"].data[0].current_period_end) == "2026-03-31"
    advance(29)
    renewed = platform.subscription(first.id)
    assert (renewed.status, renewed.latest_invoice.status) == ("active", "paid")
    assert renewed.latest_invoice.billing_reason == "subscription_cycle"
    invoices = platform.api.v1.invoices.list({"subscription": first.id})
    assert [(row.amount_paid, row.number.split("-")[1]) for row in invoices.data] == [(1000, "0002"), (1000, "0001")]
    assert event_types("invoice.")[-4:] == [
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_the_31st_comes_back_after_february(platform: Platform, clock: Any, advance: Any) -> None:
    subscription = platform.subscribe(platform.customer(test_clock=clock.id).id, platform.price().id)
    ends = [day_of(subscription["items"].data[0].current_period_end)]
    for days in (29, 60, 91):
        advance(days)
        ends.append(day_of(platform.subscription(subscription.id)["items"].data[0].current_period_end))
    assert ends == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


def test_failed_renewal_with_dunning(platform: Platform, clock: Any, advance: Any, event_types: Any) -> None:
    customer = platform.customer(test_clock=clock.id)
    subscription = platform.subscribe(customer.id, platform.price(1000).id)
    platform.give_card(customer.id, "pm_card_chargeCustomerFail")
    advance(29)
    late = platform.subscription(subscription.id)
    assert late.status == "past_due"
    invoice = late.latest_invoice
    assert (invoice.status, invoice.attempt_count) == ("open", 1)
    tries = []
    while (next_try := platform.subscription(subscription.id).latest_invoice.next_payment_attempt) is not None:
        tries.append(round((next_try - START) / DAY - 28, 1))
        advance((next_try - START) / DAY + 0.01)
    assert tries == [2.0, 7.0, 14.0, 21.0]
    gone = platform.subscription(subscription.id)
    assert gone.status == "canceled"
    assert gone.cancellation_details.reason == "payment_failed"
    assert (gone.latest_invoice.status, gone.latest_invoice.attempt_count) == ("open", 5)
    assert event_types("invoice.payment_failed") == ["invoice.payment_failed"] * 5
    assert event_types("customer.subscription.deleted")


def test_a_new_card_heals_a_failed_renewal(platform: Platform, clock: Any, advance: Any) -> None:
    customer = platform.customer(test_clock=clock.id)
    subscription = platform.subscribe(customer.id, platform.price(1000).id)
    platform.give_card(customer.id, "pm_card_chargeCustomerFail")
    advance(29)
    platform.give_card(customer.id, "pm_card_visa")
    advance(31)
    healed = platform.subscription(subscription.id)
    assert (healed.status, healed.latest_invoice.status) == ("active", "paid")
    # The rhythm stays that of the first day.
    assert day_of(healed["items"].data[0].current_period_end) == "2026-03-31"


def test_dunning_may_end_unpaid(platform: Platform, clock: Any, advance: Any) -> None:
    platform.sandbox.dunning_days, platform.sandbox.dunning_end = (1,), "unpaid"
    customer = platform.customer(test_clock=clock.id)
    subscription = platform.subscribe(customer.id, platform.price(1000).id)
    platform.give_card(customer.id, "pm_card_chargeCustomerFail")
    advance(31)
    assert platform.subscription(subscription.id).status == "unpaid"
    platform.give_card(customer.id, "pm_card_visa")
    platform.api.v1.invoices.pay(platform.subscription(subscription.id).latest_invoice.id)
    assert platform.subscription(subscription.id).status == "active"


def test_upgrade_and_downgrade_with_credit(platform: Platform, clock: Any, advance: Any, event_types: Any) -> None:
    small, large = platform.price(1000), platform.price(3000, name="Platinum")
    customer = platform.customer(test_clock=clock.id)
    subscription = platform.subscribe(customer.id, small.id)
    item = subscription["items"].data[0].id
    advance(14)  # half of the 28 days
    up = platform.api.v1.subscriptions.update(
        subscription.id,
        {
            "items": [{"id": item, "price": large.id}],
            "proration_behavior": "always_invoice",
            "expand": ["latest_invoice"],
        },
    )
    assert [line.amount for line in up.latest_invoice.lines.data] == [-500, 1500]
    assert all(line.parent.subscription_item_details.proration for line in up.latest_invoice.lines.data)
    assert (up.latest_invoice.billing_reason, up.latest_invoice.amount_paid) == ("subscription_update", 1000)
    advance(21)  # a quarter is left
    down = platform.api.v1.subscriptions.update(
        subscription.id,
        {
            "items": [{"id": item, "price": small.id}],
            "proration_behavior": "always_invoice",
            "expand": ["latest_invoice"],
        },
    )
    assert [line.amount for line in down.latest_invoice.lines.data] == [-750, 250]
    assert (down.latest_invoice.total, down.latest_invoice.amount_due, down.latest_invoice.status) == (-500, 0, "paid")
    assert platform.api.v1.customers.retrieve(customer.id).balance == -500
    advance(29)
    renewed = platform.subscription(subscription.id).latest_invoice
    assert (renewed.total, renewed.starting_balance, renewed.amount_paid) == (1000, -500, 500)
    assert platform.api.v1.customers.retrieve(customer.id).balance == 0
    history = platform.api.v1.customers.balance_transactions.list(customer.id)
    assert [(row.amount, row.ending_balance) for row in history.data] == [(500, 0), (-500, -500)]
    assert "customer.subscription.updated" in event_types()


def test_prorations_wait_for_the_next_invoice_by_default(platform: Platform, clock: Any, advance: Any) -> None:
    small, large = platform.price(1000), platform.price(3000)
    subscription = platform.subscribe(platform.customer(test_clock=clock.id).id, small.id)
    item = subscription["items"].data[0].id
    advance(14)
    platform.api.v1.subscriptions.update(subscription.id, {"items": [{"id": item, "price": large.id}]})
    assert platform.subscription(subscription.id).latest_invoice.id == subscription.latest_invoice
    shown = platform.api.v1.invoices.create_preview({"subscription": subscription.id})
    advance(29)
    invoice = platform.subscription(subscription.id).latest_invoice
    assert sorted(line.amount for line in invoice.lines.data) == [-500, 1500, 3000]
    assert invoice.amount_paid == shown.amount_due == 4000


def test_no_proration_when_told_so(platform: Platform, clock: Any, advance: Any) -> None:
    small, large = platform.price(1000), platform.price(3000)
    subscription = platform.subscribe(platform.customer(test_clock=clock.id).id, small.id)
    item = subscription["items"].data[0].id
    advance(14)
    platform.api.v1.subscriptions.update(
        subscription.id, {"items": [{"id": item, "price": large.id}], "proration_behavior": "none"}
    )
    advance(29)
    assert platform.subscription(subscription.id).latest_invoice.amount_paid == 3000


def test_cancel_at_period_end(platform: Platform, clock: Any, advance: Any, event_types: Any) -> None:
    subscription = platform.subscribe(platform.customer(test_clock=clock.id).id, platform.price().id)
    asked = platform.api.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert asked.status == "active" and asked.cancel_at == asked["items"].data[0].current_period_end
    undone = platform.api.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert undone.cancel_at is None and undone.canceled_at is None
    platform.api.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    advance(27.9)
    assert platform.subscription(subscription.id).status == "active"
    advance(29)
    gone = platform.subscription(subscription.id)
    assert (gone.status, gone.cancellation_details.reason) == ("canceled", "cancellation_requested")
    assert event_types("invoice.paid") == ["invoice.paid"]
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})


def test_declined_and_3d_secure_cards(platform: Platform, event_types: Any) -> None:
    customer, price = platform.customer(card=""), platform.price()
    with pytest.raises(stripe.CardError) as declined:
        platform.api.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})
    assert (declined.value.code, declined.value.http_status) == ("card_declined", 402)
    platform.give_card(customer.id, "pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        platform.subscribe(customer.id, price.id, payment_behavior="error_if_incomplete")
    # With that behavior nothing is left behind.
    assert platform.api.v1.subscriptions.list({"customer": customer.id, "status": "all"}).data == []
    incomplete = platform.subscribe(customer.id, price.id)
    assert incomplete.status == "incomplete"

    platform.give_card(customer.id, "pm_card_threeDSecure2Required")
    asked = platform.subscribe(customer.id, price.id, expand=["latest_invoice.payments.data.payment"])
    assert asked.status == "incomplete"
    intent = platform.api.v1.payment_intents.retrieve(asked.latest_invoice.payments.data[0].payment.payment_intent)
    assert intent.status == "requires_action" and "3d-secure" in intent.next_action.redirect_to_url.url
    assert event_types("invoice.payment_action_required")
    platform.sandbox.authenticate(intent.client_secret)
    healed = platform.subscription(asked.id)
    assert (healed.status, healed.latest_invoice.status) == ("active", "paid")


def test_incomplete_expires_after_23_hours(platform: Platform, clock: Any, advance: Any, event_types: Any) -> None:
    customer = platform.customer(card="pm_card_chargeCustomerFail", test_clock=clock.id)
    subscription = platform.subscribe(customer.id, platform.price().id, payment_behavior="allow_incomplete")
    advance(0.9)
    assert platform.subscription(subscription.id).status == "incomplete"
    advance(1)
    expired = platform.subscription(subscription.id)
    assert (expired.status, expired.latest_invoice.status) == ("incomplete_expired", "void")


def test_a_clock_runs_forward_only(platform: Platform, clock: Any, advance: Any) -> None:
    advance(1)
    with pytest.raises(stripe.InvalidRequestError):
        advance(0.5)
    gone = platform.api.v1.test_helpers.test_clocks.delete(clock.id)
    assert gone.deleted


def test_the_sandboxs_own_time_renews_too(platform: Platform) -> None:
    subscription = platform.subscribe(platform.customer().id, platform.price().id)
    platform.later(days=90)
    invoices = platform.api.v1.invoices.list({"subscription": subscription.id, "status": "paid"}).data
    assert [day_of(row.created) for row in invoices] == ["2026-04-30", "2026-03-31", "2026-02-28", "2026-01-31"]
    with pytest.raises(ValueError, match="backwards"):
        platform.sandbox.advance_to(platform.sandbox.today() - timedelta(seconds=1))
