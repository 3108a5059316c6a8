"""Season windows: who asked is told when one opens; they close, and their lists are locked."""

from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from subscriptions.actions import fulfillment
from subscriptions.models import Checkout, Membership, Place, Season
from subscriptions.queries.seasons import requests_open
from subscriptions.tasks.rows import A_BATCH, one_by_one

TOLD_BEFORE = timedelta(days=3)
# Somebody whose card failed may pay as long as the provider's tries go on; afterwards a list is looked at no more.
LATE_UNTIL = timedelta(days=30)


@shared_task(name="subscriptions.follow_seasons")
def follow_seasons(**_: Any) -> None:
    """Every five minutes: openings, billing days to come, closings and locks, each told or done once."""
    now = timezone.now()
    is_open = Season.objects.open(now).filter(tier=OuterRef("tier"))
    waiting = requests_open().filter(Exists(is_open), asked_at__lte=now)
    one_by_one(waiting[:A_BATCH], lambda row, at: fulfillment.tell_opening(request=row, now=at), now)
    one_by_one(_to_be_billed(now), lambda row, at: fulfillment.announce_billing(place=row, now=at), now)
    over = Season.objects.kept().filter(closes_at__lte=now)
    untold = over.filter(closed_told_at__isnull=True)
    one_by_one(untold[:A_BATCH], lambda row, at: fulfillment.close_season(season=row, now=at), now)
    unlocked = over.filter(locked_at__isnull=True)
    one_by_one(unlocked[:A_BATCH], lambda row, at: fulfillment.lock_season(season=row, now=at), now)
    locked = over.filter(locked_at__isnull=False, billing_date__gte=(now - LATE_UNTIL).date())
    one_by_one(locked[:A_BATCH], lambda row, at: fulfillment.lock_season(season=row, now=at), now)


def _to_be_billed(now: datetime) -> QuerySet[Place]:
    """Places of members who stay and are charged within three days; each is told once, by its key."""
    soon = Season.objects.kept().filter(billing_date__gte=now.date(), billing_date__lte=(now + TOLD_BEFORE).date())
    stays = Membership.objects.filter(
        stripe_subscription_id=OuterRef("checkout__stripe_subscription_id"),
        status=Membership.Status.TRIALING,
        cancel_at_period_end=False,
    )
    rows = Place.objects.filter(Exists(stays), season__in=soon, checkout__state=Checkout.State.PAID)
    return rows.select_related("season", "fan", "checkout__price")
