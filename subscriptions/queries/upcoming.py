"""What comes soon and has not been told yet: renewals, ends of trials, cards that expire."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db.models import Q

from portal.notices.models import Notice
from subscriptions.models import Membership, PaymentCard, TierPrice, Trial

T = TypeVar("T")
MONTHLY_BEFORE, LONGER_BEFORE = timedelta(days=1), timedelta(days=7)
TRIAL_BEFORE, SHORT_TRIAL_BEFORE, SHORT_TRIAL = timedelta(days=3), timedelta(days=1), timedelta(days=3)
CARD_BEFORE = timedelta(days=30)
AT_ONCE = 500


def renewal_key(membership: Membership) -> str:
    due = membership.period_end_at or membership.joined_at
    return f"renewal:{membership.stripe_subscription_id}:{int(due.timestamp())}"


def trial_key(trial: Trial) -> str:
    return f"trial_ending:{trial.stripe_subscription_id}"


def card_key(card: PaymentCard) -> str:
    return f"card:{card.stripe_id}:{card.exp_year}-{card.exp_month}"


def expires_at(card: PaymentCard) -> datetime:
    """The first moment at which a card does not count any more: the end of its month."""
    year, month = divmod(card.exp_year * 12 + card.exp_month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def renewals_to_announce(*, at: datetime) -> list[Membership]:
    """Memberships that renew within a day (paid by the month) or a week (longer), and were not told of it yet."""
    month = Q(price__interval=TierPrice.Interval.MONTH, period_end_at__lte=at + MONTHLY_BEFORE)
    longer = ~Q(price__interval=TierPrice.Interval.MONTH) & Q(period_end_at__lte=at + LONGER_BEFORE)
    rows = Membership.objects.filter(
        month | longer, status=Membership.Status.ACTIVE, cancel_at_period_end=False, period_end_at__gt=at
    )
    found = rows.select_related("fan", "creator", "tier", "price").order_by("period_end_at")
    return _untold(found[: AT_ONCE * 4], renewal_key)


def trials_to_announce(*, at: datetime) -> list[Trial]:
    """Trials that end within three days (a short one: one day) and go on as a paid membership then."""
    rows = Trial.objects.granted().filter(
        membership__status=Membership.Status.TRIALING,
        membership__cancel_at_period_end=False,
        ends_at__gt=at,
        ends_at__lte=at + TRIAL_BEFORE,
    )
    due = [
        trial
        for trial in rows.select_related("fan", "creator", "membership__price", "tier").order_by("ends_at")
        if trial.membership.stripe_subscription_id == trial.stripe_subscription_id
        and trial.ends_at - at <= (SHORT_TRIAL_BEFORE if _is_short(trial) else TRIAL_BEFORE)
    ]
    return _untold(due, trial_key)


def _is_short(trial: Trial) -> bool:
    return trial.ends_at - trial.began_at <= SHORT_TRIAL


def cards_to_announce(*, at: datetime) -> list[PaymentCard]:
    """Each person's newest card, where it expires within 30 days and has memberships to pay."""
    until = at + CARD_BEFORE
    soon = Q(exp_year=at.year, exp_month=at.month) | Q(exp_year=until.year, exp_month=until.month)
    paying = Membership.objects.going_on().filter(cancel_at_period_end=False).values("fan")
    newest: dict[int, PaymentCard] = {}
    people = PaymentCard.objects.filter(soon, user__in=paying).values("user")
    for card in PaymentCard.objects.filter(user__in=people).select_related("user").order_by("-seen_at", "-pk"):
        newest.setdefault(card.user_id, card)
    return _untold([card for card in newest.values() if at < expires_at(card) <= until], card_key)


def _untold(rows: Iterable[T], key: Callable[[T], str]) -> list[T]:
    found = {key(row): row for row in rows}
    told = set(Notice.objects.filter(key__in=found).values_list("key", flat=True))
    return [row for name, row in found.items() if name not in told][:AT_ONCE]
