"""What somebody on the way out was offered is written down, and that they took it."""

from datetime import datetime

from django.db import transaction

from subscriptions.models import Membership, PromoCode, Quote, StayOffer


@transaction.atomic
def show_offer(*, membership: Membership, kind: str, promo: PromoCode | None, now: datetime) -> StayOffer:
    """Write down that an offer was shown. Safe to repeat: within a day it is the same one."""
    Membership.objects.select_for_update().get(pk=membership.pk)
    rows = membership.stay_offers.filter(kind=kind, promo=promo, accepted_at__isnull=True)
    known = rows.filter(shown_at__gt=now - StayOffer.SAME).first()
    return known or membership.stay_offers.create(kind=kind, promo=promo, shown_at=now)


def mark_accepted(*, membership: Membership, kind: str, quote: Quote, now: datetime) -> None:
    """Whoever was offered this within a day has taken it. Inside the transaction that takes the quote."""
    rows = membership.stay_offers.filter(kind=kind, accepted_at__isnull=True, shown_at__gt=now - StayOffer.SAME)
    if (offer := rows.first()) is not None:
        offer.accepted_at, offer.quote = now, quote
        offer.save(update_fields=["accepted_at", "quote"])
