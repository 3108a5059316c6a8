"""Promo codes of a creator: all of them with their uses, a new one, switched off."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import CreatorRequest, creator_only
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions.promos import add_promo, switch_off_promo
from subscriptions.forms.promos import PromoForm
from subscriptions.models import Checkout, PromoCode


@creator_only
@require_safe
def promo_list(request: CreatorRequest) -> HttpResponse:
    """A creator's codes, the newest first, each with how often it was used and what it took off."""
    paid = Q(uses__freed_at__isnull=True, uses__checkout__state=Checkout.State.PAID)
    rows = PromoCode.objects.filter(creator=request.creator).annotate(
        used=Count("uses", filter=paid), waiting=Count("uses", filter=Q(uses__checkout__state=Checkout.State.OPEN))
    )
    context = {"promos": rows.prefetch_related("tiers"), "now": timezone.now()}
    return page(request, "subscriptions/promo_list.html", context)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def promo_new(request: CreatorRequest) -> HttpResponse:
    """A new code; its terms are fixed once it is made."""
    form = PromoForm(request.POST if request.method == "POST" else None, creator=request.creator)
    if request.method == "POST" and form.is_valid():
        try:
            promo = add_promo(creator=request.creator, now=timezone.now(), **form.terms())
            messages.success(request, _("%(code)s counts from now on. Share it.") % {"code": promo})
            return redirect("promo_list")
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return page(request, "subscriptions/promo_new.html", {"form": form}, status=422 if form.errors else 200)


@creator_only
@require_POST
def promo_switch_off(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Nobody can use it any more; who joined with it keeps its price."""
    promo = get_object_or_404(PromoCode, creator=request.creator, public_id=public_id)
    switch_off_promo(promo=promo, now=timezone.now())
    messages.success(request, _("%(code)s is off. Who joined with it keeps the price.") % {"code": promo})
    return redirect("promo_list")
