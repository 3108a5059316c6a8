from datetime import UTC, date, timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from rewards import actions
from rewards.actions.months import NotFinalYet
from rewards.models import MonthStatement


@shared_task(name="rewards.rate_day")
def rate_day(*, day: str | None = None, **_: Any) -> int:
    """Rate one day, or without a day whatever needs it up to yesterday; how many days were rated."""
    now = timezone.now()
    if day is not None:
        return len(actions.rate_day(day=date.fromisoformat(day), now=now))
    yesterday = now.astimezone(UTC).date() - timedelta(days=1)
    months = {yesterday.replace(day=1)}
    # Until the month before is closed, late views may still come.
    before = yesterday.replace(day=1) - timedelta(days=1)
    if not MonthStatement.objects.filter(month=before.replace(day=1)).exists():
        months.add(before)
    untils = sorted(min(yesterday, actions.months.last_day(month)) for month in months)
    closed = set(MonthStatement.objects.values_list("month", flat=True))
    return sum(len(actions.rate_stale(until=until, now=now)) for until in untils if until.replace(day=1) not in closed)


@shared_task(name="rewards.close_month")
def close_month(*, month: str | None = None, **_: Any) -> int:
    """Close a month (YYYY-MM), by default the last one; how many statements it has."""
    return len(actions.close_month(month=_month(month), now=timezone.now()))


@shared_task(name="rewards.finalize_month")
def finalize_month(*, month: str | None = None, **_: Any) -> int:
    """Make a month final, by default the last one; before its final day nothing happens."""
    try:
        return len(actions.finalize_month(month=_month(month), now=timezone.now()))
    except NotFinalYet:
        return 0


def _month(text: str | None) -> date:
    """'2026-05' → its first day; None → the first day of last month (UTC)."""
    if text is not None:
        return date.fromisoformat(f"{text}-01")
    return (timezone.now().astimezone(UTC).date().replace(day=1) - timedelta(days=1)).replace(day=1)
