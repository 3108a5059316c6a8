"""Staying for less: a creator's discount is given to a subscription that runs, as its quote said."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from portal.accounts.models import User
from portal.payments import gateway
from portal.payments.actions import ProviderRefused, refusing
from subscriptions.actions.changes import ChargeDiffers
from subscriptions.actions.memberships import record_subscription
from subscriptions.actions.quotes import sound_alarm, take_quote
from subscriptions.models import MembershipTerms, PromoCode, Quote, StayOffer
from subscriptions.queries.staying import OfferIsOver
from subscriptions.readings import Told, discount_readings, subscription_reading

CLOCKS_DIFFER = timedelta(hours=1)


def stay(*, quote: Quote, signature: str, by: User, now: datetime) -> StayOffer:
    """Stay at the lower price that the quote says. Safe to repeat: one discount a quote, under the key `quote:{public_id}`.

    One that the provider refused stays refused: that is OfferIsOver, and the way on is a new quote.
    """
    taken = take_quote(quote=quote, signature=signature, by=by, now=now, do=lambda row: _reserve(row, now))
    offer = StayOffer.objects.get(quote=taken)
    if offer.refused_at is not None:
        raise OfferIsOver
    if offer.sent_at is None:
        send_stay(offer=offer, now=now)
        offer.refresh_from_db()
    return offer


def _reserve(quote: Quote, now: datetime) -> StayOffer:
    assert quote.membership is not None
    kind, promo = MembershipTerms.SaveOffer.DISCOUNT, PromoCode.objects.get(public_id=quote.inputs["promo"])
    waiting = quote.membership.stay_offers.filter(kind=kind, promo=promo, accepted_at__isnull=True)
    offer = waiting.first() or StayOffer(membership=quote.membership, kind=kind, promo=promo, shown_at=quote.quoted_at)
    offer.quote, offer.accepted_at = quote, now
    offer.stripe_subscription_id = quote.membership.stripe_subscription_id
    offer.save()
    return offer


def send_stay(*, offer: StayOffer, now: datetime) -> None:
    """Give the discount at the provider, which must make the next charge what was shown; else nothing happens.

    It counts from the moment that the provider names. Safe to repeat: what the provider has done already is taken over;
    the rest is asked for under the quote's key, and not once the renewal that was shown has come.
    """
    quote, promo = offer.quote, offer.promo
    assert quote is not None and promo is not None
    with refusing():
        try:
            with gateway.asking():
                answer, asked_minor = _look_or_ask(quote, offer.stripe_subscription_id, promo.stripe_coupon_id)
        except gateway.CertainRefusal as no:
            _refused(offer, now)
            raise ProviderRefused(reason=str(no)) from no
    start = _counts_from(answer, quote, promo.stripe_coupon_id)
    if start is None:
        with transaction.atomic():
            _refused(offer, now)
            if asked_minor is not None:
                shown = quote.next_charge_minor
                sound_alarm(quote=quote, asked_minor=asked_minor, shown_minor=shown, now=now)
        raise OfferIsOver if asked_minor is None else ChargeDiffers
    with transaction.atomic():
        StayOffer.objects.filter(pk=offer.pk, sent_at__isnull=True).update(sent_at=start)
        record_subscription(reading=subscription_reading(answer), now=now)


def _look_or_ask(quote: Quote, subscription_id: str, coupon: str) -> tuple[Told, int | None]:
    """The subscription, with the discount or as it was; then the next charge that did not fit, or None if it has come."""
    client, whole = gateway.client().v1, ["discounts"]
    known: Told = client.subscriptions.retrieve(subscription_id, {"expand": whole})
    if _counts_from(known, quote, coupon) or subscription_reading(known).period_end_at != quote.next_charge_at:
        return known, None
    off: Any = {"discounts": [{"coupon": coupon}]}
    preview: Told = client.invoices.create_preview({"subscription": subscription_id, **off})
    if preview.amount_due != quote.next_charge_minor:
        return known, preview.amount_due
    key: Any = {"idempotency_key": f"quote:{quote.public_id}"}
    return client.subscriptions.update(subscription_id, {**off, "expand": whole}, key), None


def _counts_from(subscription: Told, quote: Quote, coupon: str) -> datetime | None:
    """From when on the provider takes off what this quote gave; None while it does not."""
    starts = [one.start_at for one in discount_readings(subscription) if one.coupon_id == coupon]
    # An older one of the same code, which somebody joined with, is another one; clocks may differ by a little.
    return max((start for start in starts if start > quote.quoted_at - CLOCKS_DIFFER), default=None)


def _refused(offer: StayOffer, now: datetime) -> None:
    StayOffer.objects.filter(pk=offer.pk, sent_at__isnull=True).update(refused_at=now)
