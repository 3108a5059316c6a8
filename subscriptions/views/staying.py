"""An offer to who was about to leave: one press leads to what it means in writing, like every other change."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.kit.access import signed_in
from portal.kit.refusal import Refusal
from subscriptions.actions.quotes import quote_change, quote_stay
from subscriptions.queries.staying import OfferIsOver, save_offer
from subscriptions.views.quotes import own_membership
from subscriptions.views.requests import PersonRequest


@signed_in
@require_POST
def membership_stay(request: PersonRequest, public_id: str) -> HttpResponse:
    """Look closer at what was offered: a discount or a lower tier, in writing; nothing is agreed to yet."""
    membership, now = own_membership(request, public_id), timezone.now()
    try:
        offer = save_offer(membership=membership, at=now)
        if offer is not None and offer.promo is not None:
            made = quote_stay(membership=membership, promo=offer.promo, now=now)
        elif offer is not None and offer.tier is not None:
            made = quote_change(membership=membership, tier=offer.tier, now=now)
        else:
            raise OfferIsOver
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("membership_cancellation", membership.public_id)
    return redirect("quote", made.public_id)
