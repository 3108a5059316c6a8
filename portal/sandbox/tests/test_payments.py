"""Payments, cards, refunds and disputes."""

from typing import Any

import pytest
import stripe

from portal.sandbox.money import DISPUTE_FEE, fee_on
from portal.sandbox.tests.people import Platform


def test_a_payment_brings_its_amount_less_the_fee_after_two_days(platform: Platform) -> None:
    charge = platform.api.v1.charges.retrieve(platform.charge(2000), {"expand": ["balance_transaction"]})
    assert charge.paid and charge.payment_method_details.card.last4 == "4242"
    txn = charge.balance_transaction
    assert (txn.amount, txn.fee, txn.net, txn.status, txn.source) == (2000, 88, 1912, "pending", charge.id)
    assert platform.balance() == {"usd": (0, 1912)}
    platform.later(days=2)
    assert platform.balance() == {"usd": (1912, 0)}
    assert platform.api.v1.balance_transactions.retrieve(txn.id).status == "available"


def test_the_fee_rounds_half_up() -> None:
    assert [fee_on(amount) for amount in (50, 100, 1000, 1550, 99_999)] == [31, 33, 59, 75, 2930]


def test_each_currency_is_counted_for_itself(platform: Platform) -> None:
    for currency, amount in (("usd", 1000), ("eur", 2000), ("gbp", 3000), ("jpy", 4000)):
        platform.charge(amount, "pm_card_bypassPending", currency)
    assert platform.balance() == {"eur": (1912, 0), "gbp": (2883, 0), "jpy": (3854, 0), "usd": (941, 0)}


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ],
)
def test_a_decline_stays_on_record(
    platform: Platform, card: str, code: str, decline_code: str, event_types: Any
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        platform.charge(1000, card)
    assert refused.value.code == code
    error: Any = refused.value.error
    assert error.decline_code == decline_code
    intent = platform.api.v1.payment_intents.retrieve(error.payment_intent.id)
    assert intent.status == "requires_payment_method" and intent.last_payment_error.code == code
    assert platform.api.v1.charges.retrieve(str(intent.latest_charge)).status == "failed"
    assert event_types("charge.") == ["charge.failed"]
    # The same intent can be paid with another card.
    paid = platform.api.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"


@pytest.mark.parametrize(
    ("number", "code"), [("4242424242424241", "incorrect_number"), ("4539578763621486", "card_declined")]
)
def test_numbers_that_are_no_test_cards_are_refused(platform: Platform, number: str, code: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        platform.api.v1.payment_methods.create(
            {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2034}}
        )
    assert refused.value.code == code


@pytest.mark.parametrize(("amount", "code"), [(49, "amount_too_small"), (100_000_000, "amount_too_large")])
def test_amounts_have_limits(platform: Platform, amount: int, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        platform.charge(amount)
    assert refused.value.code == code


def test_3d_secure_on_and_off_session(platform: Platform) -> None:
    base = {"amount": 1000, "currency": "usd", "payment_method": "pm_card_threeDSecure2Required", "confirm": True}
    asked = platform.api.v1.payment_intents.create(base)
    assert asked.status == "requires_action"
    assert platform.sandbox.authenticate(asked.client_secret, ok=False)["status"] == "requires_payment_method"
    with pytest.raises(stripe.CardError) as refused:
        platform.api.v1.payment_intents.create({**base, "off_session": True})
    assert refused.value.code == "authentication_required"


def test_a_card_that_asks_once_is_quiet_when_set_up(platform: Platform) -> None:
    customer = platform.customer(card="")
    setup = platform.api.v1.setup_intents.create(
        {"customer": customer.id, "payment_method": "pm_card_authenticationRequiredOnSetup", "confirm": True}
    )
    assert setup.status == "requires_action"
    platform.sandbox.authenticate(setup.client_secret)
    done = platform.api.v1.setup_intents.retrieve(setup.id)
    assert done.status == "succeeded"
    paid = platform.api.v1.payment_intents.create(
        {
            "amount": 1000,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": str(done.payment_method),
            "confirm": True,
            "off_session": True,
        }
    )
    assert paid.status == "succeeded"


def test_money_can_be_held_and_captured_in_part(platform: Platform) -> None:
    held = platform.api.v1.payment_intents.create(
        {
            "amount": 1000,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "capture_method": "manual",
        }
    )
    assert (held.status, held.amount_capturable, platform.balance()) == ("requires_capture", 1000, {"usd": (0, 0)})
    got = platform.api.v1.payment_intents.capture(held.id, {"amount_to_capture": 600})
    assert (got.status, got.amount_received) == ("succeeded", 600)
    assert platform.balance() == {"usd": (0, 600 - fee_on(600))}
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.payment_intents.cancel(held.id)


# ---- refunds --------------------------------------------------------------------
def test_refunds_in_part_then_the_rest_then_no_more(platform: Platform, event_types: Any) -> None:
    charge = platform.charge(1000, "pm_card_bypassPending")
    part = platform.api.v1.refunds.create({"charge": charge, "amount": 300, "metadata": {"why": "late"}})
    assert (part.status, part.amount, part.metadata["why"]) == ("succeeded", 300, "late")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        platform.api.v1.refunds.create({"charge": charge, "amount": 701})
    platform.api.v1.refunds.create({"charge": charge})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        platform.api.v1.refunds.create({"charge": charge})
    assert refused.value.code == "charge_already_refunded"
    shown = platform.api.v1.charges.retrieve(charge, {"expand": ["refunds"]})
    assert (shown.refunded, shown.amount_refunded, len(shown.refunds.data)) == (True, 1000, 2)
    # The fee of the charge stays with the provider.
    assert platform.balance() == {"usd": (-fee_on(1000), 0)}
    assert event_types("charge.refunded") == ["charge.refunded"] * 2


def test_a_refund_may_fail_later(platform: Platform, event_types: Any) -> None:
    charge = platform.charge(1000, "pm_card_refundFail")
    refund = platform.api.v1.refunds.create({"charge": charge})
    assert refund.status == "succeeded"
    platform.later(days=4)
    failed = platform.api.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert failed.failure_balance_transaction
    assert platform.api.v1.charges.retrieve(charge).amount_refunded == 0
    assert platform.balance() == {"usd": (1000 - fee_on(1000), 0)}
    assert "refund.failed" in event_types()
    other = platform.api.v1.refunds.create({"charge": platform.charge(500)})
    assert platform.sandbox.fail_refund(other.id)["status"] == "failed"


# ---- disputes -------------------------------------------------------------------
def test_a_dispute_takes_the_money_and_a_fee_at_once(platform: Platform, event_types: Any) -> None:
    charge = platform.charge(2000, "pm_card_bypassPending")
    before = platform.balance()["usd"][0]
    dispute = platform.sandbox.open_dispute(charge, reason="product_not_received")
    assert platform.balance()["usd"][0] == before - 2000 - DISPUTE_FEE
    shown = platform.api.v1.disputes.retrieve(dispute["id"])
    assert (shown.status, shown.reason, shown.amount) == ("needs_response", "product_not_received", 2000)
    assert [(txn.amount, txn.fee) for txn in shown.balance_transactions] == [(-2000, DISPUTE_FEE)]
    assert platform.api.v1.charges.retrieve(charge).disputed
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.refunds.create({"charge": charge})
    won = platform.sandbox.close_dispute(dispute["id"], won=True)
    assert won["status"] == "won" and platform.balance()["usd"][0] == before - DISPUTE_FEE
    assert event_types("charge.dispute.") == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]


@pytest.mark.parametrize(("evidence", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_evidence_decides_as_in_test_mode(platform: Platform, evidence: str, status: str) -> None:
    dispute = platform.sandbox.open_dispute(platform.charge(2000))
    platform.api.v1.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": evidence}})
    assert platform.api.v1.disputes.retrieve(dispute["id"]).status == status


def test_silence_loses_a_dispute(platform: Platform) -> None:
    charge = platform.charge(2000, "pm_card_createDispute")
    (dispute,) = platform.api.v1.disputes.list({"charge": charge}).data
    platform.later(days=8)
    assert platform.api.v1.disputes.retrieve(dispute.id).status == "lost"
    lost = platform.sandbox.open_dispute(platform.charge(700))
    assert platform.api.v1.disputes.close(lost["id"]).status == "lost"


def test_an_early_fraud_warning(platform: Platform) -> None:
    charge = platform.charge(2000, "pm_card_createIssuerFraudRecord")
    (warning,) = platform.api.v1.radar.early_fraud_warnings.list({"charge": charge}).data
    assert warning.actionable
