"""Passes: what one opens when it is paid, and a word before it ends."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from portal.kit.words import day_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.actions.tenure import rebuild_tenure, seat_founder
from subscriptions.models import Grant, Purchase
from subscriptions.queries.passes import pass_time


@transaction.atomic
def open_pass(*, purchase: Purchase, now: datetime) -> Grant:
    """What a paid pass opens: its tier for its months, after the pass before. Safe to repeat: one grant a purchase."""
    known = Grant.objects.filter(source=purchase.source).first()
    if known is not None:
        return known
    tier = purchase.price.tier
    start, until = pass_time(fan=purchase.buyer, tier=tier, months=purchase.months, at=purchase.paid_at or now)
    grant = Grant.objects.create(
        source=purchase.source,
        fan=purchase.buyer,
        creator=purchase.creator,
        tier=tier,
        kind=Grant.Kind.PAID,
        from_at=min(start, now) if start == purchase.paid_at else start,
        until_at=until,
    )
    rebuild_tenure(fan=grant.fan, creator=grant.creator, now=now)
    seat_founder(fan=grant.fan, creator=grant.creator, source=grant.source, since=purchase.paid_at or now)
    return grant


@transaction.atomic
def announce_pass_end(*, purchase: Purchase, now: datetime) -> None:
    """It ends soon and does not renew: when, and where the next one is. Told once."""
    grant = Grant.objects.get(source=purchase.source)
    if grant.until_at is None or not Purchase.objects.filter(pk=purchase.pk, end_told_at__isnull=True).update(
        end_told_at=now
    ):
        return
    tell(
        to=purchase.buyer,
        kind="subscriptions.pass_ending",
        subject=_("Your pass for %(creator)s ends on %(day)s")
        % {"creator": purchase.creator.display_name, "day": day_lazy(grant.until_at)},
        body=_("It does not renew and nothing is charged. If you like, buy another: it begins when this one ends."),
        url=reverse("pass_detail", args=[purchase.public_id]),
        now=now,
        key=f"pass-ending:{purchase.public_id}",
    )
