"""Write the months of members from what opened their doors; seat founders; raise shields; hide badges."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.kit.rows import insert_new
from subscriptions.models import Founder, HiddenBadge, Shielded, StreakShield, TenureMonth
from subscriptions.queries.tenure import lapsed_within, spans_and_months
from subscriptions.tenure import Month, months_of

# Access without an end is written this far ahead; the nightly look moves it on.
AHEAD = timedelta(days=3)


class ShieldCoversNothing(Refusal):
    sentence = _("A shield covers a span: its end comes after its beginning, and it has begun.")
    field = "until_at"


class ShieldNeedsReason(Refusal):
    sentence = _("Say what happened; members read it beside the restored month.")
    field = "reason"


@transaction.atomic(savepoint=False)
def rebuild_tenure(*, fan: User, creator: Creator, now: datetime) -> list[TenureMonth]:
    """Write the months that grants, shields and pauses make, and take away what they no longer make; all rows, in order.

    Safe to repeat and to interrupt: the rows follow from their sources, whatever was there. One query, and one for each
    row that changed.
    """
    spans, known = spans_and_months(fan=fan, creator=creator, horizon=now + AHEAD)
    wanted = {month.from_at: month for month in months_of(spans)}
    rows = {row.from_at: row for row in known}
    gone = [row.pk for start, row in rows.items() if start not in wanted or not _is(row, wanted[start])]
    if gone:
        TenureMonth.objects.filter(pk__in=gone).delete()
        rows = {start: row for start, row in rows.items() if row.pk not in gone}
    # Somebody else may write the same months at the same moment; theirs are as good.
    new = [_row(fan, creator, month) for start, month in wanted.items() if start not in rows]
    for row in new:
        insert_new(row)
    return sorted([*rows.values(), *new], key=lambda row: row.from_at)


def _row(fan: User, creator: Creator, month: Month) -> TenureMonth:
    return TenureMonth(
        fan=fan,
        creator=creator,
        kind=month.kind,
        from_at=month.from_at,
        until_at=month.until_at,
        tenure=month.tenure,
        streak=month.streak,
        source=month.source,
    )


def _is(row: TenureMonth, month: Month) -> bool:
    return (row.kind, row.until_at, row.tenure, row.streak, row.source) == (
        month.kind,
        month.until_at,
        month.tenure,
        month.streak,
        month.source,
    )


@transaction.atomic(savepoint=False)
def seat_founder(*, fan: User, creator: Creator, source: str, since: datetime) -> Founder | None:
    """Give a member who paid one of the first seats, while there are any. Safe to repeat: one seat a person, for good."""
    taken = dict(Founder.objects.filter(creator=creator).values_list("fan", "number"))
    if fan.pk not in taken and len(taken) < Founder.SEATS:
        # The creator's row is the lock: two payments cannot take the same seat.
        Creator.objects.select_for_update().get(pk=creator.pk)
        number = Founder.objects.filter(creator=creator).count() + 1
        if number <= Founder.SEATS:
            values = {"number": number, "since_at": since, "source": source}
            return Founder.objects.get_or_create(fan=fan, creator=creator, defaults=values)[0]
    return Founder.objects.filter(fan=fan, creator=creator).first() if fan.pk in taken else None


@transaction.atomic
def raise_shield(
    *,
    from_at: datetime,
    until_at: datetime,
    reason: str,
    by: User,
    now: datetime,
    creator: Creator | None = None,
) -> StreakShield:
    """Restore months and streaks of everybody whose paid time ran out in a span without their wish.

    From the end of what they had paid until they came back, at the latest until `until_at`, counts as if it had been
    paid. Safe to repeat: one shield for a span and a creator; whoever lapsed since is added.
    """
    if until_at <= from_at or from_at > now:
        raise ShieldCoversNothing
    if not reason.strip():
        raise ShieldNeedsReason
    shield, _is_new = StreakShield.objects.get_or_create(
        from_at=from_at,
        until_at=until_at,
        creator=creator,
        defaults={"reason": reason.strip(), "raised_by": by, "raised_at": now},
    )
    for grant in lapsed_within(start=from_at, stop=min(until_at, now), creator=creator):
        assert grant.until_at is not None
        if grant.until_at < until_at:
            span = {"from_at": grant.until_at, "until_at": until_at}
            Shielded.objects.get_or_create(shield=shield, fan=grant.fan, creator=grant.creator, defaults=span)
            rebuild_tenure(fan=grant.fan, creator=grant.creator, now=now)
    return shield


@transaction.atomic
def choose_badges(*, fan: User, creator: Creator, shown: set[str], now: datetime) -> set[str]:
    """What a member wants to be seen of `HiddenBadge.Kind`; the rest is hidden. Safe to repeat."""
    kinds = set(HiddenBadge.Kind.values)
    HiddenBadge.objects.filter(fan=fan, creator=creator, kind__in=shown).delete()
    for kind in sorted(kinds - shown):
        HiddenBadge.objects.get_or_create(fan=fan, creator=creator, kind=kind, defaults={"hidden_at": now})
    return kinds & shown
