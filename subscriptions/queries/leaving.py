"""Why members leave: the eight reasons over time, and what they wrote."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from subscriptions.models import Cancellation
from subscriptions.queries.revenue import MONTHS_SHOWN, UTC, first_of, month_span, months_back

NO_REASON = "none"


@dataclass(frozen=True, slots=True)
class Reasons:
    """`rows`: code, its sentence, how often in each of the months, and in all. The most frequent first."""

    months: list[date]
    rows: list[tuple[str, str | Promise, list[int], int]]
    total: int
    undone: int


def cancellation_counts(*, creator: Creator, now: datetime, months: int = MONTHS_SHOWN) -> Reasons:
    """How often each reason was given in each of the newest months; taken-back ones count too. One query."""
    shown = [months_back(first_of(now), back) for back in range(months - 1, -1, -1)]
    groups = (
        Cancellation.objects.filter(membership__creator=creator, asked_at__gte=month_span(shown[0])[0])
        .annotate(month=TruncMonth("asked_at", tzinfo=UTC))
        .order_by()
        .values_list("reason", "month")
        .annotate(times=Count("pk"), taken_back=Count("undone_at"))
    )
    counts: Counter[tuple[str, date]] = Counter()
    undone = 0
    for reason, month, times, taken_back in groups:
        counts[reason or NO_REASON, first_of(month)] += times
        undone += taken_back
    labels = {**dict(Cancellation.Reason.choices), NO_REASON: _("Without a reason")}
    rows = []
    for code, label in labels.items():
        line = [counts[code, month] for month in shown]
        if sum(line) or code != NO_REASON:
            rows.append((code, label, line, sum(line)))
    return Reasons(shown, sorted(rows, key=lambda row: -row[3]), counts.total(), undone)


def cancellations_of(*, creator: Creator, reason: str = "", month: date | None = None) -> QuerySet[Cancellation]:
    """The cancellations behind a number, newest first."""
    rows = Cancellation.objects.filter(membership__creator=creator)
    if reason:
        rows = rows.filter(reason="" if reason == NO_REASON else reason)
    if month is not None:
        since, until = month_span(month)
        rows = rows.filter(asked_at__gte=since, asked_at__lt=until)
    return rows.select_related("membership__fan", "membership__tier").order_by("-asked_at", "-pk")
