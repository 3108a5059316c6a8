"""The story's own time: the process believes it, the sandbox follows it, and events arrive in it."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import time_machine
from celery import current_app
from django.test import Client

from portal.payments import inbox
from portal.payments.models import StripeEvent
from portal.sandbox.engine import box

NIGHT = timedelta(days=1)


class Clock:
    """`with Clock(start) as clock: clock.move_to(later)`. Jobs run in place, in the order they were asked for."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        # What the timetable would do each night; a deed is told the time.
        self.nightly: list[Callable[[datetime], object]] = []
        self._travel = time_machine.travel(start, tick=False)
        self._post = Client(raise_request_exception=True).post

    def __enter__(self) -> Self:
        self._eager = current_app.conf.task_always_eager
        current_app.conf.task_always_eager = True
        logging.getLogger("celery.app.trace").setLevel(logging.WARNING)
        self._traveler = self._travel.start()
        # The story brings the events in itself; nobody is to be woken for them.
        self._notify, box().notify = box().notify, lambda: None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        box().notify = self._notify
        self._travel.stop()
        current_app.conf.task_always_eager = self._eager

    def move_to(self, moment: datetime) -> datetime:
        """Let time pass: whatever the provider has to do by then is done night by night, and its events arrive."""
        while self.now < moment:
            self.now = min(self.now + NIGHT, moment)
            self._traveler.move_to(self.now)
            box().run_due()
            self.bring_events()
            for deed in self.nightly:
                deed(self.now)
        return self.now

    def pass_time(self, **parts: float) -> datetime:
        """`clock.pass_time(hours=3)`."""
        return self.move_to(self.now + timedelta(**parts))

    def bring_events(self) -> None:
        """Deliver everything the provider has to say, and handle it."""
        for _round in range(20):
            sent = box().deliver_all(self._take)
            wrong = [f"{one.type} was answered with {one.status}" for one in sent if not 200 <= one.status < 300]
            if wrong:
                raise RuntimeError(f"an event was refused: {wrong}")
            waiting = list(StripeEvent.objects.unhandled().order_by("pk"))
            if not sent and not waiting:
                return
            for event in waiting:
                inbox.handle(event_id=event.event_id, now=self.now)
        raise RuntimeError("events go round in circles")

    def _take(self, url: str, body: bytes, headers: dict[str, str]) -> object:
        return self._post(urlsplit(url).path, body, content_type="application/json", headers=headers)
