"""Every deed of a fan is shown first: what it costs, when, and what opens or closes. Then one press agrees to it."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.kit.access import signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions import quotes as deeds
from subscriptions.actions.changes import change_plan, take_back_change
from subscriptions.actions.checkout import start_checkout
from subscriptions.actions.memberships import cancel_by_quote
from subscriptions.actions.pauses import pause_membership, resume_membership
from subscriptions.actions.purchases import start_gift, start_pass, start_seats
from subscriptions.actions.quotes import QuoteMoved
from subscriptions.actions.staying import stay
from subscriptions.forms.quotes import PauseForm, PlanForm, WishForm, wish_values
from subscriptions.models import Membership, Quote, Tier
from subscriptions.queries.quote_words import in_words
from subscriptions.queries.quotes import pause_choices
from subscriptions.queries.tiers import current_prices, offers
from subscriptions.views.creators import private
from subscriptions.views.requests import PersonRequest

Kind = Quote.Kind


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: PersonRequest, handle: str, public_id: str) -> HttpResponse:
    """Want to join: to the offer in writing. Who comes here from the sign-in page presses once more."""
    if request.method != "POST":
        return redirect("creator_page", handle=handle)
    tier = get_object_or_404(Tier.objects.select_related("creator"), creator__handle=handle, public_id=public_id)
    form = WishForm(request.POST, currency=tier.creator.currency)
    back = redirect("creator_page", handle=handle)
    if shown := Quote.objects.filter(fan=request.user, public_id=request.POST.get("quote", "")).first():
        back = redirect("quote", shown.public_id)
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return back
    wish = form.cleaned_data
    try:
        made = deeds.quote_join(
            fan=request.user,
            tier=tier,
            interval=wish["interval"],
            amount_minor=wish["amount"],
            code=wish["code"],
            now=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return back
    return redirect("quote", made.public_id)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def quote(request: PersonRequest, public_id: str) -> HttpResponse:
    """One offer: in plain words what is paid and what changes; a press agrees. What has moved makes a new one."""
    now = timezone.now()
    rows = Quote.objects.select_related(
        "fan", "creator", "membership__tier", "membership__price", "price__tier__creator"
    )
    shown = get_object_or_404(rows, public_id=public_id, fan=request.user)
    if request.method == "POST":
        return _agree(request, shown, now)
    context = {
        "quote": shown,
        "words": in_words(shown),
        "is_open": shown.is_open(now),
        "deed": Kind(shown.kind).label,
        "back_url": _back_url(shown),
    }
    if shown.kind == Kind.JOIN and shown.price is not None:
        prices = current_prices(tier=shown.price.tier, at=now)
        context["form"] = WishForm(initial=wish_values(shown), currency=shown.currency, prices=prices)
    return private(page(request, "subscriptions/quote.html", context))


def _agree(request: PersonRequest, shown: Quote, now: datetime) -> HttpResponse:
    signature, by = request.POST.get("signature", ""), request.user
    try:
        if shown.kind == Kind.JOIN:
            return redirect(start_checkout(quote=shown, signature=signature, by=by, now=now).url)
        if shown.kind == Kind.GIFT:
            return redirect(start_gift(quote=shown, signature=signature, by=by, now=now).url)
        if shown.kind == Kind.PASS:
            return redirect(start_pass(quote=shown, signature=signature, by=by, now=now).url)
        if shown.kind == Kind.POOL:
            return redirect(start_seats(quote=shown, signature=signature, by=by, now=now).url)
        if shown.kind == Kind.PAUSE:
            pause_membership(quote=shown, signature=signature, by=by, now=now)
            messages.success(request, _("Your pause is set."))
        elif shown.kind == Kind.STAY:
            stay(quote=shown, signature=signature, by=by, now=now)
            messages.success(request, _("Good to have you. Your membership goes on at the lower price."))
        elif shown.kind == Kind.RESUME:
            resume_membership(quote=shown, signature=signature, by=by, now=now)
            messages.success(request, _("Good to have you. Your membership goes on."))
        elif shown.kind == Kind.CANCEL:
            cancel_by_quote(quote=shown, signature=signature, by=by, now=now)
            messages.success(request, _("Done. Nothing more will be charged."))
        else:
            change_plan(quote=shown, signature=signature, by=by, now=now)
            done = _("Done. Your plan is changed.") if shown.is_now else _("Done. Your plan changes as agreed.")
            messages.success(request, done)
    except QuoteMoved as moved:
        return redirect("quote", moved.quote.public_id)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(_back_url(shown))
    return redirect("membership_list")


def _back_url(shown: Quote) -> str:
    if shown.kind == Kind.POOL:
        return reverse("pool_detail", args=[shown.creator.handle, shown.inputs["pool"]])
    if shown.membership is None:
        return reverse("creator_page", args=[shown.creator.handle])
    return reverse("membership_list")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def membership_change(request: PersonRequest, public_id: str) -> HttpResponse:
    """The other plans of a creator one is a member of; choosing one shows what it would cost."""
    membership, now = own_membership(request, public_id), timezone.now()
    found = offers(creator=membership.creator, at=now)
    tiers, currency = [offer.tier for offer in found], membership.price.currency
    form = PlanForm(request.POST if request.method == "POST" else None, tiers=tiers, currency=currency)
    if request.method == "POST" and form.is_valid():
        wish = form.cleaned_data
        try:
            made = deeds.quote_change(
                membership=membership,
                tier=wish["tier"],
                interval=wish["interval"],
                amount_minor=wish["amount"],
                now=now,
            )
            return redirect("quote", made.public_id)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    waiting = membership.changes.pending().select_related("price__tier").first()
    context = {"membership": membership, "offers": found, "form": form, "waiting": waiting}
    status = 422 if form.errors else 200
    return private(page(request, "subscriptions/membership_change.html", context, status=status))


@signed_in
@require_POST
def membership_change_undo(request: PersonRequest, public_id: str) -> HttpResponse:
    """The change that waits will not happen."""
    try:
        take_back_change(membership=own_membership(request, public_id), by=request.user, now=timezone.now())
        messages.success(request, _("Your plan stays as it is."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("membership_list")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def membership_pause(request: PersonRequest, public_id: str) -> HttpResponse:
    """A break of some months: choose, and see what it means."""
    membership, now = own_membership(request, public_id), timezone.now()
    form = PauseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = deeds.quote_pause(membership=membership, months=form.cleaned_data["months"], now=now)
            return redirect("quote", made.public_id)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    context = {"membership": membership, "choices": pause_choices(membership=membership, at=now), "form": form}
    status = 422 if form.errors else 200
    return private(page(request, "subscriptions/membership_pause.html", context, status=status))


@signed_in
@require_POST
def membership_resume(request: PersonRequest, public_id: str) -> HttpResponse:
    """Back before the pause is over: to the offer in writing."""
    try:
        made = deeds.quote_resume(membership=own_membership(request, public_id), now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("membership_list")
    return redirect("quote", made.public_id)


def own_membership(request: PersonRequest, public_id: str) -> Membership:
    rows = Membership.objects.select_related("fan", "creator", "tier", "price")
    return get_object_or_404(rows, public_id=public_id, fan=request.user)


def _first_error(form: WishForm) -> str:
    return str(next(iter(next(iter(form.errors.values())))))
