"""Look whether everything is as it should be; raise an alarm for what is not, resolve it when it is again."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.payments import gateway
from portal.payments.actions import refusing
from subscriptions.actions.invoices import record_invoice
from subscriptions.actions.memberships import record_subscription
from subscriptions.models import Alarm, Membership
from subscriptions.queries.alarms import CHECKS, Concern
from subscriptions.readings import invoice_reading, subscription_reading

log = logging.getLogger(__name__)


def refresh_membership(*, membership: Membership, now: datetime) -> None:
    """Take over how a membership stands at the provider now, without waiting for its events. Safe to repeat."""
    with refusing():
        subscription = subscription_reading(gateway.fetch_subscription(membership.stripe_subscription_id))
        latest = subscription.latest_invoice_id
        invoice = invoice_reading(gateway.fetch_invoice(latest)) if latest else None
    with transaction.atomic():
        record_subscription(reading=subscription, now=now)
        if invoice is not None:
            record_invoice(reading=invoice, now=now)


def watch(*, now: datetime) -> list[Alarm]:
    """Ask every question of `queries.alarms`; returns the alarms that are open then. Safe to repeat.

    One open alarm a thing, the database says so; it is resolved by the first look that finds it in order. A question
    that cannot be asked raises an alarm of its own and stops none of the others.
    """
    for kind, check in CHECKS.items():
        try:
            with transaction.atomic():
                concerns = check(at=now)
        except Exception as error:
            log.exception("the check %s failed", kind)
            _raise(Concern(Alarm.Kind.UNREADABLE, f"check:{kind}", _cannot(error), now), now)
            continue
        _settle(kind, concerns, now)
        _resolve(Alarm.Kind.UNREADABLE, now, only=f"check:{kind}")
    return list(Alarm.objects.filter(resolved_at__isnull=True))


@transaction.atomic
def _settle(kind: str, concerns: list[Concern], now: datetime) -> None:
    for concern in concerns:
        _raise(concern, now)
    _resolve(kind, now, but_for={concern.about for concern in concerns})


def _raise(concern: Concern, now: datetime) -> None:
    Alarm.objects.get_or_create(
        kind=concern.kind,
        about=concern.about,
        resolved_at=None,
        defaults={"sentence": concern.sentence[:300], "since_at": concern.since_at, "raised_at": now},
    )


def _resolve(kind: str, now: datetime, *, only: str = "", but_for: set[str] | None = None) -> None:
    rows = Alarm.objects.filter(kind=kind, resolved_at__isnull=True)
    if only:
        rows = rows.filter(about=only)
    rows.exclude(about__in=but_for or set()).update(resolved_at=now)


def raise_unreadable(*, about: str, error: Exception, now: datetime) -> None:
    """A row stopped its job: the others go on, and somebody has to look at this one. Told once while it stays so."""
    _raise(Concern(Alarm.Kind.UNREADABLE, about, _cannot(error), now), now)


def resolve_unreadable(*, about: str, now: datetime) -> None:
    """The row could be worked on again."""
    _resolve(Alarm.Kind.UNREADABLE, now, only=about)


def _cannot(error: Exception) -> str:
    return _("It could not be looked at: %(error)s") % {"error": f"{type(error).__name__}: {error}"}
