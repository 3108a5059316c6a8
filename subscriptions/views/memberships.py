from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import creator_only
from portal.kit.access import signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions.checkout import refresh_checkout, start_checkout
from subscriptions.actions.memberships import cancel_membership, card_link, undo_cancellation
from subscriptions.forms.memberships import CancellationForm, MemberSearchForm
from subscriptions.models import Checkout, Invoice, Membership, Post, Tier
from subscriptions.queries import memberships as questions
from subscriptions.queries.access import perks
from subscriptions.queries.posts import PostCard, library_posts, post_cards
from subscriptions.queries.tiers import offers
from subscriptions.views.creators import private
from subscriptions.views.requests import CreatorRequest, PersonRequest

MEMBERS_A_PAGE = 50


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: PersonRequest, handle: str, public_id: str) -> HttpResponse:
    """To the provider's page, where the fan pays. Who comes here from the sign-in page presses once more."""
    if request.method != "POST":
        return redirect("creator_page", handle=handle)
    tier = get_object_or_404(Tier.objects.select_related("creator"), creator__handle=handle, public_id=public_id)
    try:
        begun = start_checkout(fan=request.user, tier=tier, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("creator_page", handle=handle)
    return redirect(begun.url)


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
    context = {
        "cards": questions.membership_cards(fan=request.user, at=now),
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
    """Leave: this page, one press. The reason is optional."""
    membership = _own_membership(request, public_id)
    form = CancellationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            cancel_membership(membership=membership, by=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Done. Nothing more will be charged."))
            return redirect("membership_list")
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    context = {"form": form, "membership": membership}
    status = 422 if form.errors else 200
    return page(request, "subscriptions/membership_cancellation.html", context, status=status)


@signed_in
@require_POST
def membership_cancellation_undo(request: PersonRequest, public_id: str) -> HttpResponse:
    """Stay after all."""
    membership = _own_membership(request, public_id)
    try:
        undo_cancellation(membership=membership, by=request.user, now=timezone.now())
        messages.success(request, _("Good to have you. Your membership goes on."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("membership_list")


@signed_in
@require_safe
def receipt(request: PersonRequest, public_id: str) -> HttpResponse:
    """Where each cent of a payment went, from the books."""
    rows = Invoice.objects.filter(paid_at__isnull=False).select_related(
        "membership__fan", "membership__creator", "price__tier", "share"
    )
    if not request.user.is_staff:
        rows = rows.filter(membership__fan=request.user)
    invoice = get_object_or_404(rows, public_id=public_id)
    context = {"invoice": invoice, "split": questions.payment_split(invoice=invoice)}
    return private(page(request, "subscriptions/receipt.html", context))


@signed_in
@require_safe
def library(request: PersonRequest) -> HttpResponse:
    """Everything the fan's memberships open, newest first."""
    cards = [PostCard(post, is_open=True) for post in library_posts(fan=request.user, at=timezone.now())]
    return private(page(request, "subscriptions/library.html", {"cards": cards}))


@creator_only
@require_safe
def member_list(request: CreatorRequest) -> HttpResponse:
    """The creator's members: tier, months, and how each stands."""
    creator, now = request.creator, timezone.now()
    form = MemberSearchForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    found = Paginator(questions.members_of(creator=creator, **chosen), MEMBERS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "members": found,
        "rows": questions.with_tenure(rows=found.object_list, creator=creator, at=now),
        "summary": questions.creator_summary(creator=creator, now=now),
        "is_narrowed": any(chosen.values()),
    }
    return page(request, "subscriptions/member_list.html", context)


def _own_membership(request: PersonRequest, public_id: str) -> Membership:
    rows = Membership.objects.select_related("fan", "creator", "tier", "price")
    return get_object_or_404(rows, public_id=public_id, fan=request.user)
