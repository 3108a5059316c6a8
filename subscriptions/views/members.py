"""A creator's members: the list, one of them, who could not pay, why some leave, and access given without payment."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import CreatorRequest, creator_only
from portal.accounts.models import User
from portal.kit.page import page
from portal.kit.public_ids import public_id
from portal.kit.refusal import Refusal
from portal.kit.tables import chosen, csv_response
from subscriptions.actions import members as deeds
from subscriptions.forms.members import GiveForm, GiveToForm, MemberFilterForm, NoteForm, ReasonForm, TakeBackForm
from subscriptions.models import Grant, MemberNote, Membership
from subscriptions.queries import leaving
from subscriptions.queries import members as questions
from subscriptions.queries.access import perks
from subscriptions.queries.memberships import creator_summary, with_tenure
from subscriptions.queries.staying import stay_summary
from subscriptions.queries.tenure import tenure_months
from subscriptions.queries.timeline import timeline
from subscriptions.views.revenue import month_asked

MOST_IN_A_SHEET = 100_000


@creator_only
@require_safe
def member_list(request: CreatorRequest) -> HttpResponse:
    """Members by filter and word, page by page. Nothing on it is counted, so it opens as fast at any length."""
    creator, now = request.creator, timezone.now()
    form = MemberFilterForm(request.GET, creator=creator)
    wish = form.chosen()
    if request.GET.get("format") == "csv":
        return _sheet(request, wish)
    found = questions.member_page(creator=creator, chosen=wish, now=now, after=request.GET.get("after", ""))
    standing = questions.standings(rows=found.rows, creator=creator, at=now)
    rows = with_tenure(rows=found.rows, creator=creator, at=now)
    context = {
        "form": form,
        "wish": wish,
        "found": found,
        "rows": [(row, months, badge, standing[row.pk]) for row, months, badge in rows],
        "give": GiveForm(auto_id="give_%s", creator=creator, initial={"key": public_id()}),
    }
    return page(request, "subscriptions/member_list.html", context, part="rows")


@creator_only
@require_safe
def member_summary(request: CreatorRequest) -> HttpResponse:
    """The four numbers above the list. They count everybody, so the list fetches them after it is shown."""
    context = {"summary": creator_summary(creator=request.creator, now=timezone.now())}
    return page(request, "subscriptions/member_summary.html", context, part="numbers")


@creator_only
@require_POST
def member_gift(request: CreatorRequest) -> HttpResponse:
    """Give the chosen members access without payment."""
    creator = request.creator
    form = GiveForm(request.POST, creator=creator)
    rows = chosen(request, Membership.objects.filter(creator=creator).select_related("fan"))
    if not form.is_valid():
        messages.error(request, _("Nothing was given: choose a tier, and say why."))
        return redirect("member_list")
    _give(request, [row.fan for row in rows], form.cleaned_data)
    return redirect("complimentary")


def _give(request: CreatorRequest, fans: list[User], values: dict[str, Any]) -> None:
    gift = {name: values[name] for name in ("tier", "reason", "until", "key")}
    try:
        given = deeds.give_complimentary(creator=request.creator, fans=fans, now=timezone.now(), **gift)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return
    told = ngettext("%(count)s person has access now.", "%(count)s people have access now.", len(given))
    messages.success(request, told % {"count": len(given)})


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def member_detail(request: CreatorRequest, public_id: str) -> HttpResponse:
    """One member: how they stand, what they see, what happened, and the creator's own notes."""
    creator, now = request.creator, timezone.now()
    rows = Membership.objects.select_related("fan", "tier", "price", "creator").exclude(status="incomplete")
    membership = get_object_or_404(rows, creator=creator, public_id=public_id)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        deeds.write_note(creator=creator, fan=membership.fan, text=form.cleaned_data["text"], now=now)
        messages.success(request, _("Noted."))
        return redirect("member_detail", membership.public_id)
    theirs = perks(viewer=membership.fan, creator=creator, at=now)
    context = {
        "membership": membership,
        "standing": questions.standings(rows=[membership], creator=creator, at=now)[membership.pk],
        "theirs": theirs,
        "months": tenure_months(fans=[membership.fan], creator=creator, at=now).get(membership.fan_id, 0),
        "happenings": timeline(membership=membership),
        "notes": MemberNote.objects.filter(creator=creator, fan=membership.fan),
        "form": form,
    }
    return page(request, "subscriptions/member_detail.html", context, status=422 if form.errors else 200)


@creator_only
@require_safe
def declined_list(request: CreatorRequest) -> HttpResponse:
    """Whose payment failed, since when, how much is open, and until when they keep their access."""
    context = {"declined": questions.declined_members(creator=request.creator), "now": timezone.now()}
    return page(request, "subscriptions/declined_list.html", context)


@creator_only
@require_safe
def cancellation_list(request: CreatorRequest) -> HttpResponse:
    """Why members leave: the reasons month by month, and what they wrote."""
    creator = request.creator
    form = ReasonForm(request.GET)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    month = month_asked(request)
    rows = leaving.cancellations_of(creator=creator, reason=reason, month=month)
    context = {
        "form": form,
        "month": month,
        "reasons": leaving.cancellation_counts(creator=creator, now=timezone.now()),
        "found": Paginator(rows, questions.A_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": bool(reason or month),
        "stays": stay_summary(creator=creator, now=timezone.now()),
    }
    return page(request, "subscriptions/cancellation_list.html", context)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def complimentary(request: CreatorRequest) -> HttpResponse:
    """Access given without payment: to whom, why, until when; give it to another creator, take it back."""
    creator = request.creator
    bound = request.POST if request.method == "POST" else None
    form = GiveToForm(bound, creator=creator, initial={"key": public_id()})
    if request.method == "POST" and form.is_valid():
        _give(request, [form.cleaned_data["handle"].user], form.cleaned_data)
        return redirect("complimentary")
    grants = questions.given_access(creator=creator)
    context = {
        "form": form,
        "grants": Paginator(grants, questions.A_PAGE).get_page(request.GET.get("page")),
        "take_back": TakeBackForm(),
        "now": timezone.now(),
    }
    return page(request, "subscriptions/complimentary.html", context, status=422 if form.errors else 200)


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def complimentary_revocation(request: CreatorRequest, grant_id: int) -> HttpResponse:
    """Take given access back; GET says what that means."""
    grant = get_object_or_404(
        Grant.objects.select_related("fan", "tier", "benefit"),
        pk=grant_id,
        creator=request.creator,
        kind=Grant.Kind.COMPLIMENTARY,
    )
    form = TakeBackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        deeds.take_back(creator=request.creator, grant=grant, reason=form.cleaned_data["reason"], now=timezone.now())
        messages.success(request, _("Taken back."))
        return redirect("complimentary")
    context = {"grant": grant, "form": form}
    return page(request, "subscriptions/complimentary_revocation.html", context, status=422 if form.errors else 200)


def _sheet(request: CreatorRequest, wish: questions.MemberFilter) -> HttpResponse:
    creator, now = request.creator, timezone.now()
    rows = list(questions.found_members(creator=creator, chosen=wish, now=now)[:MOST_IN_A_SHEET])
    months = tenure_months(fans=[row.fan for row in rows], creator=creator, at=now)
    standing = questions.standings(rows=rows, creator=creator, at=now)
    answer = csv_response("members", questions.SHEET_HEADER, questions.sheet_rows(rows, months, standing))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
