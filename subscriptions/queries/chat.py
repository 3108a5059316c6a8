"""What was said, and until when somebody may stay."""

from datetime import datetime
from typing import Any

from portal.accounts.models import Creator
from subscriptions.models import Message, Room
from subscriptions.queries.access import Viewer, perks

SHOWN_AT_ONCE = 50


def as_sent(message: Message) -> dict[str, Any]:
    """A message as every page gets it, over the socket and in the first HTML."""
    return {"kind": "message", "id": message.pk, "at": message.sent_at.isoformat(), **message.shown}


def recent_messages(*, room: Room, after: int = 0) -> list[dict[str, Any]]:
    """The last messages that are not removed, oldest first; only those after the id `after`. One query."""
    rows = room.messages.filter(removed_at__isnull=True, pk__gt=after).order_by("-pk")[:SHOWN_AT_ONCE]
    return [as_sent(message) for message in reversed(rows)]


def stay_until(*, viewer: Viewer, creator: Creator, at: datetime) -> tuple[bool, datetime | None]:
    """May the viewer be in the chat, and when has that to be asked again? (None: nothing known will end it.)"""
    mine = perks(viewer=viewer, creator=creator, at=at)
    if not mine.chat or mine.is_owner:
        return mine.chat, None
    ends = [grant.until_at for grant in mine.grants if grant.until_at is not None]
    return True, min(ends, default=None)
