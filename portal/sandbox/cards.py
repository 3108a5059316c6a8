"""Stripe's test cards and what each of them does."""

from typing import NamedTuple

from portal.sandbox.errors import ApiError, declined


class Card(NamedTuple):
    brand: str = "visa"
    does: str = "pays"
    code: str = ""
    decline_code: str | None = None
    message: str = "Your card was declined."


# `declines` already when attached; `charge_fails` attaches, but no charge succeeds; `asks` wants 3-D Secure each time,
# `asks_once` until it was set up; the others pay and bring something later.
CARDS = {
    "4242424242424242": Card(),
    "5555555555554444": Card("mastercard"),
    "378282246310005": Card("amex"),
    "4000000000000077": Card(does="pays_at_once"),
    "4000000000000002": Card(does="declines", code="card_declined", decline_code="generic_decline"),
    "4000000000009995": Card(
        does="declines",
        code="card_declined",
        decline_code="insufficient_funds",
        message="Your card has insufficient funds.",
    ),
    "4000000000000069": Card(
        does="declines", code="expired_card", decline_code="expired_card", message="Your card has expired."
    ),
    "4000000000000127": Card(
        does="declines",
        code="incorrect_cvc",
        decline_code="incorrect_cvc",
        message="Your card's security code is incorrect.",
    ),
    "4000000000000119": Card(
        does="declines",
        code="processing_error",
        decline_code="processing_error",
        message="An error occurred while processing your card. Try again in a little bit.",
    ),
    "4000000000000341": Card(does="charge_fails", code="card_declined", decline_code="generic_decline"),
    "4000000000003220": Card(does="asks"),
    "4000002760003184": Card(does="asks"),
    "4000002500003155": Card(does="asks_once"),
    "4000000000000259": Card(does="disputes", code="fraudulent"),
    "4000000000002685": Card(does="disputes", code="product_not_received"),
    "4000000000005423": Card(does="warns"),
    "4000000000005126": Card(does="refund_fails"),
}
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_bypassPending": "4000000000000077",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_createIssuerFraudRecord": "4000000000005423",
    "pm_card_refundFail": "4000000000005126",
}


def valid_number(number: str) -> bool:
    """The check digit (Luhn)."""
    if not (number.isdigit() and 12 <= len(number) <= 19):
        return False
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(number))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def card(number: str) -> Card:
    """Raises Stripe's card error for a number that is mistyped or no test card."""
    number = number.replace(" ", "")
    if not valid_number(number):
        raise ApiError(402, "card_error", "Your card number is incorrect.", code="incorrect_number", param="number")
    # Several people want several cards that pay: any number that begins like the best known one.
    if number.startswith("424242"):
        return Card()
    if number not in CARDS:
        raise declined(
            "card_declined",
            "test_mode_live_card",
            "Your card was declined. This is a sandbox, and the card is not a test card.",
        )
    return CARDS[number]
