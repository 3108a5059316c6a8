"""The way in: one attempt to join is one row, and one session at the provider under that row's key."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.payments import gateway
from portal.payments.actions import ensure_customer, refusing
from subscriptions.actions.invoices import record_invoice
from subscriptions.actions.memberships import record_subscription
from subscriptions.actions.places import take_place
from subscriptions.actions.promos import reserve_use
from subscriptions.actions.quotes import QuoteMoved, replace_quote, take_quote
from subscriptions.actions.tiers import own_price, send_price
from subscriptions.models import Checkout, PromoUse, Quote, Season, Tier
from subscriptions.queries.promos import discount_for
from subscriptions.queries.quotes import AlreadyMember, OwnTier, TierIsFull, TierIsNotOnSale
from subscriptions.queries.seasons import season_of
from subscriptions.readings import SessionReading, Told, invoice_reading, session_reading, subscription_reading

__all__ = [
    "AlreadyMember",
    "OwnTier",
    "TierIsFull",
    "TierIsNotOnSale",
    "close_checkout",
    "record_session",
    "refresh_checkout",
    "start_checkout",
]


RAN_OUT = _("The payment page you opened before has run out.")


class AlreadyAtCheckout(Refusal):
    sentence = _("You are at the checkout already, in another window. Finish there, or try again here.")


def start_checkout(*, quote: Quote, signature: str, by: User, now: datetime) -> Checkout:
    """Begin to join as the quote says; send the fan to the `url` of what is returned. The price shown is charged.

    Refused: what `take_quote` and `join_terms` refuse. A failed earlier attempt never stands in the way. Safe to
    repeat: one attempt a quote; the provider is asked under the key `checkout:{public_id}`, outside any transaction.
    """
    for open_one in Checkout.objects.filter(fan=by, creator=quote.creator, state=Checkout.State.OPEN):
        _close_if_stale(open_one, quote, now)
    taken = take_quote(quote=quote, signature=signature, by=by, now=now, do=lambda row: _reserve(row, now))
    checkout = Checkout.objects.select_related("price__tier", "creator", "fan", "quote").get(quote=taken)
    if checkout.state == Checkout.State.EXPIRED:
        raise QuoteMoved(quote=replace_quote(quote=taken, moved=[str(RAN_OUT)], now=now))
    if checkout.url:
        return checkout
    send_price(price=checkout.price)
    session = _open_session(checkout)
    with transaction.atomic():
        row = Checkout.objects.select_for_update().get(pk=checkout.pk)
        row.stripe_session_id, row.url = session.id, session.url or ""
        row.save(update_fields=["stripe_session_id", "url"])
    return row


def _reserve(quote: Quote, now: datetime) -> Checkout:
    """Inside the transaction that takes the quote: a place in the tier, the fan's own price, the code's use."""
    assert quote.price is not None
    # The tier's row is the lock for its places.
    Tier.objects.select_for_update().get(pk=quote.price.tier_id)
    price = own_price(price=quote.price, fan=quote.fan, amount_minor=quote.amount_minor)
    try:
        with transaction.atomic():
            checkout = Checkout.objects.create(
                fan=quote.fan,
                creator=quote.creator,
                price=price,
                quote=quote,
                started_at=now,
                expires_at=now + Checkout.LASTS,
            )
    except IntegrityError:
        # A second click came while the first one was on its way.
        raise AlreadyAtCheckout from None
    if (season := season_of(quote=quote)) is not None:
        take_place(season=season, checkout=checkout, now=now)
    if quote.code:
        discount = discount_for(code=quote.code, fan=quote.fan, price=price, at=now)
        reserve_use(discount=discount, checkout=checkout, now=now)
    return checkout


def _close_if_stale(checkout: Checkout, quote: Quote, now: datetime) -> None:
    """An open attempt is kept only for its own quote; any other is closed at the provider first."""
    if checkout.expires_at <= now or checkout.quote_id != quote.pk:
        close_checkout(checkout=checkout, now=now)


def close_checkout(*, checkout: Checkout, now: datetime) -> Checkout:
    """End an open attempt, at the provider first, so that nobody can pay for a place given to somebody else.

    An attempt that was paid meanwhile counts as paid. Safe to repeat.
    """
    if checkout.stripe_session_id:
        with refusing():
            session: Told = gateway.fetch_checkout_session(checkout.stripe_session_id)
            if session.status == "open":
                with gateway.asking():
                    session = gateway.client().v1.checkout.sessions.expire(checkout.stripe_session_id)
        if session.status == "complete":
            return refresh_checkout(checkout=checkout, now=now)
    Checkout.objects.filter(pk=checkout.pk, state=Checkout.State.OPEN).update(
        state=Checkout.State.EXPIRED, closed_at=now
    )
    checkout.refresh_from_db()
    return checkout


def _open_session(checkout: Checkout) -> Told:
    site, creator = settings.SITE_URL, checkout.creator
    # Every later invoice carries this, so any event finds its way here, in any order.
    about: dict[str, Any] = {"metadata": {"checkout": checkout.public_id}}
    asked: dict[str, Any] = {
        "mode": "subscription",
        "client_reference_id": checkout.public_id,
        "line_items": [{"price": checkout.price.stripe_price_id, "quantity": 1}],
        "success_url": site + reverse("thank_you", args=[checkout.public_id]),
        "cancel_url": site + reverse("creator_page", args=[creator.handle]),
        "metadata": {"checkout": checkout.public_id},
        "subscription_data": about,
    }
    season = season_of(quote=checkout.quote) if checkout.quote is not None else None
    if checkout.quote is not None and checkout.quote.inputs.get("trial_days"):
        about["trial_period_days"] = checkout.quote.inputs["trial_days"]
    if season is not None and checkout.quote is not None:
        about["trial_end"] = int(season.billing_at.timestamp())
        asked["line_items"] += _until_billing(checkout.quote, season)
    use = PromoUse.objects.select_related("promo").filter(checkout=checkout).first()
    if use is not None:
        asked["discounts"] = [{"coupon": use.promo.stripe_coupon_id}]
    with refusing():
        asked["customer"] = ensure_customer(user=checkout.fan)
        with gateway.asking():
            sessions = gateway.client().v1.checkout.sessions
            return sessions.create(asked, {"idempotency_key": f"checkout:{checkout.public_id}"})  # type: ignore[arg-type]


def _until_billing(quote: Quote, season: Season) -> list[dict[str, Any]]:
    """What is paid now in a season, as a line of its own: the sum that was shown, whenever the payment comes."""
    if not quote.charge_now_minor:
        return []
    name = f"{season.name}: until {season.billing_date}"
    price = {"currency": quote.currency, "unit_amount": quote.charge_now_minor, "product_data": {"name": name}}
    return [{"price_data": price, "quantity": 1}]


def refresh_checkout(*, checkout: Checkout, now: datetime) -> Checkout:
    """Take over how the attempt stands at the provider now, without waiting for its events. Safe to repeat.

    This is what lets the thank-you page open the doors even when no event has arrived yet.
    """
    if not checkout.stripe_session_id:
        return checkout
    with refusing():
        session = session_reading(gateway.fetch_checkout_session(checkout.stripe_session_id))
        subscription = gateway.fetch_subscription(session.subscription_id) if session.subscription_id else None
        reading = subscription_reading(subscription) if subscription else None
        latest = reading.latest_invoice_id if reading else ""
        invoice = invoice_reading(gateway.fetch_invoice(latest)) if latest else None
    with transaction.atomic():
        record_session(reading=session, now=now)
        if reading is not None:
            record_subscription(reading=reading, now=now)
        if invoice is not None:
            record_invoice(reading=invoice, now=now)
    checkout.refresh_from_db()
    return checkout


@transaction.atomic
def record_session(*, reading: SessionReading, now: datetime) -> Checkout | None:
    """Take over what a session says; None when it is not of this app. Safe to repeat; paid stays paid."""
    checkout = Checkout.objects.select_for_update().filter(public_id=reading.checkout).first()
    if checkout is None:
        return None
    if reading.status == "complete" and checkout.state != Checkout.State.PAID:
        checkout.state, checkout.closed_at = Checkout.State.PAID, now
    elif reading.status == "expired" and checkout.state == Checkout.State.OPEN:
        checkout.state, checkout.closed_at = Checkout.State.EXPIRED, now
    checkout.stripe_session_id = checkout.stripe_session_id or reading.id
    checkout.stripe_subscription_id = checkout.stripe_subscription_id or reading.subscription_id
    checkout.save()
    return checkout
