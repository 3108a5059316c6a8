"""Stop payouts to a creator, and let them go on."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.notices.actions import tell
from portal.payouts.models import Hold


@transaction.atomic
def hold_payouts(
    *, creator: Creator, reason: str, now: datetime, until: datetime | None = None, by: User | None = None
) -> Hold:
    """Payouts wait from now on; the creator is told the reason, in these words. Repeating gives the live hold."""
    live = Hold.objects.live(now).filter(creator=creator, kind=Hold.Kind.REVIEW, reason=reason).first()
    if live is not None:
        return live
    hold = Hold.objects.create(
        creator=creator, kind=Hold.Kind.REVIEW, reason=reason, since=now, until=until, placed_by=by
    )
    tell(
        to=creator.user,
        kind="payouts.held",
        subject=_("Payouts to you are held"),
        body=reason,
        now=now,
        key=f"payouts.held:{hold.pk}",
    )
    return hold


@transaction.atomic
def release_hold(*, hold: Hold, now: datetime) -> Hold:
    """Payouts go on with the next run. Repeating keeps the first time."""
    Hold.objects.filter(pk=hold.pk, released_at=None).update(released_at=now)
    hold.refresh_from_db()
    return hold
