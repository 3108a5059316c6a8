"""What is paid once: reserved under a quote, paid at the provider under the purchase's key, settled like an invoice."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.kit.words import money_lazy
from portal.notices.actions import tell
from portal.payments import gateway
from portal.payments.actions import ensure_customer, refusing
from subscriptions.actions.charges import locked_charge, settle_payment
from subscriptions.actions.gifts import NotYourGift, begin_gift, is_returnable, withdraw_gift
from subscriptions.actions.passes import open_pass
from subscriptions.actions.pool_seats import begin_seats, withdraw_seats
from subscriptions.actions.quotes import QuoteMoved, record_charge, replace_quote, take_quote
from subscriptions.actions.shares import decide_share
from subscriptions.models import Gift, PoolFunding, Purchase, Quote
from subscriptions.queries.refunds import facts_of
from subscriptions.queries.tiers import share_in_force
from subscriptions.readings import PurchaseReading, Told, purchase_reading

State = Purchase.State
RAN_OUT = _("The payment page you opened before has run out.")


class GiftCannotGoBack(Refusal):
    sentence = _(
        "You can give a gift back within fourteen days, as long as nobody has claimed it. The creator can always do it."
    )


def start_gift(*, quote: Quote, signature: str, by: User, now: datetime) -> Purchase:
    """Go and pay for a gift as the quote says; send the buyer to the `url` of what is returned. The price shown is charged.

    When the quote moved, what was written with it goes along to the new one. Safe to repeat: one purchase a quote, asked
    for under the key `purchase:{public_id}`, outside any transaction.
    """
    try:
        return _start(quote=quote, signature=signature, by=by, now=now, kind=Purchase.Kind.GIFT)
    except QuoteMoved as moved:
        Gift.objects.filter(quote=quote, purchase__state=State.EXPIRED).update(purchase=None)
        Gift.objects.filter(quote=quote, purchase__isnull=True).update(quote=moved.quote)
        raise


def start_pass(*, quote: Quote, signature: str, by: User, now: datetime) -> Purchase:
    """Go and pay for a pass as the quote says. Safe to repeat, like `start_gift`."""
    return _start(quote=quote, signature=signature, by=by, now=now, kind=Purchase.Kind.PASS)


def start_seats(*, quote: Quote, signature: str, by: User, now: datetime) -> Purchase:
    """Go and pay for seats of a gift pool as the quote says. Safe to repeat, like `start_gift`."""
    try:
        return _start(quote=quote, signature=signature, by=by, now=now, kind=Purchase.Kind.POOL)
    except QuoteMoved as moved:
        PoolFunding.objects.filter(quote=quote, purchase__state=State.EXPIRED).update(purchase=None)
        PoolFunding.objects.filter(quote=quote, purchase__isnull=True).update(quote=moved.quote)
        raise


def _start(*, quote: Quote, signature: str, by: User, now: datetime, kind: str) -> Purchase:
    taken = take_quote(quote=quote, signature=signature, by=by, now=now, do=lambda row: _reserve(row, kind, now))
    purchase = Purchase.objects.select_related("price__tier", "creator", "buyer").get(quote=taken)
    if purchase.state == State.EXPIRED:
        raise QuoteMoved(quote=replace_quote(quote=taken, moved=[str(RAN_OUT)], now=now))
    if purchase.url:
        return purchase
    session = _open_session(purchase)
    Purchase.objects.filter(pk=purchase.pk).update(stripe_session_id=session.id, url=session.url or "")
    purchase.refresh_from_db()
    return purchase


def _reserve(quote: Quote, kind: str, now: datetime) -> Purchase:
    """Inside the transaction that takes the quote."""
    assert quote.price is not None
    purchase = Purchase.objects.create(
        kind=kind,
        buyer=quote.fan,
        creator=quote.creator,
        price=quote.price,
        months=quote.months,
        quote=quote,
        amount_minor=quote.charge_now_minor,
        currency=quote.currency,
        started_at=now,
        expires_at=now + Purchase.LASTS,
    )
    Gift.objects.filter(quote=quote).update(purchase=purchase)
    PoolFunding.objects.filter(quote=quote).update(purchase=purchase)
    return purchase


def _open_session(purchase: Purchase) -> Told:
    back = settings.SITE_URL + _page_of(purchase)
    about = {"metadata": {"purchase": purchase.public_id}}
    name = f"{purchase.get_kind_display()}: {_what(purchase)} ({purchase.creator.display_name})"
    line: Any = {
        "quantity": 1,
        "price_data": {
            "currency": purchase.currency,
            "unit_amount": purchase.amount_minor,
            "product_data": {"name": name},
        },
    }
    with refusing():
        customer = ensure_customer(user=purchase.buyer)
        with gateway.asking():
            return gateway.client().v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "customer": customer,
                    "client_reference_id": purchase.source,
                    "line_items": [line],
                    "success_url": back,
                    "cancel_url": back,
                    "metadata": about["metadata"],
                    "payment_intent_data": {"metadata": about["metadata"]},
                },
                {"idempotency_key": f"purchase:{purchase.public_id}"},
            )


def _what(purchase: Purchase) -> str:
    if purchase.kind == Purchase.Kind.POOL:
        funding = purchase.pool_funding
        return f"{funding.seats_wanted} × {purchase.months} × {purchase.price.tier}, {funding.pool}"
    return f"{purchase.months} × {purchase.price.tier}"


def _page_of(purchase: Purchase) -> str:
    if purchase.kind == Purchase.Kind.POOL:
        return reverse("pool_funding", args=[purchase.pool_funding.public_id])
    if purchase.kind == Purchase.Kind.PASS:
        return reverse("pass_detail", args=[purchase.public_id])
    return reverse("gift_detail", args=[purchase.gift.public_id])


def refresh_purchase(*, purchase: Purchase, now: datetime) -> Purchase:
    """Take over how it stands at the provider now, without waiting for its events. Safe to repeat."""
    if purchase.stripe_session_id and purchase.state == State.OPEN:
        with refusing():
            reading = purchase_reading(gateway.fetch_checkout_session(purchase.stripe_session_id))
        if reading is not None:
            record_purchase(reading=reading, now=now)
    purchase.refresh_from_db()
    return purchase


@transaction.atomic
def record_purchase(*, reading: PurchaseReading, now: datetime) -> Purchase | None:
    """Take over what a session says: paid stays paid, under the share of that day. None when it is not ours.

    Safe to repeat and in any order; the fee may be told later than the payment.
    """
    rows = Purchase.objects.select_for_update(of=("self",)).select_related("creator", "buyer", "price__tier", "quote")
    purchase = rows.filter(public_id=reading.purchase).first()
    if purchase is None:
        return None
    if reading.status != "paid":
        if reading.status == "expired" and purchase.state == State.OPEN:
            purchase.state = State.EXPIRED
            purchase.save(update_fields=["state"])
        return purchase
    was_paid = purchase.paid_at is not None
    paid_at = purchase.paid_at or reading.paid_at or now
    purchase.state, purchase.paid_at = State.PAID, paid_at
    purchase.stripe_session_id = purchase.stripe_session_id or reading.id
    purchase.gross_minor, purchase.tax_minor = max(0, reading.paid - reading.tax), min(reading.tax, reading.paid)
    purchase.fee_minor = reading.fee or purchase.fee_minor
    purchase.charge = purchase.charge or locked_charge(reading.charge_id)
    if not was_paid:
        purchase.share = share_in_force(creator=purchase.creator, at=paid_at)
        purchase.share_decision = decide_share(
            share=purchase.share, creator=purchase.creator, issued_at=paid_at, now=now
        )
    if purchase.kind == Purchase.Kind.PASS:
        # Its time begins with it, so nothing waits for anybody.
        purchase.earned_at = purchase.earned_at or paid_at
    purchase.save()
    record_charge(quote=purchase.quote, invoice=None, charged_minor=reading.paid, now=now)
    if purchase.kind == Purchase.Kind.PASS:
        open_pass(purchase=purchase, now=now)
    elif purchase.kind == Purchase.Kind.POOL:
        begin_seats(purchase=purchase, now=now)
    else:
        begin_gift(purchase=purchase, now=now)
    # A refund or a dispute may have come before.
    follow_money_back(purchase=purchase, now=now)
    if not was_paid:
        _send_receipt(purchase, now)
    return purchase


@transaction.atomic
def follow_money_back(*, purchase: Purchase, now: datetime) -> None:
    """Bring the books, and what the purchase gave, to what its refunds and disputes imply. Safe to repeat.

    All of it back, or lost to a bank: what it gave is taken back. A part: it stays. Of several seats, as many go back as
    the money covers whole.
    """
    if purchase.kind == Purchase.Kind.POOL:
        withdraw_seats(purchase=purchase, now=now)
    settle_payment(payment=purchase, now=now)
    facts, gift = facts_of(purchase), Gift.objects.filter(purchase=purchase).first()
    if gift is not None and purchase.total_minor and facts.refunded + facts.lost >= purchase.total_minor:
        withdraw_gift(gift=gift, reason="disputed" if facts.lost else "refunded", now=now)


@transaction.atomic
def mature_purchase(*, purchase: Purchase, now: datetime) -> Purchase:
    """Seven days after it was earned it may be paid out. Safe to repeat."""
    row = Purchase.objects.select_for_update(of=("self",)).select_related("creator", "buyer").get(pk=purchase.pk)
    if row.earned_at is None or row.matured_at is not None or now < row.earned_at + Purchase.MATURES_AFTER:
        return row
    row.matured_at = row.earned_at + Purchase.MATURES_AFTER
    row.save(update_fields=["matured_at"])
    settle_payment(payment=row, now=now)
    return row


def require_returnable(*, gift: Gift, by: User, now: datetime) -> None:
    """Raises why the buyer cannot have the money back by themselves."""
    if gift.buyer_id != by.pk:
        raise NotYourGift
    if not is_returnable(gift, now):
        raise GiftCannotGoBack


def _send_receipt(purchase: Purchase, now: datetime) -> None:
    amount = money_lazy(purchase.total_minor, purchase.currency)
    tell(
        to=purchase.buyer,
        kind="subscriptions.receipt",
        subject=_("Receipt: %(amount)s for %(creator)s") % {"amount": amount, "creator": purchase.creator.display_name},
        body=_("Thank you. The receipt shows where each cent of it went."),
        url=reverse("receipt", args=[purchase.public_id]),
        now=now,
        key=f"receipt:{purchase.source}",
    )
