"""What members change: leaving, another plan, a pause, a new price."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.db.models import F, Q
from django.utils import timezone

from subscriptions.actions import (
    changes,
    memberships,
    pauses,
    price_changes,
    staying,
)
from subscriptions.actions.memberships import send_cancellation
from subscriptions.models import (
    Cancellation,
    Membership,
    Pause,
    PlanChange,
    PriceChange,
    StayOffer,
)
from subscriptions.tasks.rows import A_BATCH, one_by_one


@shared_task(name="subscriptions.send_cancellations")
def send_cancellations(**_: Any) -> None:
    """Every ten minutes: ask again for cancellations that never reached the provider."""
    now = timezone.now()
    waiting = Cancellation.objects.filter(
        ends_at__isnull=True,
        undone_at__isnull=True,
        asked_at__lte=now - timedelta(minutes=1),
        membership__status__in=Membership.GOING_ON,
    )
    rows = waiting.select_related("membership")[:A_BATCH]
    one_by_one(rows, lambda row, at: send_cancellation(cancellation=row, now=at), now)


@shared_task(name="subscriptions.release_schedule")
def release_schedule(*, change_id: int, **_: Any) -> None:
    """A change that is done or dropped no longer waits at the provider."""
    change = PlanChange.objects.get(pk=change_id)
    if change.released_at is None and change.stripe_schedule_id:
        memberships.release_schedule(schedule_id=change.stripe_schedule_id, now=timezone.now())


@shared_task(name="subscriptions.send_changes")
def send_changes(**_: Any) -> None:
    """Every ten minutes: changes, pauses and releases that the provider has not heard of; and answers that were lost."""
    now = timezone.now()
    young = now - timedelta(minutes=1)
    lost = PlanChange.objects.pending().filter(asked_at__lte=young, quote__effective_at__lte=F("quote__quoted_at"))
    one_by_one(lost[:A_BATCH], lambda row, at: changes.look_again(change=row, now=at), now)
    missed = PlanChange.objects.pending().filter(price_change__isnull=False, effective_at__lte=now)
    missed = missed.filter(membership__period_end_at__gt=now).select_related("membership__price")
    one_by_one(missed[:A_BATCH], lambda row, at: price_changes.catch_up(change=row, now=at), now)
    due = price_changes.due_to_schedule(now).filter(asked_at__lte=young)
    whole = due.select_related("membership", "price__tier__creator", "quote", "price_change")
    one_by_one(whole[:A_BATCH], lambda row, at: changes.schedule_change(change=row, now=at), now)
    unsent = Pause.objects.filter(sent_at__isnull=True, ended_at__isnull=True, asked_at__lte=young, starts_at__gt=now)
    whole_pauses = unsent.select_related("membership__fan", "membership__creator", "quote")
    one_by_one(whole_pauses[:A_BATCH], lambda row, at: pauses.send_pause(pause=row, now=at), now)
    stays = StayOffer.objects.accepted().filter(sent_at__isnull=True, promo__isnull=False, accepted_at__lte=young)
    staying_on = stays.filter(membership__status=Membership.Status.ACTIVE).select_related("quote", "promo")
    one_by_one(staying_on[:A_BATCH], lambda row, at: staying.send_stay(offer=row, now=at), now)
    stuck = PlanChange.objects.exclude(stripe_schedule_id="").filter(released_at__isnull=True)
    stuck = stuck.filter(Q(dropped_at__lte=young) | Q(applied_at__lte=young))
    one_by_one(
        stuck[:A_BATCH],
        lambda row, at: memberships.release_schedule(schedule_id=row.stripe_schedule_id, now=at),
        now,
    )


@shared_task(name="subscriptions.tell_resumes_soon")
def tell_resumes_soon(**_: Any) -> None:
    """Every day: pauses that end within three days are told."""
    now = timezone.now()
    rows = Pause.objects.open().filter(told_at__isnull=True, starts_at__lte=now, resumes_at__lte=now + pauses.SOON)
    whole = rows.select_related("membership__fan", "membership__creator", "quote")
    one_by_one(whole[:A_BATCH], lambda row, at: pauses.tell_resumes_soon(pause=row, now=at), now)


@shared_task(name="subscriptions.tell_price_change")
def tell_price_change(*, price_change_id: int, **_: Any) -> None:
    """Tell every member whom a new price concerns, each by themselves."""
    now = timezone.now()
    change = PriceChange.objects.select_related("price__tier").get(pk=price_change_id)
    rows = price_changes.members_to_tell(change)
    one_by_one(
        rows.iterator(chunk_size=A_BATCH),
        lambda row, at: price_changes.tell_member(change=change, membership=row, now=at),
        now,
    )


@shared_task(name="subscriptions.follow_price_changes")
def follow_price_changes(**_: Any) -> None:
    """Every day: members whom an announced price concerns only now (they changed their mind about leaving, say)."""
    for change in PriceChange.objects.filter(withdrawn_at__isnull=True).select_related("price__tier"):
        if price_changes.members_to_tell(change).exists():
            tell_price_change(price_change_id=change.pk)
