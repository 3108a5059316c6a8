"""Long work as a person sees it: how far it is, what it does now, and when it will be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_timedelta
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from portal.kit.languages.reader import reader_locale

STOP_POLLING = 286  # htmx swaps such an answer in and asks no more


@dataclass(frozen=True)
class Work:
    """What `ui/work.html` shows. `total` 0: nobody knows how much there is. `failed` is a sentence; '' while all is well.

    The page at `url` answers an htmx request with `ui/work.html` alone, and with the status of `status_for`.
    """

    label: str | Promise
    done: int
    total: int
    id: str = "work"
    url: str = ""
    phase: str | Promise = ""
    failed: str | Promise = ""
    ended: bool = False
    began_at: datetime | None = None
    now: datetime | None = None
    cancel_url: str = ""
    result_url: str = ""
    result: str | Promise = ""

    @property
    def is_running(self) -> bool:
        return not (self.ended or self.failed)

    @property
    def shown(self) -> int:
        return self.total if self.ended and not self.failed else min(self.done, self.total)

    @property
    def left(self) -> str:
        """'2 minutes to go', from the pace so far; '' before there is one."""
        if not (self.began_at and self.now and self.done and self.total > self.done):
            return ""
        seconds = (self.now - self.began_at).total_seconds() * (self.total - self.done) / self.done
        time = format_timedelta(timedelta(seconds=max(seconds, 1)), locale=reader_locale())
        return _("%(time)s to go") % {"time": time}

    @property
    def milestone(self) -> str:
        """What is read out: only at each quarter, so that nobody is talked over every second."""
        if self.failed:
            return str(self.failed)
        if not self.total or not self.is_running:
            return _("%(label)s: done") % {"label": self.label} if self.ended else ""
        return f"{self.label}: {self.done * 4 // self.total * 25}%"


def status_for(request: HttpRequest, work: Work) -> int:
    """200 while it runs; 286 to the last question of htmx."""
    asked_by_htmx = bool(getattr(request, "htmx", False))
    return 200 if work.is_running or not asked_by_htmx else STOP_POLLING
