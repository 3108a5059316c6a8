"""What tiers cost: new members at once, existing ones only after they were told."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.access import creator_only
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions import tiers as deeds
from subscriptions.actions.price_changes import announce_price_change, withdraw_price_change
from subscriptions.forms.prices import LeavingForm, PriceChangeForm, PricesForm, earliest_date
from subscriptions.models import PriceChange, PromoCode, Tier
from subscriptions.queries.prices import price_groups
from subscriptions.queries.tiers import current_prices
from subscriptions.views.requests import CreatorRequest


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def tier_prices(request: CreatorRequest, public_id: str) -> HttpResponse:
    """A price for each time one may pay for at once; who pays which; and taking a new price to the members."""
    tier, now = _own_tier(request, public_id), timezone.now()
    prices = current_prices(tier=tier, at=now)
    form = PricesForm(request.POST if request.method == "POST" else None, tier=tier, prices=prices)
    if request.method == "POST" and form.is_valid():
        try:
            deeds.set_prices(tier=tier, amounts=form.cleaned_data, now=now)
            messages.success(request, _("Saved. Members keep the price they have."))
            return redirect("tier_prices", tier.public_id)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return _prices_page(request, tier, form, PriceChangeForm(tier=tier), now)


@creator_only
@require_POST
def tier_price_change(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Take a new price to the members, from a day on."""
    tier, now = _own_tier(request, public_id), timezone.now()
    form = PriceChangeForm(request.POST, tier=tier)
    if form.is_valid():
        try:
            announce_price_change(
                price=form.cleaned_data["price"], effective_at=form.effective_at(), by=request.user, now=now
            )
            messages.success(request, _("Announced. Each member is told now."))
            return redirect("tier_prices", tier.public_id)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return _prices_page(request, tier, PricesForm(tier=tier, prices=current_prices(tier=tier, at=now)), form, now)


@creator_only
@require_POST
def tier_price_change_withdrawal(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Members keep what they have after all."""
    change = get_object_or_404(PriceChange, price__tier__creator=request.creator, public_id=public_id)
    withdraw_price_change(change=change, by=request.user, now=timezone.now())
    messages.success(request, _("Withdrawn. Who does not pay it yet keeps their price."))
    return redirect("tier_prices", change.price.tier.public_id)


@creator_only
@require_POST
def leaving(request: CreatorRequest) -> HttpResponse:
    """Whether members may pause, and what is offered to who leaves."""
    codes = PromoCode.objects.switched_on().filter(creator=request.creator)
    form = LeavingForm(request.POST, codes=codes)
    if form.is_valid():
        deeds.set_leaving(creator=request.creator, **form.cleaned_data)
        messages.success(request, _("Saved."))
    else:
        messages.error(request, str(next(iter(next(iter(form.errors.values()))))))
    return redirect("tier_list")


def _prices_page(
    request: CreatorRequest, tier: Tier, form: PricesForm, change_form: PriceChangeForm, now: datetime
) -> HttpResponse:
    context = {
        "tier": tier,
        "form": form,
        "change_form": change_form,
        "groups": price_groups(tier=tier, at=now),
        "announced": PriceChange.objects.filter(price__tier=tier, withdrawn_at__isnull=True).select_related("price"),
        "earliest": earliest_date(timezone.localdate(now)),
    }
    status = 422 if form.errors or change_form.errors else 200
    return page(request, "subscriptions/tier_prices.html", context, status=status)


def _own_tier(request: CreatorRequest, public_id: str) -> Tier:
    return get_object_or_404(Tier.objects.select_related("creator"), creator=request.creator, public_id=public_id)
