"""Clicks on their way from the redirect to the database, where there is a Redis: a stream, drained in bulk.

Without REDIS_URL nothing of this is used: the redirect's view writes each click into the database itself.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import cast

from django.conf import settings
from redis import Redis

from shop.actions.links import record_clicks
from shop.models import Click

STREAM = "shop:clicks"
# Told to every process that keeps a map of links, when a link is made, closed, or leads elsewhere.
LINKS_CHANGED = "shop:links"
_FIELD = b"clicks"
Entries = list[tuple[bytes, dict[bytes, bytes]]]
_UNIT, _ROW = "\x1f", "\x1e"


def connection() -> Redis | None:
    return _connection(settings.REDIS_URL) if settings.REDIS_URL else None


@lru_cache(maxsize=2)
def _connection(url: str) -> Redis:
    return Redis.from_url(url)


def pack(*, link_id: int, token: str, visitor: str, at: float, referrer: str, flag: str) -> str:
    return _UNIT.join((str(link_id), token, visitor, f"{at:.6f}", referrer.replace(_UNIT, "").replace(_ROW, ""), flag))


def bundle(clicks: Iterable[str]) -> dict[bytes, str]:
    """What one entry of the stream holds: the clicks of one group commit."""
    return {_FIELD: _ROW.join(clicks)}


def unpack(fields: dict[bytes, bytes]) -> list[Click]:
    found = []
    for row in fields[_FIELD].decode().split(_ROW):
        link_id, token, visitor, at, referrer, flag = row.split(_UNIT)
        moment = datetime.fromtimestamp(float(at), UTC)
        found.append(Click(link_id=int(link_id), token=token, visitor=visitor, at=moment, referrer=referrer, flag=flag))
    return found


def drain(*, entries: int = 2_000) -> int:
    """Move clicks from the stream into the database; returns how many. Two at once are harmless: a token is kept once.

    1. Read entries. 2. Write their clicks in bulk. 3. Only then delete the entries.
    """
    redis = connection()
    if redis is None:
        return 0
    moved = 0
    while read := cast(Entries, redis.xrange(STREAM, count=entries)):
        clicks = [click for _id, fields in read for click in unpack(fields)]
        moved += record_clicks(clicks)
        redis.xdel(STREAM, *[entry_id for entry_id, _fields in read])
        if len(read) < entries:
            break
    return moved


def drain_if_unknown(tokens: Iterable[str]) -> None:
    """An order may come seconds after its click: fetch what is still on the way, so that the click is found."""
    wanted = {token for token in tokens if token}
    if settings.REDIS_URL and wanted and Click.objects.filter(token__in=wanted).count() < len(wanted):
        drain()


def links_changed() -> None:
    """Wake the maps of the redirect. A lost message costs nothing but a slower redirect: the view knows every link."""
    redis = connection()
    if redis is not None:
        redis.publish(LINKS_CHANGED, b"1")
