"""What memberships bring: recurring revenue and what is left of it, every number with the rows behind it."""

from datetime import date, datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.access import CreatorRequest, creator_only
from portal.kit import charts
from portal.kit.charts import Chart, Series
from portal.kit.page import page
from portal.kit.tables import csv_response
from subscriptions.models import MrrEvent
from subscriptions.queries import revenue as questions
from subscriptions.queries.revenue import Cohorts, NetMonth, RevenueMonth

EVENTS_A_PAGE = 50
SHEET_HEADER = (
    "month",
    "currency",
    "mrr_before_minor",
    *(name for kind in MrrEvent.Kind.values for name in (f"{kind}_minor", f"{kind}_count")),
    "mrr_after_minor",
    "churn_bp",
    "paid_minor",
    "given_back_minor",
    "tax_minor",
    "provider_minor",
    "portal_minor",
    "disputes_minor",
    "creator_minor",
)


@creator_only
@require_safe
def revenue(request: CreatorRequest) -> HttpResponse:
    """Recurring revenue month by month, by tier and by cohort; and what the payments became."""
    creator, now = request.creator, timezone.now()
    currencies = questions.currencies_of(creator=creator)
    currency = request.GET.get("currency", "")
    currency = currency if currency in currencies else currencies[0]
    months = questions.revenue_months(creator=creator, currency=currency, now=now)
    kept = questions.cohorts(creator=creator, now=now)
    nets = questions.net_months(creator=creator, currency=currency)
    context = {
        "currency": currency,
        "currencies": currencies,
        "months": months[::-1],
        "month": months[-1] if months else None,
        "tiers": questions.revenue_by_tier(creator=creator, currency=currency),
        "nets": nets[::-1],
        "net": nets[-1] if nets else None,
        "charts": _charts(months, kept, currency),
        "kinds": MrrEvent.Kind.choices,
    }
    return page(request, "subscriptions/revenue.html", context)


@creator_only
@require_safe
def revenue_event_list(request: CreatorRequest) -> HttpResponse:
    """The rows behind a number: each change of a membership's monthly revenue."""
    creator = request.creator
    currency = request.GET.get("currency") or creator.currency
    kind = request.GET.get("kind", "")
    kind = kind if kind in MrrEvent.Kind.values else ""
    month = month_asked(request)
    rows = questions.mrr_events(creator=creator, currency=currency[:3], month=month, kind=kind)
    context = {
        "events": Paginator(rows, EVENTS_A_PAGE).get_page(request.GET.get("page")),
        "total": sum(rows.values_list("delta_minor", flat=True)),
        "currency": currency[:3],
        "kind": MrrEvent.Kind(kind).label if kind else "",
        "month": month,
    }
    return page(request, "subscriptions/revenue_event_list.html", context)


@creator_only
@require_safe
def revenue_export(request: CreatorRequest) -> HttpResponse:
    """The months as a file: recurring revenue and what the payments became, in minor units."""
    creator, now = request.creator, timezone.now()
    currencies = questions.currencies_of(creator=creator)
    currency = request.GET.get("currency", "")
    currency = currency if currency in currencies else currencies[0]
    whole = 12 * 100
    months = questions.revenue_months(creator=creator, currency=currency, now=now, months=whole)
    nets = {row.month: row for row in questions.net_months(creator=creator, currency=currency, months=whole)}
    rows = [_line(row, nets.get(f"{row.month:%Y-%m}"), currency) for row in months]
    answer = csv_response("revenue", SHEET_HEADER, rows)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _line(row: RevenueMonth, net: NetMonth | None, currency: str) -> list[object]:
    moved = [value for _kind, amount, times in row.cells() for value in (amount, times)]
    became = [net.came, net.back, net.tax, net.provider, net.platform, net.other, net.creator] if net else [0] * 7
    return [f"{row.month:%Y-%m}", currency, row.opening_minor, *moved, row.closing_minor, row.churn_bp, *became]


def month_asked(request: HttpRequest) -> date | None:
    """The month in the address (?month=2026-05); None when there is none."""
    try:
        return datetime.strptime(request.GET.get("month", ""), "%Y-%m").date()  # noqa: DTZ007
    except ValueError:
        return None


def _name(month: date) -> str:
    return date_format(month, "M Y")


def _charts(months: list[RevenueMonth], kept: Cohorts, currency: str) -> dict[str, SafeString]:
    if not months:
        return {}
    names = [_name(row.month) for row in months]
    mrr = Chart(
        _("Monthly recurring revenue at the end of each month"),
        names,
        [Series(_("Recurring revenue"), [row.closing_minor for row in months])],
        currency,
    )
    churn = Chart(
        _("Members who left, of those who paid when the month began"),
        names,
        [Series(_("Churn"), [row.churn_bp for row in months])],
        "percent",
    )
    known = [value for value in kept.curve if value is not None]
    columns = [str(number) for number in range(len(known))]
    curve = Chart(
        _("Of all who joined, the part that still pays after so many months"),
        columns,
        [Series(_("Still paying"), known)],
        "percent",
    )
    grid = charts.cohort_grid(
        _("Who joined when, and how many of them still pay"),
        columns,
        [
            (f"{_name(month)} ({size})", [*cells, *[None] * (len(columns) - len(cells))])
            for month, size, cells in kept.rows
        ],
        _("Each row is the members who first paid in that month; the columns are months since."),
    )
    return {
        "mrr": charts.area_chart(mrr),
        "churn": charts.bar_chart(churn),
        "curve": charts.line_chart(curve),
        "cohorts": grid,
    }
