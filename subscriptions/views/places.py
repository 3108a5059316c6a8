"""A fan's place in a season: what is owed to them and how far it has come; and being told when sign-ups open."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.kit.access import signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions import places as deeds
from subscriptions.forms.seasons import PlaceForm
from subscriptions.models import Place, Season, Tier
from subscriptions.views.creators import private
from subscriptions.views.requests import PersonRequest


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def place_detail(request: PersonRequest, public_id: str) -> HttpResponse:
    """One's place in a season: when it is billed, what comes, and what the creator needs for it."""
    rows = Place.objects.select_related("season__tier__creator", "fan", "checkout__price", "fulfillment")
    place, now = get_object_or_404(rows, public_id=public_id, fan=request.user), timezone.now()
    sent = place.sent
    form = None
    if place.season.asks != Season.Asks.NOTHING and sent is None:
        form = PlaceForm(request.POST if request.method == "POST" else None, place=place)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            deeds.fill_place(place=place, by=request.user, now=now, **(form.cleaned_data if form else {}))
            messages.success(request, _("Saved. %(name)s sees it.") % {"name": place.season.tier.creator.display_name})
            return redirect("place_detail", place.public_id)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("place_detail", place.public_id)
    context = {"place": place, "season": place.season, "sent": sent, "form": form, "now": now}
    status = 422 if form is not None and form.errors else 200
    return private(page(request, "subscriptions/place_detail.html", context, status=status))


@signed_in
@require_POST
def opening_request(request: PersonRequest, handle: str, public_id: str) -> HttpResponse:
    """Be told when sign-ups for a tier open; or not after all."""
    tier = get_object_or_404(Tier, creator__handle=handle, public_id=public_id)
    now = timezone.now()
    try:
        if request.POST.get("told") == "no":
            deeds.drop_opening_request(tier=tier, fan=request.user, now=now)
            messages.success(request, _("You will not be told."))
        else:
            deeds.ask_for_opening(tier=tier, fan=request.user, now=now)
            messages.success(request, _("You are told, once, when sign-ups open."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("creator_page", handle=handle)
