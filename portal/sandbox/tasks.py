"""Waking up the sandbox: events go out, and time brings what it brings."""

from typing import Any

from celery import shared_task
from django.conf import settings


@shared_task(name="sandbox.deliver_events")
def deliver_events(**_: Any) -> None:
    """Deliver what is waiting now; called after each request that emitted events."""
    if settings.SANDBOX:
        from portal.sandbox.engine import box

        box().deliver_due()


@shared_task(name="sandbox.deliver_due")
def deliver_due(**_: Any) -> None:
    """On the timetable: renewals, retries and payouts that fell due, then every event that is waiting or tried again."""
    if settings.SANDBOX:
        from portal.sandbox.engine import box

        box().run_due()
        box().deliver_due()
