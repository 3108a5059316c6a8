"""What members get: months, emojis, promises, posts."""

from datetime import date, datetime, timedelta
from typing import Any

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from portal.accounts.models import Creator
from subscriptions.actions.emojis import record_points
from subscriptions.actions.media import sweep_media as sweep_lost_media
from subscriptions.actions.posts import NEWS_FOR, announce_post
from subscriptions.actions.promises import close_promises as close_month_of
from subscriptions.actions.tenure import rebuild_tenure
from subscriptions.models import (
    Emoji,
    Grant,
    Post,
)
from subscriptions.queries.promises import creators_to_close, month_of
from subscriptions.tasks.rows import A_BATCH, one_by_one

MONTHS_LOOKED_BACK = 3


@shared_task(name="subscriptions.record_emoji_points")
def record_emoji_points(**_: Any) -> None:
    """Every hour: keep the most points of every creator who has emojis, so that slots are never lost."""
    creators = Creator.objects.filter(pk__in=Emoji.objects.kept().values("creator"))
    one_by_one(
        creators.iterator(chunk_size=A_BATCH), lambda row, at: record_points(creator=row, now=at), timezone.now()
    )


@shared_task(name="subscriptions.close_promises")
def close_promises(**_: Any) -> None:
    """Every night: write down how the promises of the last months ended, each once; a night may have been missed."""
    now = timezone.now()
    month = month_of(now)
    for _back in range(MONTHS_LOOKED_BACK):
        month = (month - timedelta(days=1)).replace(day=1)
        _close_month(month, now)


def _close_month(month: date, now: datetime) -> None:
    one_by_one(creators_to_close(month=month), lambda row, at: close_month_of(creator=row, month=month, now=at), now)


@shared_task(name="subscriptions.follow_tenure")
def follow_tenure(**_: Any) -> None:
    """Every night: months of those whose access has no end, and of whoever was given or lost any in the last two days."""
    now = timezone.now()
    recent = now - timedelta(days=2)
    rows = Grant.objects.filter(tier__isnull=False).filter(
        Q(until_at__isnull=True, revoked_at__isnull=True) | Q(from_at__gte=recent) | Q(revoked_at__gte=recent)
    )
    found = rows.select_related("fan", "creator").iterator(chunk_size=A_BATCH)
    one_by_one(found, lambda row, at: rebuild_tenure(fan=row.fan, creator=row.creator, now=at), now)


@shared_task(name="subscriptions.announce_posts")
def announce_posts(**_: Any) -> None:
    """Every minute: members hear of posts that are out, each once; what is older than a few days is no news."""
    now = timezone.now()
    fresh = Post.objects.published(now).filter(announced_at__isnull=True, published_at__gt=now - NEWS_FOR)
    rows = fresh.select_related("creator", "tier", "opens_tier").order_by("published_at")[:A_BATCH]
    one_by_one(rows, lambda row, at: announce_post(post=row, now=at), now)


@shared_task(name="subscriptions.sweep_media")
def sweep_media(**_: Any) -> None:
    """Every night: delete what was uploaded and never became part of a post."""
    sweep_lost_media(now=timezone.now())
