"""Questions about what creators earn."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from portal.accounts.models import Creator
from shop.models import Click, Commission, Link, OrderLine

COUNTED = Q(clicks__flag=Click.Flag.NONE)


def amounts_by_state(commissions: Iterable[Commission]) -> dict[str, dict[str, int]]:
    """state → currency → minor units."""
    found: dict[str, dict[str, int]] = {}
    for commission in commissions:
        sums = found.setdefault(commission.state, {})
        sums[commission.currency] = sums.get(commission.currency, 0) + commission.amount_minor
    return found


def funnel(creator: Creator) -> dict[str, int]:
    """Clicks → visitors → orders → commissions of one creator's links. Machines and own clicks are counted apart."""
    clicks = Click.objects.filter(link__creator=creator).aggregate(
        clicks=Count("pk", filter=Q(flag=Click.Flag.NONE)),
        visitors=Count("visitor", distinct=True, filter=Q(flag=Click.Flag.NONE)),
        machines=Count("pk", filter=Q(flag=Click.Flag.BOT)),
        own=Count("pk", filter=Q(flag=Click.Flag.OWN)),
    )
    earned = Commission.objects.filter(creator=creator)
    return clicks | {
        "orders": earned.values("line__order").distinct().count(),
        "commissions": earned.exclude(state=Commission.State.VOID).count(),
    }


def creator_summary(creator: Creator, now: datetime) -> dict[str, Any]:
    """For the creator's home: the funnel, amounts by state (state → currency → minor units) and the next release."""
    rows = list(Commission.objects.filter(creator=creator).select_related("line"))
    coming = [row for row in rows if row.state == Commission.State.PENDING]
    return {
        "links": Link.objects.live(now).filter(creator=creator).count(),
        "funnel": funnel(creator),
        "amounts": amounts_by_state(rows),
        "next_release_at": min((row.release_at for row in coming), default=None),
        "newest": sorted(rows, key=lambda row: (row.earned_at, row.pk), reverse=True)[:5],
    }


def links_with_counts(creator: Creator, now: datetime) -> list[Link]:
    """A creator's live links with `click_count`, `visitor_count` and `commission_count`."""
    return list(
        Link.objects.live(now)
        .filter(creator=creator)
        .select_related("product__brand", "plan_version")
        .annotate(
            click_count=Count("clicks", filter=COUNTED, distinct=True),
            visitor_count=Count("clicks__visitor", filter=COUNTED, distinct=True),
            commission_count=Count("commissions", distinct=True),
        )
    )


def lost_lines(creator: Creator) -> list[tuple[OrderLine, str]]:
    """Lines a click of this creator touched without earning it, with the verdict on the newest of those clicks."""
    touches = (
        OrderLine.objects.filter(touches__click__link__creator=creator)
        .exclude(commission__creator=creator)
        .select_related("order__brand", "product")
        .prefetch_related("touches__click__link")
        .distinct()
        .order_by("-order__placed_at")[:20]
    )
    found = []
    for line in touches:
        own = [touch for touch in line.touches.all() if touch.click.link.creator_id == creator.pk]
        newest = max(own, key=lambda touch: touch.click.at)
        found.append((line, newest.get_verdict_display()))
    return found
