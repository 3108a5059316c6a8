"""Checkout sessions and the buyer on the hosted page."""

from typing import Any

import pytest
import stripe

from portal.sandbox.errors import ApiError
from portal.sandbox.tests.people import Platform

BACK = {"success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}", "cancel_url": "https://example.com/"}


def session_of(platform: Platform, mode: str = "payment", **more: Any) -> Any:
    given: dict[str, Any] = {"mode": mode, **BACK, **more}
    if mode == "payment":
        data = {"currency": "usd", "unit_amount": 1500, "product_data": {"name": "Hat"}}
        given.setdefault("line_items", [{"price_data": data, "quantity": 2}])
    if mode == "subscription":
        given.setdefault("line_items", [{"price": platform.price(1000).id, "quantity": 1}])
    return platform.api.v1.checkout.sessions.create(given)


def test_a_payment(platform: Platform, event_types: Any) -> None:
    session = session_of(platform, payment_intent_data={"metadata": {"order": "7"}, "transfer_group": "g"})
    assert (session.status, session.amount_total, session.payment_status) == ("open", 3000, "unpaid")
    platform.sandbox.complete_checkout(session.id, email="fan@example.com")
    expand = {"expand": ["payment_intent.latest_charge", "line_items"]}
    done = platform.api.v1.checkout.sessions.retrieve(session.id, expand)
    assert (done.status, done.payment_status, done.customer_details.email) == ("complete", "paid", "fan@example.com")
    assert done.payment_intent.latest_charge.metadata["order"] == "7"
    assert [(line.description, line.quantity, line.amount_total) for line in done.line_items.data] == [("Hat", 2, 3000)]
    assert event_types()[-1] == "checkout.session.completed"
    with pytest.raises(ApiError, match="no longer open"):
        platform.sandbox.complete_checkout(session.id)


def test_a_subscription_makes_customer_card_and_invoice(platform: Platform, event_types: Any) -> None:
    session = session_of(
        platform, "subscription", client_reference_id="membership-3", subscription_data={"metadata": {"tier": "gold"}}
    )
    done = platform.sandbox.complete_checkout(session.id, email="fan@example.com", name="Sam")
    subscription = platform.subscription(done["subscription"])
    assert (subscription.status, subscription.metadata["tier"], subscription.latest_invoice.amount_paid) == (
        "active",
        "gold",
        1000,
    )
    assert done["invoice"] == subscription.latest_invoice.id and done["client_reference_id"] == "membership-3"
    assert platform.api.v1.customers.retrieve(done["customer"]).email == "fan@example.com"
    assert {"invoice.paid", "customer.subscription.created", "checkout.session.completed"} <= set(event_types())
    platform.later(days=32)
    assert platform.subscription(done["subscription"]).latest_invoice.billing_reason == "subscription_cycle"


def test_a_trial_costs_nothing_now(platform: Platform) -> None:
    session = session_of(platform, "subscription", subscription_data={"trial_period_days": 14})
    assert session.amount_total == 0
    done = platform.sandbox.complete_checkout(session.id, email="fan@example.com")
    assert done["payment_status"] == "no_payment_required"
    assert platform.subscription(done["subscription"]).status == "trialing"


def test_a_trial_may_need_no_card(platform: Platform) -> None:
    session = session_of(
        platform,
        "subscription",
        subscription_data={"trial_period_days": 14},
        payment_method_collection="if_required",
    )
    done = platform.sandbox.complete_checkout(session.id, card=None, email="fan@example.com")
    assert platform.subscription(done["subscription"]).status == "trialing"


def test_setup_saves_a_card(platform: Platform) -> None:
    customer = platform.customer(card="")
    session = session_of(platform, "setup", customer=customer.id, currency="usd")
    done = platform.sandbox.complete_checkout(session.id)
    assert platform.api.v1.setup_intents.retrieve(done["setup_intent"]).status == "succeeded"
    assert len(platform.api.v1.customers.payment_methods.list(customer.id).data) == 1


@pytest.mark.parametrize("mode", ["payment", "subscription"])
@pytest.mark.parametrize("card", ["4000000000000002", "4000000000000341"])
def test_a_declined_card_can_be_tried_again(platform: Platform, mode: str, card: str, event_types: Any) -> None:
    session = session_of(platform, mode)
    with pytest.raises(ApiError) as refused:
        platform.sandbox.complete_checkout(session.id, card=card, email="fan@example.com")
    assert refused.value.code == "card_declined"
    assert platform.api.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert platform.api.v1.subscriptions.list({"status": "all"}).data == []
    assert platform.sandbox.complete_checkout(session.id, email="fan@example.com")["status"] == "complete"
    assert event_types("checkout.session.completed") == ["checkout.session.completed"]


def test_3d_secure_has_three_outcomes(platform: Platform) -> None:
    session = session_of(platform, "subscription")
    for authenticated, code in ((None, "authentication_required"), (False, "payment_intent_authentication_failure")):
        with pytest.raises(ApiError) as refused:
            platform.sandbox.complete_checkout(
                session.id, card="4000000000003220", email="fan@example.com", authenticated=authenticated
            )
        assert refused.value.code == code
    done = platform.sandbox.complete_checkout(
        session.id, card="4000000000003220", email="fan@example.com", authenticated=True
    )
    assert platform.subscription(done["subscription"]).status == "active"


def test_promotion_codes_lower_the_price(platform: Platform) -> None:
    coupon = platform.api.v1.coupons.create({"percent_off": 25})
    platform.api.v1.promotion_codes.create({"code": "SPRING", "promotion": {"type": "coupon", "coupon": coupon.id}})
    session = session_of(platform, "subscription", allow_promotion_codes=True)
    shown = platform.sandbox.enter_promotion_code(session.id, "spring")
    assert (shown["amount_total"], shown["total_details"]["amount_discount"]) == (750, 250)
    done = platform.sandbox.complete_checkout(session.id, email="fan@example.com")
    assert platform.subscription(done["subscription"]).latest_invoice.amount_paid == 750
    other = session_of(platform, "subscription")
    with pytest.raises(ApiError, match="takes no promotion codes"):
        platform.sandbox.enter_promotion_code(other.id, "SPRING")


def test_sessions_expire(platform: Platform, event_types: Any) -> None:
    first, second = session_of(platform), session_of(platform)
    assert platform.api.v1.checkout.sessions.expire(first.id).status == "expired"
    platform.later(hours=25)
    assert platform.api.v1.checkout.sessions.retrieve(second.id).status == "expired"
    assert event_types("checkout.session.expired") == ["checkout.session.expired"] * 2
    with pytest.raises(ApiError):
        platform.sandbox.complete_checkout(second.id)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"payment_method_types": ["card"]}, "unknown parameter"),
        ({"success_url": "", "mode": "payment"}, "success_url"),
        ({"line_items": []}, "line_items"),
        ({"expires_at": 1}, "expires_at"),
    ],
)
def test_bad_sessions_are_refused(platform: Platform, given: dict[str, Any], problem: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=problem):
        session_of(platform, **given)


def hat_once() -> dict[str, Any]:
    return {"price_data": {"currency": "usd", "unit_amount": 387, "product_data": {"name": "Until the 1st"}}}


def test_what_comes_once_is_paid_now_although_a_trial_lasts(platform: Platform) -> None:
    end = int(platform.sandbox.today().timestamp()) + 9 * 86_400
    lines = [{"price": platform.price(1000).id, "quantity": 1}, {**hat_once(), "quantity": 1}]
    session = session_of(platform, "subscription", line_items=lines, subscription_data={"trial_end": end})
    assert session.amount_total == 387
    done = platform.sandbox.complete_checkout(session.id, email="fan@example.com")
    subscription = platform.subscription(done["subscription"])
    assert (done["payment_status"], subscription.status, subscription.latest_invoice.amount_paid) == (
        "paid",
        "trialing",
        387,
    )
    assert [(line.description, line.amount) for line in subscription.latest_invoice.lines.data] == [
        ("Trial period for Gold", 0),
        ("Until the 1st", 387),
    ]
    assert subscription.billing_cycle_anchor == end
    platform.later(days=10)
    renewed = platform.subscription(done["subscription"])
    assert (renewed.status, renewed.latest_invoice.amount_paid) == ("active", 1000)


def test_a_subscription_needs_something_that_comes_again(platform: Platform) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="recurring"):
        session_of(platform, "subscription", line_items=[{**hat_once(), "quantity": 1}])


def test_a_trial_of_less_than_two_days_is_refused(platform: Platform) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="at least 2 days"):
        session_of(
            platform,
            "subscription",
            subscription_data={"trial_end": int(platform.sandbox.today().timestamp()) + 86_400},
        )
