"""The inbox: every event of the provider is stored once, answered at once, and handled once, later, by a worker.

    @on("invoice.paid")
    def record_invoice_payment(*, event: StripeEvent) -> None: ...

Handlers live in each app's `stripe_handlers.py`. They run in one transaction, together with the mark that the event is
handled, and read the provider's current object (`gateway.fetch_invoice(event.object_id)`): the event is only a hint.
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import IntegrityError, transaction
from django.db.models import F

from portal.kit.jobs import enqueue
from portal.kit.prepared import Given, PreparedUpdate, without_waiting
from portal.kit.rows import insert_new
from portal.payments import gateway
from portal.payments.models import StripeEvent

ABANDONED_AFTER = timedelta(minutes=5)
MOST_READINGS = 10
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=6)


class Handler(Protocol):
    def __call__(self, *, event: StripeEvent) -> None: ...


class NotYet(Exception):
    """Raised by a handler whose event came before what it speaks of is known here: try again later."""


class TooManyReadings(RuntimeError):
    """The handlers of one event asked for more objects than any event is about."""


class Handlers:
    """Functions by the name of the event. Several apps may listen to one event; each looks whether it is its own."""

    def __init__(self) -> None:
        self.functions: dict[str, list[Handler]] = {}

    def __call__(self, *kinds: str) -> Callable[[Handler], Handler]:
        def remember(function: Handler) -> Handler:
            for kind in kinds:
                known = self.functions.setdefault(kind, [])
                if function not in known:
                    known.append(function)
            return function

        return remember

    def of(self, kind: str) -> list[Handler]:
        return self.functions.get(kind, [])

    def names(self) -> list[str]:
        return sorted(self.functions)


on = Handlers()

# A claim that a crash of the database forgets is none: the worker lost its connection, and nothing else had happened.
# The payload is long, and few handlers look at it: the event is only a hint.
CLAIM = PreparedUpdate(
    lambda: without_waiting(
        StripeEvent.objects.filter(event_id=Given("event"), handled_at=None, claimed_at=None)
        .defer("payload")
        .order_by()
    ),
    claimed_at=Given("now"),
    attempts=F("attempts") + 1,
)
HANDLED = PreparedUpdate(
    lambda: StripeEvent.objects.filter(pk=Given("event")), handled_at=Given("now"), last_error="", note=""
)


def store(*, payload: dict[str, Any], now: datetime) -> str:
    """Keep the event and wake a worker. Safe to repeat: one row an event id. Returns the event's id."""
    about = payload.get("related_object") or (payload.get("data") or {}).get("object") or {}
    is_thin = payload["object"] == "v2.core.event"
    event = StripeEvent(
        event_id=payload["id"],
        kind=payload["type"],
        account=payload.get("account") or payload.get("context") or "",
        api_version=payload.get("api_version") or "",
        is_thin=is_thin,
        payload=payload,
        object_type=(about.get("type") if is_thin else about.get("object")) or "",
        object_id=about.get("id") or "",
        received_at=now,
        due_at=now,
    )
    insert_new(event, key="event_id")
    return event.event_id


def handle(*, event_id: str, now: datetime) -> bool:
    """Handle a stored event. True when it is handled now or was before; False when somebody else has it in hand.

    1. Claim the row by conditional UPDATE (the database allows one event in hand per object).
    2. Read the provider's current object, outside any transaction.
    3. In one transaction: run the handlers and mark the row handled.
    Whatever a handler raises is stored, the row becomes due again after a growing wait, and the error goes up.
    """
    event = _claimed(event_id, now)
    if event is None:
        return StripeEvent.objects.filter(event_id=event_id, handled_at__isnull=False).exists()
    try:
        _run(event, now)
    except Exception as error:
        _put_back(event, error, now)
        raise
    return True


def replay(*, event: StripeEvent, now: datetime) -> None:
    """Let a handled or failed event be handled again; handlers are safe to repeat, so this is too."""
    StripeEvent.objects.filter(pk=event.pk).update(handled_at=None, claimed_at=None, due_at=now, note="", last_error="")
    enqueue("payments.handle_event", event_id=event.event_id)


def release_abandoned(*, now: datetime) -> int:
    """Give back events whose worker died with them in hand."""
    stale = StripeEvent.objects.unhandled().filter(claimed_at__lt=now - ABANDONED_AFTER)
    return stale.update(claimed_at=None)


def _claimed(event_id: str, now: datetime) -> StripeEvent | None:
    """The event, now in hand; None where it is unknown, handled, or in somebody's hand, or another of its object is."""
    try:
        # One statement, so a transaction of its own; only within another one it needs a savepoint.
        with transaction.atomic() if transaction.get_connection().in_atomic_block else nullcontext():
            return CLAIM.first(event=event_id, now=now)
    except IntegrityError:
        return None


def _run(event: StripeEvent, now: datetime) -> None:
    handlers = on.of(event.kind)
    if not handlers:
        StripeEvent.objects.filter(pk=event.pk).update(handled_at=now, note="nobody listens to this kind")
        return
    with gateway.remembering():
        if event.object_type in gateway.READABLE and event.object_id:
            # Gone since: the handler meets the refusal itself, if it asks at all.
            with suppress(gateway.CertainRefusal):
                gateway.fetch(event.object_type, event.object_id, account=event.account or None)
        for _ in range(MOST_READINGS):
            try:
                _run_handlers(event, handlers, now)
                return
            except gateway.NotReadYet as missing:
                missing.read()
        raise TooManyReadings(event.event_id)


def _run_handlers(event: StripeEvent, handlers: Iterable[Handler], now: datetime) -> None:
    with transaction.atomic():
        for handler in handlers:
            handler(event=event)
        HANDLED(event=event.pk, now=now)


def _put_back(event: StripeEvent, error: Exception, now: datetime) -> None:
    wait = min(FIRST_WAIT * 2 ** min(event.attempts - 1, 12), LONGEST_WAIT)
    StripeEvent.objects.filter(pk=event.pk, handled_at=None).update(
        claimed_at=None, due_at=now + wait, last_error=f"{type(error).__name__}: {error}"[:2000]
    )
