import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from portal.kit.jobs import enqueue
from portal.payments import inbox
from portal.payments.models import StripeEvent

log = logging.getLogger(__name__)
IN_HAND_WAIT_SECONDS = 5


@shared_task(name="payments.handle_event")
def handle_event(*, event_id: str, **_: Any) -> None:
    """Handle one event of the inbox. A failure is on the row, with the moment of the next try; the sweeper brings it back."""
    try:
        if not inbox.handle(event_id=event_id, now=timezone.now()):
            enqueue("payments.handle_event", event_id=event_id, delay_seconds=IN_HAND_WAIT_SECONDS)
    except inbox.NotYet as wait:
        log.info("event %s has to wait: %s", event_id, wait)
    except Exception:
        log.exception("event %s could not be handled", event_id)


@shared_task(name="payments.sweep_inbox")
def sweep_inbox(**_: Any) -> None:
    """Every minute: wake a worker for each event that is due: after a failure, a lost message or a dead worker."""
    now = timezone.now()
    inbox.release_abandoned(now=now)
    for event_id in StripeEvent.objects.due(now).order_by("due_at").values_list("event_id", flat=True)[:500]:
        enqueue("payments.handle_event", event_id=event_id)
