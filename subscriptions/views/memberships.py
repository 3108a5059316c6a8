from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.kit.access import signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions.checkout import refresh_checkout
from subscriptions.actions.memberships import cancel_by_quote, card_link, undo_cancellation
from subscriptions.actions.quotes import QuoteIsAltered, QuoteMoved, quote_cancel
from subscriptions.actions.stay_offers import show_offer
from subscriptions.forms.memberships import CancellationForm
from subscriptions.models import Checkout, Membership, Place, Post, Quote
from subscriptions.queries import memberships as questions
from subscriptions.queries.access import perks
from subscriptions.queries.posts import post_cards
from subscriptions.queries.quote_words import in_words
from subscriptions.queries.staying import save_offer
from subscriptions.queries.tiers import offers
from subscriptions.views.creators import private
from subscriptions.views.quotes import own_membership
from subscriptions.views.requests import PersonRequest


@signed_in
@require_safe
def thank_you(request: PersonRequest, public_id: str) -> HttpResponse:
    """Back from the provider: what is open now. Asks the provider itself, so no event has to arrive first."""
    now = timezone.now()
    begun = get_object_or_404(
        Checkout.objects.select_related("creator", "price__tier"), public_id=public_id, fan=request.user
    )
    is_silent = False
    mine = perks(viewer=request.user, creator=begun.creator, at=now)
    if begun.state != Checkout.State.PAID or not mine.is_member:
        try:
            begun = refresh_checkout(checkout=begun, now=now)
        except Refusal:
            is_silent = True
        mine = perks(viewer=request.user, creator=begun.creator, at=now)
    offer = [offer for offer in offers(creator=begun.creator, at=now) if offer.tier == begun.price.tier]
    cards = post_cards(creator=begun.creator, mine=mine, at=now) if mine.is_member else []
    context = {
        "checkout": begun,
        "place": Place.objects.filter(checkout=begun).select_related("season").first(),
        "creator": begun.creator,
        "mine": mine,
        "is_silent": is_silent,
        "benefits": offer[0].benefits if offer else (),
        "cards": [card for card in cards if card.is_open and card.post.audience != Post.Audience.PUBLIC][:5],
    }
    return private(page(request, "subscriptions/thank_you.html", context))


@signed_in
@require_safe
def membership_list(request: PersonRequest) -> HttpResponse:
    """A fan's memberships: what each costs, when money is taken next, and how to leave."""
    now = timezone.now()
    cards = questions.membership_cards(fan=request.user, at=now)
    context = {
        "cards": cards,
        "failed": [card.membership for card in cards if card.membership.status == Membership.Status.PAST_DUE],
        "gifts": questions.gifts_of(fan=request.user, at=now),
    }
    return private(page(request, "subscriptions/membership_list.html", context))


@signed_in
@require_POST
def membership_card(request: PersonRequest) -> HttpResponse:
    """To the provider's page for another card."""
    try:
        return redirect(card_link(fan=request.user))
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("membership_list")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def membership_cancellation(request: PersonRequest, public_id: str) -> HttpResponse:
    """Leave: this page, one press. The reason is optional. What it means is a quote, like everything else."""
    membership, now = own_membership(request, public_id), timezone.now()
    form = CancellationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        shown = Quote.objects.filter(
            membership=membership, kind=Quote.Kind.CANCEL, public_id=request.POST.get("quote", "")
        ).first()
        signature = request.POST.get("signature", "")
        try:
            if shown is None:
                raise QuoteIsAltered
            cancel_by_quote(quote=shown, signature=signature, by=request.user, now=now, **form.cleaned_data)
            messages.success(request, _("Done. Nothing more will be charged."))
            return redirect("membership_list")
        except QuoteMoved as moved:
            for sentence in moved.quote.moved:
                form.add_error(None, sentence)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    try:
        made = quote_cancel(membership=membership, now=now)
    except Refusal as refusal:
        messages.info(request, str(refusal))
        return redirect("membership_list")
    context = {"form": form, "membership": membership, "quote": made, "words": in_words(made)}
    offer = save_offer(membership=membership, at=now)
    if offer is not None:
        show_offer(membership=membership, kind=offer.kind, promo=offer.promo, now=now)
    context["offer"] = offer
    status = 422 if form.errors else 200
    return private(page(request, "subscriptions/membership_cancellation.html", context, status=status))


@signed_in
@require_POST
def membership_cancellation_undo(request: PersonRequest, public_id: str) -> HttpResponse:
    """Stay after all."""
    membership = own_membership(request, public_id)
    try:
        undo_cancellation(membership=membership, by=request.user, now=timezone.now())
        messages.success(request, _("Good to have you. Your membership goes on."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("membership_list")
