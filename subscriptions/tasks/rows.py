"""Jobs work row by row."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from django.db.models import Model

from portal.kit.refusal import Refusal
from subscriptions.actions.alarms import raise_unreadable, resolve_unreadable

log = logging.getLogger(__name__)
Row = TypeVar("Row", bound=Model)
A_BATCH = 500


def one_by_one(rows: Iterable[Row], deed: Callable[[Row, datetime], object], now: datetime) -> int:
    """Do it for each row; how many were done. One bad row never stops the rest: it raises an alarm of its own.

    A refusal (a silent provider, say) is no alarm: the next sweep looks again.
    """
    done = 0
    for row in rows:
        about = f"{row._meta.model_name}:{row.pk}"
        try:
            deed(row, now)
        except Refusal as refusal:
            log.info("%s has to wait: %s", about, refusal)
        except Exception as error:
            log.exception("%s could not be worked on", about)
            raise_unreadable(about=about, error=error, now=now)
        else:
            done += 1
            resolve_unreadable(about=about, now=now)
    return done
