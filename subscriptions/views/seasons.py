"""A creator's seasons: all of them, a new one, its terms while it has not opened, who is in it and what they are owed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import CreatorRequest, creator_only
from portal.kit.page import page
from portal.kit.refusal import Refusal
from portal.kit.tables import csv_response
from subscriptions.actions import fulfillment as lines
from subscriptions.actions import seasons as deeds
from subscriptions.forms.seasons import SeasonForm, SentForm
from subscriptions.models import Fulfillment, Season, Tier
from subscriptions.queries import cohorts as questions
from subscriptions.queries.cohorts import FILTERS, CohortRow
from subscriptions.views.creators import private

SHEET_HEADER = (
    "name",
    "email",
    "address",
    "note",
    "tier",
    "since",
    "paid_minor",
    "currency",
    "owed",
    "state",
    "sent",
    "sent_note",
    "marks",
    "address_now",
    "note_now",
)


@creator_only
@require_safe
def season_list(request: CreatorRequest) -> HttpResponse:
    """A creator's seasons with how many are in each, and which tiers are joined in seasons only."""
    now = timezone.now()
    seasons = list(questions.seasons_of(creator=request.creator))
    people = questions.people_in(seasons=seasons)
    context = {
        "rows": [(season, season.state(now), people.get(season.pk, 0)) for season in seasons],
        "tiers": Tier.objects.on_sale().filter(creator=request.creator),
    }
    return page(request, "subscriptions/season_list.html", context)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def season_new(request: CreatorRequest) -> HttpResponse:
    """Plan a season; its terms are fixed once it opens."""
    now = timezone.now()
    start = {"first_period": Season.FirstPeriod.PRORATED, "asks": Season.Asks.NOTHING}
    form = SeasonForm(request.POST if request.method == "POST" else None, creator=request.creator, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            season = deeds.add_season(now=now, **form.terms(now))
            messages.success(request, _("“%(season)s” is planned.") % {"season": season})
            return redirect("season_detail", season.public_id)
        except Refusal as refusal:
            _show(form, refusal)
    return page(request, "subscriptions/season_new.html", {"form": form}, status=422 if form.errors else 200)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def season_edit(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Other terms, as long as sign-ups have not opened."""
    season, now = _own(request, public_id), timezone.now()
    form = SeasonForm(request.POST if request.method == "POST" else None, creator=request.creator, season=season)
    if request.method == "POST" and form.is_valid():
        try:
            deeds.change_season(season=season, now=now, **form.terms(now))
            messages.success(request, _("Saved."))
            return redirect("season_detail", season.public_id)
        except Refusal as refusal:
            _show(form, refusal)
    context = {"form": form, "season": season}
    return page(request, "subscriptions/season_edit.html", context, status=422 if form.errors else 200)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def season_cancellation(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Call a season off while nobody is in it; GET says what that means."""
    season = _own(request, public_id)
    if request.method != "POST":
        return page(request, "subscriptions/season_cancellation.html", {"season": season})
    try:
        deeds.cancel_season(season=season, now=timezone.now())
        messages.success(request, _("“%(season)s” is called off.") % {"season": season})
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("season_detail", season.public_id)
    return redirect("season_list")


@creator_only
@require_POST
def season_rule(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Whether a tier is joined in seasons only."""
    tier = get_object_or_404(Tier, creator=request.creator, public_id=public_id)
    only = request.POST.get("only") == "yes"
    deeds.set_seasons_only(tier=tier, only=only)
    said = _("%(tier)s is joined in seasons only now.") if only else _("%(tier)s can be joined at any time now.")
    messages.success(request, said % {"tier": tier})
    return redirect("season_list")


@creator_only
@require_safe
def season_detail(request: CreatorRequest, public_id: str) -> HttpResponse:
    """One season: its terms, and its cohort with what each of them is owed."""
    season, now = _own(request, public_id), timezone.now()
    only = request.GET.get("only", "")
    everybody = questions.cohort(season=season)
    here = reverse("season_detail", args=[season.public_id])
    chips = [
        {
            "label": label,
            "url": f"{here}?only={word}" if word else here,
            "current": word == only,
            "count": len(questions.only_those(everybody, word)),
        }
        for word, label in FILTERS.items()
    ]
    context = {
        "season": season,
        "state": season.state(now),
        "rows": questions.only_those(everybody, only),
        "count": len(everybody),
        "chips": chips,
        "form": SentForm(today=now.date()),
        "may_change": now < season.opens_at and season.canceled_at is None,
        "unsettled": questions.places_unsettled(season=season).count() if season.locked_at is None else 0,
    }
    return private(page(request, "subscriptions/season_detail.html", context))


@creator_only
@require_safe
def season_export(request: CreatorRequest, public_id: str) -> HttpResponse:
    """The list as a file, as it is filtered: for labels and letters."""
    season = _own(request, public_id)
    rows = questions.cohort(season=season, only=request.GET.get("only", ""))
    return csv_response(f"season-{season.public_id}", SHEET_HEADER, [_line(row) for row in rows])


def _line(row: CohortRow) -> list[object]:
    locked, place, sent = row.fulfillment, row.place, row.dispatch
    as_it_stood = locked or place
    return [
        row.name,
        place.fan.email,
        as_it_stood.address,
        as_it_stood.note,
        locked.tier_name if locked else place.season.tier.name,
        place.taken_at.date(),
        locked.paid_minor if locked else row.paid.paid_minor,
        row.paid.currency,
        place.season.owes,
        row.state if locked else "",
        sent.sent_date if sent else "",
        sent.note if sent else "",
        "; ".join(str(mark) for mark in row.marks),
        place.address,
        place.note,
    ]


@creator_only
@require_POST
def fulfillment_sent(request: CreatorRequest, line_id: int) -> HttpResponse:
    """What one member is owed is on its way."""
    line, now = _own_line(request, line_id), timezone.now()
    form = SentForm(request.POST)
    try:
        if not form.is_valid():
            messages.error(request, _("Say on which day it was sent."))
        else:
            lines.record_sent(fulfillment=line, by=request.user, now=now, **form.cleaned_data)
            messages.success(request, _("%(name)s is told that it is on its way.") % {"name": line.name})
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return _back(request, line)


@creator_only
@require_POST
def fulfillment_undo(request: CreatorRequest, line_id: int) -> HttpResponse:
    """It was not sent after all."""
    line = _own_line(request, line_id)
    lines.undo_sent(fulfillment=line, by=request.user, now=timezone.now())
    messages.success(request, _("It counts as not sent."))
    return _back(request, line)


def _own(request: CreatorRequest, public_id: str) -> Season:
    return get_object_or_404(questions.seasons_of(creator=request.creator), public_id=public_id)


def _own_line(request: CreatorRequest, line_id: int) -> Fulfillment:
    rows = Fulfillment.objects.select_related("season")
    return get_object_or_404(rows, pk=line_id, season__tier__creator=request.creator)


def _back(request: CreatorRequest, line: Fulfillment) -> HttpResponse:
    """To the list, filtered as it was."""
    only = request.POST.get("only", "")
    here = reverse("season_detail", args=[line.season.public_id])
    return redirect(f"{here}?only={only}" if only in FILTERS and only else here)


def _show(form: SeasonForm, refusal: Refusal) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
