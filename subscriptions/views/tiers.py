from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import creator_only
from portal.accounts.models import Creator
from portal.kit.page import page
from portal.kit.refusal import Refusal
from portal.programs.models import Program
from portal.programs.queries import is_enrolled
from subscriptions.actions import tiers as deeds
from subscriptions.forms.prices import LeavingForm
from subscriptions.forms.tiers import TIER_TEMPLATES, GraceForm, TierForm, as_typed, tier_values
from subscriptions.models import Benefit, MembershipTerms, Tier, TierPrice
from subscriptions.queries.drafts import with_draft
from subscriptions.queries.promises import promise_boards
from subscriptions.queries.tiers import current_price, offers
from subscriptions.views.requests import CreatorRequest


@creator_only
@require_safe
def tier_list(request: CreatorRequest) -> HttpResponse:
    """The creator's tiers, drafts too, as fans see them."""
    creator, now = request.creator, timezone.now()
    terms = MembershipTerms.objects.filter(creator=creator).first()
    days = terms.grace_days if terms else MembershipTerms.DEFAULT_GRACE_DAYS
    context = {
        "creator": creator,
        "offers": offers(creator=creator, at=now, drafts=True),
        "may_sell": is_enrolled(creator=creator, program=Program.SUBSCRIPTIONS, on=now.date(), now=now),
        "most": Tier.MOST_PER_CREATOR,
        "templates": TIER_TEMPLATES,
        "boards": promise_boards(creator=creator, at=now),
        "grace_form": GraceForm(initial={"grace_days": days}),
        "leaving_form": LeavingForm(instance=terms),
    }
    return page(request, "subscriptions/tier_list.html", context)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def tier_new(request: CreatorRequest) -> HttpResponse:
    """A new tier: a draft until it is published."""
    creator = request.creator
    first = TIER_TEMPLATES.get(request.GET.get("from", "")) or {
        "kinds": [Benefit.Kind.BADGE, Benefit.Kind.CONTENT, Benefit.Kind.CHAT]
    }
    form = TierForm(request.POST if request.method == "POST" else None, creator=creator, initial=first)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            deeds.add_tier(
                creator=creator,
                amount_minor=values["amount"],
                interval=values["interval"],
                benefits=_benefits(creator, values),
                now=timezone.now(),
                **_plain(values),
            )
            return redirect("tier_list")
        except Refusal as refusal:
            _show(form, refusal)
    return page(request, "subscriptions/tier_new.html", {"form": form}, status=422 if form.errors else 200)


@creator_only
@require_POST
def tier_preview(request: CreatorRequest) -> HttpResponse:
    """The tiers as fans would see them with what is written in the form: the part beside it while one types, a whole
    page without scripts. Nothing is saved.
    """
    creator, now = request.creator, timezone.now()
    tier = Tier.objects.filter(creator=creator, public_id=request.POST.get("tier", "")).first()
    form = TierForm(request.POST, creator=creator, tier=tier)
    form.is_valid()
    context = {
        "form": TierForm(creator=creator, tier=tier, initial=as_typed(request.POST)),
        "tier": tier,
        "creator": creator,
        "offers": with_draft(creator=creator, tier=tier, values=form.cleaned_data, at=now),
        "is_preview": True,
    }
    return page(request, "subscriptions/tier_preview.html", context, part="preview")


@creator_only
@require_POST
def tier_move(request: CreatorRequest, public_id: str) -> HttpResponse:
    """One step up or down in the order."""
    tier = get_object_or_404(Tier, creator=request.creator, public_id=public_id)
    try:
        deeds.move_tier(tier=tier, up=request.POST.get("to") == "up")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("tier_list")


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def tier_edit(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Change a tier. Another price is a new version: members keep theirs."""
    creator, now = request.creator, timezone.now()
    tier = get_object_or_404(Tier, creator=creator, public_id=public_id)
    price = current_price(tier=tier, at=now)
    form = TierForm(
        request.POST if request.method == "POST" else None, creator=creator, tier=tier, initial=tier_values(tier, price)
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            deeds.change_tier(
                tier=tier,
                amount_minor=values["amount"],
                interval=price.interval if price else TierPrice.Interval.MONTH,
                benefits=_benefits(creator, values),
                now=now,
                **_plain(values),
            )
            if tier.is_on_sale:
                deeds.publish_tier(tier=tier, now=now)
            messages.success(request, _("Saved."))
            return redirect("tier_list")
        except Refusal as refusal:
            _show(form, refusal)
    context = {"form": form, "tier": tier}
    return page(request, "subscriptions/tier_edit.html", context, status=422 if form.errors else 200)


@creator_only
@require_POST
def tier_publication(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Put a tier on sale."""
    tier = get_object_or_404(Tier, creator=request.creator, public_id=public_id)
    try:
        deeds.publish_tier(tier=tier, now=timezone.now())
        messages.success(request, _("Fans can join %(tier)s now.") % {"tier": tier})
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("tier_list")


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def tier_archive(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Take a tier off sale for good; GET says what that means."""
    tier = get_object_or_404(Tier, creator=request.creator, public_id=public_id)
    if request.method != "POST":
        context = {"tier": tier, "members": tier.memberships.going_on().count()}
        return page(request, "subscriptions/tier_archive.html", context)
    deeds.archive_tier(tier=tier, now=timezone.now())
    messages.success(request, _("%(tier)s is archived. Members keep what they have.") % {"tier": tier})
    return redirect("tier_list")


@creator_only
@require_POST
def grace(request: CreatorRequest) -> HttpResponse:
    """How long a failed payment leaves the doors open."""
    form = GraceForm(request.POST)
    if form.is_valid():
        deeds.set_grace(creator=request.creator, days=form.cleaned_data["grace_days"])
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Choose one of the spans."))
    return redirect("tier_list")


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("name", "description", "badge", "seats", "trial_days", "welcome")}


def _benefits(creator: Creator, values: dict[str, Any]) -> list[Benefit]:
    labels = dict(Benefit.Kind.choices)
    typed = [deeds.ensure_benefit(creator=creator, kind=kind, title=str(labels[kind])) for kind in values["kinds"]]
    custom = Benefit.Kind.CUSTOM
    return typed + [deeds.ensure_benefit(creator=creator, kind=custom, title=line) for line in values["promises"]]


def _show(form: TierForm, refusal: Refusal) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
