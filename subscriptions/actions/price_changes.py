"""A new price for those who are members already: told to each, and charged a week later at the earliest."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.jobs import enqueue
from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy, money_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.actions.boundaries import drop_changes
from subscriptions.actions.tiers import send_price
from subscriptions.models import Membership, PlanChange, PriceChange, TierPrice
from subscriptions.proration import add_months

NOTICE = timedelta(days=PriceChange.NOTICE_DAYS)


class NoticeTooShort(Refusal):
    sentence = _("Members are told %(days)s days ahead at least. The earliest day is %(day)s.")
    field = "effective_date"


class PriceIsNotNewest(Refusal):
    sentence = _("There is a newer price of this tier. Announce that one.")


class NobodyPaysOtherwise(Refusal):
    sentence = _("Every member pays this price already.")


class NotYourPrice(Refusal):
    sentence = _("Only the creator can do this.")
    status = 403


def announce_price_change(*, price: TierPrice, effective_at: datetime, by: User, now: datetime) -> PriceChange:
    """This price for existing members too, from their first renewal on or after `effective_at`.

    Each is told by notice and mail, seven days ahead or more. An earlier announcement for the same tier and interval is
    withdrawn. Safe to repeat: one announcement a price; the first date stays.
    """
    if price.tier.creator.user_id != by.pk:
        raise NotYourPrice
    if price.fan_id is not None or _newer(price).exists():
        raise PriceIsNotNewest
    if effective_at < now + NOTICE:
        raise NoticeTooShort(days=NOTICE.days, day=day_lazy(now + NOTICE + timedelta(days=1)))
    known = PriceChange.objects.filter(price=price, withdrawn_at__isnull=True).first()
    if known is not None:
        return known
    if not _at_other_prices(price).exists():
        raise NobodyPaysOtherwise
    send_price(price=price)
    with transaction.atomic():
        for older in PriceChange.objects.filter(
            price__tier=price.tier, price__interval=price.interval, withdrawn_at__isnull=True
        ):
            withdraw_price_change(change=older, by=by, now=now)
        values = {"announced_by": by, "announced_at": now, "effective_at": effective_at, "withdrawn_at": None}
        made, _is_new = PriceChange.objects.update_or_create(price=price, defaults=values)
        enqueue("subscriptions.tell_price_change", price_change_id=made.pk)
    return made


@transaction.atomic
def withdraw_price_change(*, change: PriceChange, by: User, now: datetime) -> PriceChange:
    """Members keep the price they have after all, where the new one does not count yet. Safe to repeat."""
    if change.price.tier.creator.user_id != by.pk:
        raise NotYourPrice
    PriceChange.objects.filter(pk=change.pk, withdrawn_at__isnull=True).update(withdrawn_at=now)
    drop_changes(changes=PlanChange.objects.filter(price_change=change), reason=PlanChange.Dropped.TAKEN_BACK, now=now)
    change.refresh_from_db()
    return change


def members_to_tell(change: PriceChange) -> QuerySet[Membership]:
    """Who pays another price and has not been told, or whose own change has taken the place of it. Not who leaves."""
    if change.withdrawn_at is not None or _newer(change.price).exists():
        return Membership.objects.none()
    pending = PlanChange.objects.pending()
    rows = (
        _at_other_prices(change.price).exclude(pk__in=pending.values("membership")).filter(cancel_at_period_end=False)
    )
    return rows.select_related("fan", "creator", "price", "tier")


@transaction.atomic
def tell_member(*, change: PriceChange, membership: Membership, now: datetime) -> PlanChange | None:
    """Tell one member, and leave word for their first renewal that is late enough. Safe to repeat: one change waits."""
    row = Membership.objects.select_for_update().get(pk=membership.pk)
    if row.period_end_at is None or not members_to_tell(change).filter(pk=row.pk).exists():
        return None
    made = PlanChange.objects.create(
        membership=row,
        price_change=change,
        from_price=row.price,
        price=change.price,
        asked_at=now,
        effective_at=_first_renewal(row, max(change.effective_at, now + NOTICE)),
    )
    old, new = row.price, change.price
    tell(
        to=row.fan,
        kind="subscriptions.price_change",
        subject=_("%(creator)s changes the price of %(tier)s")
        % {"creator": row.creator.display_name, "tier": new.tier},
        body=_(
            "You pay %(old)s %(every)s now. From %(day)s it is %(new)s. If you agree, there is nothing to do. If not, you"
            " can cancel until then, and nothing more is charged."
        )
        % {
            "old": money_lazy(old.amount_minor, old.currency),
            "new": money_lazy(new.amount_minor, new.currency),
            "every": new.every,
            "day": day_lazy(made.effective_at),
        },
        url=reverse("membership_cancellation", args=[row.public_id]),
        now=now,
        key=f"price-change:{made.key}",
    )
    return made


def due_to_schedule(at: datetime) -> QuerySet[PlanChange]:
    """Changes whose paid time is the last before them: now the provider may be told."""
    rows = PlanChange.objects.pending().filter(stripe_schedule_id="", effective_at__gt=at)
    rows = rows.filter(Q(quote__isnull=True) | Q(quote__effective_at__gt=F("quote__quoted_at")))
    return rows.filter(
        membership__status__in=(Membership.Status.ACTIVE, Membership.Status.TRIALING),
        membership__cancel_at_period_end=False,
        membership__period_end_at__gte=F("effective_at"),
    )


@transaction.atomic
def catch_up(*, change: PlanChange, now: datetime) -> None:
    """A price whose boundary went by without it (the provider was silent) waits for the next one; never charged late."""
    membership = change.membership
    if change.price_change_id is None or membership.period_end_at is None:
        return
    if change.effective_at <= now:
        later = _first_renewal(membership, max(now, change.asked_at + NOTICE))
        PlanChange.objects.filter(pk=change.pk, applied_at__isnull=True).update(effective_at=later)


def _first_renewal(membership: Membership, earliest: datetime) -> datetime:
    due = membership.resumes_at or membership.period_end_at
    assert due is not None
    first, count = due, 0
    while due < earliest:
        count += 1
        due = add_months(first, count * membership.price.months, anchor_day=membership.anchor_day)
    return due


def _newer(price: TierPrice) -> QuerySet[TierPrice]:
    return TierPrice.objects.for_all().filter(tier=price.tier, interval=price.interval, version__gt=price.version)


def _at_other_prices(price: TierPrice) -> QuerySet[Membership]:
    """Members of the tier who pay another amount; who chose to pay more than this keeps their own."""
    rows = Membership.objects.going_on().filter(tier=price.tier, price__interval=price.interval)
    own_and_more = Q(price__fan__isnull=False, price__amount_minor__gte=price.amount_minor)
    return rows.exclude(price__amount_minor=price.amount_minor).exclude(own_and_more).order_by("pk")
