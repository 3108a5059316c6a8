"""Gift pools for a fan: what they entered and may claim, and what became of each seat they paid for."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.kit.access import signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions import pool_seats as deeds
from subscriptions.actions.pool_entries import decline_seat
from subscriptions.actions.pool_returns import take_back_seats
from subscriptions.actions.purchases import refresh_purchase
from subscriptions.models import PoolFunding, PoolOffer
from subscriptions.queries.gifts import claim_effect
from subscriptions.queries.plans import titles
from subscriptions.queries.pools import entries_of, funded_by, may_take_back
from subscriptions.views.creators import private
from subscriptions.views.requests import PersonRequest

A_PAGE = 100


@signed_in
@require_safe
def pool_entry_list(request: PersonRequest) -> HttpResponse:
    """The pools a person entered, and the seats they were offered."""
    now = timezone.now()
    found = [(entry, entry.pool.state(now)) for entry in entries_of(fan=request.user)[:A_PAGE]]
    return private(page(request, "subscriptions/pool_entry_list.html", {"entries": found}))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def pool_entry(request: PersonRequest, public_id: str) -> HttpResponse:
    """One entry: its place, the seat that is offered with what claiming it means, and the two buttons."""
    entry, now = get_object_or_404(entries_of(fan=request.user), public_id=public_id), timezone.now()
    offer = (
        PoolOffer.objects.filter(entry=entry)
        .select_related("entry__pool", "seat__funding__pool__creator", "seat__funding__purchase__charge", "seat__grant")
        .first()
    )
    if request.method == "POST" and offer is not None:
        try:
            if "decline" in request.POST:
                decline_seat(offer=offer, by=request.user, now=now)
                messages.success(request, _("It went on to the next person."))
            else:
                deeds.claim_seat(offer=offer, by=request.user, now=now)
                messages.success(request, _("It is yours."))
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect("pool_entry", entry.public_id)
    context: dict[str, Any] = {"entry": entry, "pool": entry.pool, "offer": offer, "titles": titles(entry.pool.tier)}
    context["state"] = entry.pool.state(now)
    if offer is not None and offer.outcome != PoolOffer.Outcome.CLAIMED:
        try:
            deeds.require_claimable(offer=offer, now=now)
            context["effect"] = claim_effect(gift=offer.seat, fan=request.user, at=now)
        except Refusal as refusal:
            context["refusal"] = refusal
    return private(page(request, "subscriptions/pool_entry.html", context))


@signed_in
@require_safe
def pool_funding_list(request: PersonRequest) -> HttpResponse:
    """What a person paid into pools, and what came of each seat, to the cent."""
    return private(
        page(request, "subscriptions/pool_funding_list.html", {"fundings": funded_by(giver=request.user)[:A_PAGE]})
    )


@signed_in
@require_safe
def pool_funding(request: PersonRequest, public_id: str) -> HttpResponse:
    """One payment into a pool: each seat, and whether the money may be had back now."""
    funding, now = _own_funding(request, public_id), timezone.now()
    if funding.purchase is None:
        return redirect("quote", funding.quote.public_id)
    if not funding.is_paid:
        with suppress(Refusal):
            refresh_purchase(purchase=funding.purchase, now=now)
        funding = _own_funding(request, public_id)
    context = {"funding": funding, "may_take_back": may_take_back(funding=funding, at=now)}
    return private(page(request, "subscriptions/pool_funding.html", context))


@signed_in
@require_POST
def pool_funding_return(request: PersonRequest, public_id: str) -> HttpResponse:
    """The giver wants the money back, while entries are open."""
    funding = _own_funding(request, public_id)
    try:
        take_back_seats(funding=funding, by=request.user, now=timezone.now())
        messages.success(request, _("The money is on its way back to you."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("pool_funding", funding.public_id)


def _own_funding(request: PersonRequest, public_id: str) -> PoolFunding:
    rows = PoolFunding.objects.select_related("purchase", "quote", "pool__creator", "pool__tier")
    rows = rows.prefetch_related("seats__return_order__refund", "pool__rule_versions")
    return get_object_or_404(rows, public_id=public_id, giver=request.user)
