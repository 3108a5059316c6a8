"""What waits for the end of a paid time, followed as the provider tells: changes of plan, pauses.

At the boundary a cancellation goes before a pause, a pause before a change, a change before the plain renewal.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from portal.kit.jobs import enqueue
from portal.kit.words import day_lazy, money_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.models import Membership, Pause, PlanChange
from subscriptions.readings import SubscriptionReading

Status, Dropped = Membership.Status, PlanChange.Dropped


def follow_pause(*, membership: Membership, reading: SubscriptionReading, now: datetime) -> None:
    """Set what a pause means for the membership (not saved). Safe to repeat.

    A pause is over when a paid time begins that is not part of it, or when the membership has ended.
    """
    membership.resumes_at = None
    pause = Pause.objects.open().filter(membership=membership).first() if membership.pk else None
    if pause is None:
        return
    if membership.status == Status.CANCELED or membership.cancel_at_period_end:
        end_pause(pause=pause, now=now)
        return
    if reading.period_start_at >= pause.resumes_at:
        end_pause(pause=pause, now=pause.resumes_at)
        _tell_resumed(membership, pause, now)
        return
    membership.resumes_at = pause.resumes_at
    if membership.status == Status.ACTIVE and reading.period_start_at >= pause.starts_at:
        membership.status = Status.PAUSED


def end_pause(*, pause: Pause, now: datetime) -> None:
    """Over, or taken back. Safe to repeat: the first time stays."""
    Pause.objects.filter(pk=pause.pk, ended_at__isnull=True).update(ended_at=now)


@transaction.atomic
def follow_changes(*, membership: Membership, reading: SubscriptionReading, now: datetime) -> None:
    """A change that the provider has made is done; one of a membership that ends is dropped. Safe to repeat."""
    change = membership.changes.pending().select_related("price__tier", "quote").first()
    if change is None:
        return
    if membership.status == Status.CANCELED or membership.cancel_at_period_end:
        drop_changes(changes=membership.changes.pending(), reason=Dropped.ENDING, now=now)
    elif reading.price_id == change.price.stripe_price_id:
        PlanChange.objects.filter(pk=change.pk).update(applied_at=now)
        if change.stripe_schedule_id:
            enqueue("subscriptions.release_schedule", change_id=change.pk)
        _tell_changed(membership, change, now)


@transaction.atomic
def drop_changes(*, changes: QuerySet[PlanChange], reason: str, now: datetime) -> int:
    """These will not happen; the provider forgets them in a job. How many. Safe to repeat."""
    rows = list(changes.select_for_update().filter(applied_at__isnull=True, dropped_at__isnull=True))
    for row in rows:
        row.dropped_at, row.dropped_reason = now, reason
        row.save(update_fields=["dropped_at", "dropped_reason"])
        if row.stripe_schedule_id and row.released_at is None:
            enqueue("subscriptions.release_schedule", change_id=row.pk)
    return len(rows)


def tell_dropped(*, change: PlanChange, now: datetime) -> None:
    """A change that became impossible: say so, and that the plan stays."""
    membership = change.membership
    tell(
        to=membership.fan,
        kind="subscriptions.change_dropped",
        subject=_("Your plan with %(creator)s stays as it is") % {"creator": membership.creator.display_name},
        body=_("You wanted to go to %(tier)s, which is no longer on sale. You keep %(held)s at your price.")
        % {"tier": change.price.tier, "held": membership.tier},
        url=reverse("membership_list"),
        now=now,
        key=f"change-dropped:{change.key}",
    )


def _tell_changed(membership: Membership, change: PlanChange, now: datetime) -> None:
    price = change.price
    tell(
        to=membership.fan,
        kind="subscriptions.plan_changed",
        subject=_("Your plan with %(creator)s is now %(tier)s")
        % {"creator": membership.creator.display_name, "tier": price.tier},
        body=_("You pay %(amount)s %(every)s. The next charge is on %(day)s.")
        % {
            "amount": money_lazy(price.amount_minor, price.currency),
            "every": price.every,
            "day": day_lazy(membership.period_end_at) if membership.period_end_at else "",
        },
        url=reverse("membership_list"),
        now=now,
        key=f"plan-changed:{change.key}",
    )


def _tell_resumed(membership: Membership, pause: Pause, now: datetime) -> None:
    tell(
        to=membership.fan,
        kind="subscriptions.resumed",
        subject=_("Your membership with %(creator)s goes on") % {"creator": membership.creator.display_name},
        body=_("Your pause is over, as you chose, and everything opens again."),
        url=reverse("membership_list"),
        now=now,
        key=f"resumed:{pause.quote.public_id}",
    )
