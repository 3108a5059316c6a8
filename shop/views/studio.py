"""What a creator sees of the own links and commissions."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.accounts.access import creator_only
from portal.kit.page import page
from portal.programs.models import Program
from portal.programs.queries import standing
from shop.models import Commission, CommissionPlan
from shop.queries.commissions import creator_summary, links_with_counts, lost_lines

PER_PAGE = 50


@creator_only
@require_safe
def showcase(request: HttpRequest) -> HttpResponse:
    """Links with their counts, the funnel from clicks to commissions, and what did not earn and why."""
    creator = request.creator  # type: ignore[attr-defined]
    now = timezone.now()
    context = {
        "creator": creator,
        "links": links_with_counts(creator, now),
        "summary": creator_summary(creator, now),
        "lost": lost_lines(creator),
        "standing": standing(creator=creator, program=Program.SHOP, on=now.date(), now=now),
        "states": Commission.State,
    }
    return page(request, "shop/showcase.html", context)


@creator_only
@require_safe
def commission_list(request: HttpRequest) -> HttpResponse:
    creator = request.creator  # type: ignore[attr-defined]
    rows = Commission.objects.filter(creator=creator).select_related("line__order__brand", "line__product")
    state = request.GET.get("state", "")
    if state in Commission.State.values:
        rows = rows.filter(state=state)
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "state": state,
        "states": Commission.State.choices,
    }
    return page(request, "shop/commission_list.html", context, part="rows")


@creator_only
@require_safe
def commission_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """One commission: how it is computed, the click it came from, every click looked at, and each change."""
    commission = get_object_or_404(
        Commission.objects.select_related(
            "line__order__brand", "line__product", "link__plan_version__plan", "click", "terms", "creator"
        ),
        public_id=public_id,
        creator=request.creator,  # type: ignore[attr-defined]
    )
    own_touches = commission.line.touches.filter(click__link__creator=commission.creator).select_related("click")
    context = {
        "commission": commission,
        "events": commission.events.select_related("by"),
        "touches": own_touches,
        "other_touches": commission.line.touches.exclude(click__link__creator=commission.creator).count(),
        "returns": commission.line.returns.order_by("returned_at"),
        "is_target": commission.link.plan_version.plan.kind == CommissionPlan.Kind.TARGET,
    }
    return page(request, "shop/commission_detail.html", context)
