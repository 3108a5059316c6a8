"""Doors: opened by money, by people or by patience; each is a row, and closing one is told on it."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, TextField
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.prepared import Given, PreparedUpdate
from portal.kit.refusal import Refusal
from portal.kit.rows import kept
from subscriptions import hub
from subscriptions.actions.tenure import rebuild_tenure, seat_founder
from subscriptions.models import Benefit, Grant, Invoice, Membership, MembershipTerms, Pause, Room, Tier
from subscriptions.queries.places import season_name

# Between the end of a period and the provider's collection of the next; nobody is locked out meanwhile.
COLLECTING = timedelta(days=1)


class GrantOpensNothing(Refusal):
    sentence = _("Choose a tier or a benefit, and not both.")


class ReasonIsMissing(Refusal):
    sentence = _("Say why; the fan can read it.")
    field = "reason"


@transaction.atomic
def give_grant(
    *,
    fan: User,
    kind: str,
    by: User,
    reason: str,
    now: datetime,
    tier: Tier | None = None,
    benefit: Benefit | None = None,
    until: datetime | None = None,
    key: str = "",
) -> Grant:
    """Open a door by hand: `kind` is complimentary, staff or gifted. Safe to repeat with the same `key`."""
    if (tier is None) == (benefit is None):
        raise GrantOpensNothing
    if not reason.strip():
        raise ReasonIsMissing
    thing = tier or benefit
    assert thing is not None
    grant, is_new = Grant.objects.get_or_create(
        source=f"{kind}:{key or uuid.uuid4()}",
        defaults={
            "fan": fan,
            "creator": thing.creator,
            "tier": tier,
            "benefit": benefit,
            "kind": kind,
            "from_at": now,
            "until_at": until,
            "granted_by": by,
            "reason": reason.strip(),
        },
    )
    if is_new and grant.tier_id:
        rebuild_tenure(fan=fan, creator=grant.creator, now=now)
    return grant


@transaction.atomic
def revoke_grant(*, grant: Grant, by: User | None, reason: str, now: datetime) -> Grant:
    """Close a door, and say why on the row. Safe to repeat: the first time and reason stay."""
    row = Grant.objects.select_for_update(of=("self",)).select_related("fan", "creator").get(pk=grant.pk)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by, row.revoked_reason = now, by, reason
        row.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
        rebuild_tenure(fan=row.fan, creator=row.creator, now=now)
        _look_again_in_chat(fan_id=row.fan_id, creator_id=row.creator_id)
    return row


def _look_again_in_chat(*, fan_id: int, creator_id: int) -> None:
    """Who sits in the chat with a door that was closed meanwhile is asked again, now."""
    room = Room.objects.filter(creator_id=creator_id).first()
    if room is not None:
        transaction.on_commit(lambda: hub.publish_change(str(room.pk), fan_id))


@transaction.atomic(savepoint=False)
def open_paid(*, invoice: Invoice, now: datetime, seats_are_taken: bool = False) -> Grant:
    """What a paid invoice opens: its tier, for the time it paid for. Safe to repeat: one grant an invoice.

    Who has paid is let in at once, even where the provider's clock is ahead of ours. A refund does not close it; that
    is a deed of its own (`revoke_grant`). `seats_are_taken`: the caller knows that no founder's seat is left.
    """
    grant, is_new = kept(
        Grant(
            source=invoice.source,
            fan=invoice.membership.fan,
            creator=invoice.membership.creator,
            tier=invoice.price.tier,
            kind=Grant.Kind.TRIAL if invoice.is_trial else Grant.Kind.PAID,
            from_at=min(invoice.period_start_at, now),
            until_at=invoice.period_end_at,
        ),
        key="source",
    )
    if is_new:
        rebuild_tenure(fan=grant.fan, creator=grant.creator, now=now)
    if is_new and (season := season_name(invoice)):
        grant.reason = season
        grant.save(update_fields=["reason"])
    if is_new and invoice.gross_minor and grant.kind == Grant.Kind.PAID and not seats_are_taken:
        seat_founder(fan=grant.fan, creator=grant.creator, source=grant.source, since=invoice.paid_at or now)
    return grant


@transaction.atomic(savepoint=False)
def follow_grace(*, membership: Membership, now: datetime) -> None:
    """Bring the grace of a membership to what its facts imply. Safe to repeat and in any order.

    Going on: a day after the paid time, in which the next payment is collected. Payment failed: the creator's days of
    grace from the day it was due. Ending or ended: none. One row for each paid-up moment; older ones are closed.
    """
    subscription = membership.stripe_subscription_id
    if not subscription:
        return
    paid = membership.invoices.filter(stripe_subscription_id=subscription, status=Invoice.Status.PAID)
    paid_until = paid.aggregate(until=Max("period_end_at"))["until"]
    until = _grace_until(membership, paid_until)
    if until is None or paid_until is None:
        close_grace(membership=membership, but=None, reason="ending", now=now)
        return
    close_grace(membership=membership, but=paid_until, reason="paid", now=now)
    keep_grace(membership=membership, paid_until=paid_until, until=until)


def _grace_of(membership: Membership, paid_until: datetime | None) -> str:
    """The source of the grace after what was paid until then; without a moment, what all of them begin with."""
    moment = int(paid_until.timestamp()) if paid_until else ""
    return f"renewal:{membership.stripe_subscription_id}:{moment}"


# By whose they are: no index helps to find names by what they begin with.
CLOSE_GRACE = PreparedUpdate(
    lambda: (
        Grant.objects.filter(fan=Given("fan"), creator=Given("creator"), kind=Grant.Kind.GRACE, revoked_at__isnull=True)
        .filter(source__startswith=Given("all", TextField()))
        .exclude(source=Given("but"))
    ),
    revoked_at=Given("now"),
    revoked_reason=Given("reason"),
)


def close_grace(
    *, membership: Membership, but: datetime | None, reason: str, now: datetime, has_room: bool = True
) -> None:
    """Close what is open after other paid-up moments than `but`. `has_room`: whether the creator may have a chat."""
    closed = CLOSE_GRACE(
        fan=membership.fan_id,
        creator=membership.creator_id,
        all=_grace_of(membership, None),
        but=_grace_of(membership, but),
        now=now,
        reason=reason,
    )
    if closed and has_room:
        _look_again_in_chat(fan_id=membership.fan_id, creator_id=membership.creator_id)


def keep_grace(*, membership: Membership, paid_until: datetime, until: datetime) -> None:
    """Open the grace after what was paid, or open it again. Safe to repeat: one row for each paid-up moment."""
    grant, is_new = kept(
        Grant(
            source=_grace_of(membership, paid_until),
            fan=membership.fan,
            creator=membership.creator,
            tier=membership.tier,
            kind=Grant.Kind.GRACE,
            from_at=paid_until,
            until_at=until,
        ),
        key="source",
    )
    if not is_new:
        Grant.objects.filter(pk=grant.pk).update(
            tier=membership.tier, until_at=until, revoked_at=None, revoked_reason=""
        )


def _grace_until(membership: Membership, paid_until: datetime | None) -> datetime | None:
    if paid_until is None or not membership.is_going_on or membership.cancel_at_period_end:
        return None
    # A pause that begins there means what it says. One that was taken back before it began is no pause.
    pauses = Pause.objects.filter(membership=membership, starts_at=paid_until, sent_at__isnull=False)
    if pauses.exclude(ended_at__lt=F("starts_at")).exists():
        return None
    if membership.status == Membership.Status.PAST_DUE:
        terms = MembershipTerms.objects.filter(creator=membership.creator).first()
        days = terms.grace_days if terms else MembershipTerms.DEFAULT_GRACE_DAYS
        return max(paid_until, (membership.past_due_at or paid_until) + timedelta(days=days))
    return paid_until + COLLECTING
