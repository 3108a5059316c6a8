from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.access import creator_only
from portal.accounts.models import Creator
from portal.kit.access import public
from portal.kit.page import page
from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy
from portal.programs.models import Program
from portal.programs.queries import standing
from rewards import queries
from rewards.actions import open_appeal, recompute_month
from rewards.actions.months import final_date
from rewards.models import Clip, MonthStatement, RateCard, StatementLine
from rewards.rating import rules
from rewards.rating.card import Card

TABLE_ROWS = 50


def _creator(request: HttpRequest) -> Creator:
    """Set by `creator_only`."""
    creator: Creator = request.creator  # type: ignore[attr-defined]
    return creator


def month_from(text: str) -> date:
    """'2026-05' → its first day; anything else is not a page."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Http404 from None


def chosen_month(request: HttpRequest) -> date:
    text = request.GET.get("month", "")
    return month_from(text) if text else timezone.now().date().replace(day=1)


@creator_only
@require_safe
def reward_overview(request: HttpRequest) -> HttpResponse:
    today, month = timezone.now().date(), chosen_month(request)
    so_far = queries.month_of(creator=_creator(request), month=month)
    statements = queries.statements_of(_creator(request))
    return page(
        request,
        "rewards/reward_overview.html",
        {
            "standing": standing(creator=_creator(request), program=Program.REWARDS, on=today),
            "month": so_far,
            "funnel": so_far.funnel(),
            "clips": so_far.clips[:TABLE_ROWS],
            "statement": next((row for row in statements if row.month == month), None),
            "statements": statements,
            "months": queries.months_with_views(_creator(request)),
            "final_on": final_date(month, queries.card_of_month(month)),
        },
    )


@creator_only
@require_safe
def clip_detail(request: HttpRequest, clip: str) -> HttpResponse:
    found = get_object_or_404(Clip, public_id=clip, creator=_creator(request))
    months = queries.months_of(found)
    month = chosen_month(request) if "month" in request.GET or not months else months[0]
    so_far = queries.month_of(creator=_creator(request), month=month, clip=found)
    return page(
        request,
        "rewards/clip_detail.html",
        {
            "clip": found,
            "months": months,
            "month": so_far,
            "in_month": so_far.clips[0] if so_far.clips else None,
            "funnel": so_far.funnel(),
            "days": queries.days_of(found, month),
            "line": queries.line_of(found, month),
        },
    )


@creator_only
@require_safe
def reward_statement(request: HttpRequest, month: str) -> HttpResponse:
    first = month_from(month)
    statement = get_object_or_404(MonthStatement, creator=_creator(request), month=first)
    lines = list(statement.lines.select_related("clip").prefetch_related("appeals"))
    card = queries.card_of_month(first)
    again = recompute_month(statement=statement) if "again" in request.GET else None
    return page(
        request,
        "rewards/reward_statement.html",
        {
            "statement": statement,
            "lines": lines,
            "funnel": queries.statement_funnel(lines, card.card() if card else Card()),
            "final_on": final_date(first, card),
            "again": again,
        },
    )


@creator_only
@require_POST
def reward_appeal(request: HttpRequest, line: int) -> HttpResponse:
    """A creator asks for a line to be looked at again."""
    found = get_object_or_404(StatementLine.objects.of(_creator(request)).select_related("statement"), pk=line)
    message = request.POST.get("message", "")[:2_000]
    try:
        appeal = open_appeal(creator=_creator(request), line=found, message=message, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("Your appeal is open. You get an answer by %(day)s.") % {"day": day_lazy(appeal.decide_by)}
        )
    return redirect(found.statement)


@public
@require_safe
def reward_rules(request: HttpRequest) -> HttpResponse:
    today = timezone.now().date()
    card = queries.card_in_force(today)
    return page(
        request,
        "rewards/reward_rules.html",
        {
            "card": card,
            "rules": [(rule, queries.sentence(rule, card)) for rule in rules.rules()],
            "steps": [queries.sentence(step, card) for step in rules.steps().values()],
            "cards": RateCard.objects.published(),
            "current": RateCard.objects.in_force(today).first(),
        },
    )
