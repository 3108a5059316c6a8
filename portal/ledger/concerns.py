"""What products watch over beside the books, for the page that shows the proof. The ledger knows none of them.

@concern("subscriptions.alarms")
def open_alarms(*, now) -> Concern: ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from portal.kit.registry import Registry


@dataclass(frozen=True, slots=True)
class Concern:
    """`sentence` says what should hold; `count` how often it does not; `url` is for staff."""

    sentence: str | Promise
    count: int
    url: str


concern: Registry[Callable[..., Concern]] = Registry("concern")


def concerns(*, now: datetime) -> list[Concern]:
    """Each watcher asked once, in the order of their names."""
    return [concern[name](now=now) for name in concern.names()]
