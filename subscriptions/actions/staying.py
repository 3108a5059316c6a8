"""Staying for less: a creator's discount is given to a subscription that runs, as its quote said."""

from datetime import datetime
from typing import Any

from django.db import transaction

from portal.accounts.models import User
from portal.payments import gateway
from portal.payments.actions import ProviderRefused, refusing
from subscriptions.actions.changes import ChargeDiffers
from subscriptions.actions.memberships import record_subscription
from subscriptions.actions.quotes import sound_alarm, take_quote
from subscriptions.models import MembershipTerms, PromoCode, Quote, StayOffer
from subscriptions.readings import Told, subscription_reading


def stay(*, quote: Quote, signature: str, by: User, now: datetime) -> StayOffer:
    """Stay at the lower price that the quote says. Safe to repeat: one discount a quote, under the key `quote:{public_id}`."""
    taken = take_quote(quote=quote, signature=signature, by=by, now=now, do=lambda row: _reserve(row, now))
    offer = StayOffer.objects.get(quote=taken)
    if offer.sent_at is None and offer.refused_at is None:
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

    Safe to repeat, under the quote's key.
    """
    quote, promo, subscription_id = offer.quote, offer.promo, offer.stripe_subscription_id
    assert quote is not None and promo is not None
    off: Any = {"discounts": [{"coupon": promo.stripe_coupon_id}]}
    with refusing():
        try:
            with gateway.asking():
                client = gateway.client().v1
                preview: Told = client.invoices.create_preview({"subscription": subscription_id, **off})
                if preview.amount_due == quote.next_charge_minor:
                    answer: Told = client.subscriptions.update(
                        subscription_id, off, {"idempotency_key": f"quote:{quote.public_id}"}
                    )
        except gateway.CertainRefusal as no:
            _refused(offer, now)
            raise ProviderRefused(reason=str(no)) from no
    if preview.amount_due != quote.next_charge_minor:
        with transaction.atomic():
            _refused(offer, now)
            sound_alarm(quote=quote, asked_minor=preview.amount_due, shown_minor=quote.next_charge_minor, now=now)
        raise ChargeDiffers
    with transaction.atomic():
        StayOffer.objects.filter(pk=offer.pk, sent_at__isnull=True).update(sent_at=now)
        record_subscription(reading=subscription_reading(answer), now=now)


def _refused(offer: StayOffer, now: datetime) -> None:
    StayOffer.objects.filter(pk=offer.pk, sent_at__isnull=True).update(refused_at=now)
