"""State what a tier promises a month; close a month: kept or missed, with what counted."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from subscriptions.models import PromiseOutcome, Tier, TierPromise
from subscriptions.queries.promises import bounds, counting_for, in_force, month_of, ticks_of


class PromiseIsTooLarge(Refusal):
    sentence = _("At most %(most)s a month: a promise has to be one that can be kept.")


class MonthGoesOn(Refusal):
    sentence = _("This month is not over.")


@transaction.atomic
def state_promise(*, tier: Tier, kind: str, a_month: int, by: User, now: datetime) -> TierPromise | None:
    """Promise so many a month from the next month on; 0 takes it back, also from then. The month that runs stays as it
    was promised. Safe to repeat: one version a month, the last word before it begins holds.

    None when nothing was promised and nothing is.
    """
    if not 0 <= a_month <= TierPromise.MOST_A_MONTH:
        raise PromiseIsTooLarge(most=TierPromise.MOST_A_MONTH)
    month = month_of(now)
    following = PromiseOutcome.following(month)
    known = TierPromise.objects.filter(tier=tier, kind=kind)
    held = in_force(known.filter(from_date__lte=month), month).get((tier.pk, kind))
    if (held.a_month if held else 0) == a_month:
        # What holds already goes on holding: a change that was planned meanwhile is dropped.
        known.filter(from_date=following).delete()
        return held
    values = {"a_month": a_month, "stated_at": now, "stated_by": by}
    return TierPromise.objects.update_or_create(tier=tier, kind=kind, from_date=following, defaults=values)[0]


@transaction.atomic
def close_promises(*, creator: Creator, month: date, now: datetime) -> list[PromiseOutcome]:
    """Write down how each promise of a month ended, with everything that counted. Safe to repeat: an outcome is written
    once and stays, whatever becomes of the posts."""
    if bounds(month)[1] > now:
        raise MonthGoesOn
    promises = TierPromise.objects.filter(tier__creator=creator).select_related("tier")
    held = [one for one in in_force(promises, month).values() if _was_offered(one.tier, month)]
    closed = set(PromiseOutcome.objects.filter(tier__creator=creator, month_date=month).values_list("tier", "kind"))
    missing = [one for one in held if (one.tier_id, one.kind) not in closed]
    if not missing:
        return []
    found = ticks_of(creators=[creator], month=month, until=now)
    outcomes = []
    for promise in missing:
        counted = counting_for(promise.tier, found[creator.pk, promise.kind])
        is_kept = len(counted) >= promise.a_month
        values = {
            "promise": promise,
            "state": PromiseOutcome.State.KEPT if is_kept else PromiseOutcome.State.MISSED,
            "done": len(counted),
            "counted": [tick.plain for tick in counted],
            "closed_at": now,
        }
        key = {"tier": promise.tier, "kind": promise.kind, "month_date": month}
        outcomes.append(PromiseOutcome.objects.get_or_create(**key, defaults=values)[0])
    return outcomes


def _was_offered(tier: Tier, month: date) -> bool:
    """A tier that was archived before the month ended owes nothing for it."""
    return tier.archived_at is None or tier.archived_at >= bounds(month)[1]
