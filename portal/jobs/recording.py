"""Writes down what Celery tells of the jobs of the timetable. A job never fails because this could not be written."""

import logging
import time
from typing import Any

from celery import signals
from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from portal.celery import TIMETABLE
from portal.jobs.models import JobState

log = logging.getLogger(__name__)
ON_TIMETABLE = frozenset(task for task, _when in TIMETABLE.values())
_began: dict[str, float] = {}


def listen() -> None:
    """Called once, when the apps are ready."""
    signals.task_prerun.connect(note_begin, dispatch_uid="jobs.begin")
    signals.task_success.connect(note_success, dispatch_uid="jobs.success")
    signals.task_failure.connect(note_failure, dispatch_uid="jobs.failure")


def note_begin(sender: Any = None, task_id: str = "", **_: Any) -> None:
    if sender is not None and sender.name in ON_TIMETABLE:
        _began[task_id] = time.monotonic()
        _write(sender.name, began_at=timezone.now(), runs=F("runs") + 1)


def note_success(sender: Any = None, **_: Any) -> None:
    if sender is not None and sender.name in ON_TIMETABLE:
        _write(sender.name, succeeded_at=timezone.now(), seconds=_took(sender.request.id), error="")


def note_failure(sender: Any = None, task_id: str = "", exception: BaseException | None = None, **_: Any) -> None:
    if sender is not None and sender.name in ON_TIMETABLE:
        said = f"{type(exception).__name__}: {exception}"[:500]
        failures = F("failures") + 1
        _write(sender.name, failed_at=timezone.now(), seconds=_took(task_id), failures=failures, error=said)


def _took(task_id: str) -> float:
    now = time.monotonic()
    return round(now - _began.pop(task_id, now), 3)


def _write(name: str, **values: Any) -> None:
    try:
        if not JobState.objects.filter(name=name).update(**values):
            JobState.objects.get_or_create(name=name)
            JobState.objects.filter(name=name).update(**values)
    except DatabaseError:
        log.exception("could not write down how %s fared", name)
