"""Invoices by hand: items, drafts, paying, voiding, credit notes."""

from typing import Any

import pytest
import stripe

from portal.sandbox.money import fee_on
from portal.sandbox.tests.people import Platform


def invoice_of(platform: Platform, amount: int, card: str = "pm_card_visa") -> tuple[Any, Any]:
    customer = platform.customer(card=card)
    platform.api.v1.invoice_items.create(
        {"customer": customer.id, "amount": amount, "currency": "usd", "description": "Hat"}
    )
    draft = platform.api.v1.invoices.create(
        {"customer": customer.id, "currency": "usd", "pending_invoice_items_behavior": "include"}
    )
    return customer, draft


def test_draft_finalize_pay(platform: Platform, event_types: Any) -> None:
    _, draft = invoice_of(platform, 1500)
    assert (draft.status, draft.amount_due, draft.lines.data[0].description) == ("draft", 1500, "Hat")
    ready = platform.api.v1.invoices.finalize_invoice(draft.id, {"expand": ["confirmation_secret"]})
    assert ready.status == "open" and ready.number and ready.confirmation_secret.client_secret
    paid = platform.api.v1.invoices.pay(draft.id, {"expand": ["payments"]})
    assert (paid.status, paid.amount_remaining, paid.payments.data[0].status) == ("paid", 0, "paid")
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        platform.api.v1.invoices.pay(draft.id)
    assert event_types("invoice.") == [
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_a_paid_intent_pays_its_invoice(platform: Platform) -> None:
    _, draft = invoice_of(platform, 1500, card="")
    platform.api.v1.invoices.finalize_invoice(draft.id)
    (row,) = platform.api.v1.invoice_payments.list({"invoice": draft.id}).data
    platform.api.v1.payment_intents.confirm(str(row.payment.payment_intent), {"payment_method": "pm_card_visa"})
    assert platform.api.v1.invoices.retrieve(draft.id).status == "paid"


def test_void_gives_credit_back(platform: Platform) -> None:
    customer, draft = invoice_of(platform, 1500)
    platform.api.v1.customers.balance_transactions.create(customer.id, {"amount": -400, "currency": "usd"})
    ready = platform.api.v1.invoices.finalize_invoice(draft.id)
    assert (ready.amount_due, platform.api.v1.customers.retrieve(customer.id).balance) == (1100, 0)
    assert platform.api.v1.invoices.void_invoice(draft.id).status == "void"
    assert platform.api.v1.customers.retrieve(customer.id).balance == -400
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.invoices.pay(draft.id)


def test_uncollectible_and_paid_elsewhere(platform: Platform) -> None:
    _, draft = invoice_of(platform, 1500)
    platform.api.v1.invoices.finalize_invoice(draft.id)
    assert platform.api.v1.invoices.mark_uncollectible(draft.id).status == "uncollectible"
    _, other = invoice_of(platform, 1500)
    elsewhere = platform.api.v1.invoices.pay(other.id, {"paid_out_of_band": True})
    assert (elsewhere.status, platform.balance()) == ("paid", {"usd": (0, 0)})


def test_tiny_amounts_are_carried_over(platform: Platform) -> None:
    customer, draft = invoice_of(platform, 20)
    assert platform.api.v1.invoices.finalize_invoice(draft.id).status == "paid"
    assert platform.api.v1.customers.retrieve(customer.id).balance == 20


def test_credit_notes_before_and_after_payment(platform: Platform) -> None:
    customer, draft = invoice_of(platform, 1500)
    platform.api.v1.invoices.finalize_invoice(draft.id)
    early = platform.api.v1.credit_notes.create({"invoice": draft.id, "amount": 500})
    assert early.type == "pre_payment"
    assert platform.api.v1.invoices.pay(draft.id).amount_paid == 1000
    late = platform.api.v1.credit_notes.create(
        {"invoice": draft.id, "amount": 700, "refund_amount": 400, "credit_amount": 300}
    )
    assert (late.type, len(late.refunds)) == ("post_payment", 1)
    assert platform.api.v1.customers.retrieve(customer.id).balance == -300
    assert platform.balance() == {"usd": (-400, 1000 - fee_on(1000))}
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.credit_notes.create({"invoice": draft.id, "amount": 301, "credit_amount": 301})


def test_a_draft_can_be_deleted_an_open_invoice_not(platform: Platform) -> None:
    customer, draft = invoice_of(platform, 1500)
    assert platform.api.v1.invoices.delete(draft.id).deleted
    again = platform.api.v1.invoices.create({"customer": customer.id, "pending_invoice_items_behavior": "include"})
    assert again.amount_due == 1500
    platform.api.v1.invoices.finalize_invoice(again.id)
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.invoices.delete(again.id)


def test_sent_invoices_fall_overdue(platform: Platform, event_types: Any) -> None:
    subscription = platform.subscribe(
        platform.customer(card="").id, platform.price().id, collection_method="send_invoice", days_until_due=10
    )
    assert subscription.status == "active"
    platform.later(days=40)
    assert platform.subscription(subscription.id).status == "past_due"
    assert "invoice.overdue" in event_types() and "invoice.sent" in event_types()
