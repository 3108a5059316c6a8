"""Clicks on their way from the redirect to the database, where there is a Redis: one stream, drained in bulk.

Without REDIS_URL nothing of this is used: the redirect's view writes each click into the database itself. A click in
the stream is as durable as that Redis is: with `appendonly yes` and `appendfsync always`, as durable as the database.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import cast

from django.conf import settings
from redis import Redis

from shop.models import Click

STREAM = "shop:clicks"
# Told to every process that keeps a map of links, when a link is made, closed, or leads elsewhere.
LINKS_CHANGED = "shop:links"
FIELD = b"clicks"
Entry = tuple[bytes, dict[bytes, bytes]]
_UNIT, _ROW = "\x1f", "\x1e"


def connection() -> Redis | None:
    return _connection(settings.REDIS_URL) if settings.REDIS_URL else None


@lru_cache(maxsize=2)
def _connection(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)


def pack(*, link_id: int, token: str, visitor: str, at: float, referrer: str, flag: str) -> str:
    """One click as text; `at` in seconds since 1970. The parts are ours or cleaned (`visitors.referrer_host`)."""
    return f"{link_id}{_UNIT}{token}{_UNIT}{visitor}{_UNIT}{at:.6f}{_UNIT}{referrer}{_UNIT}{flag}"


def bundle(clicks: Iterable[str]) -> bytes:
    """What one entry of the stream holds: the clicks of one group commit."""
    return _ROW.join(clicks).encode()


def unpack(held: bytes) -> Iterator[Click]:
    for row in held.decode().split(_ROW):
        link_id, token, visitor, at, referrer, flag = row.split(_UNIT)
        moment = datetime.fromtimestamp(float(at), UTC)
        yield Click(link_id=int(link_id), token=token, visitor=visitor, at=moment, referrer=referrer, flag=flag)


def waiting(redis: Redis, *, entries: int) -> list[Entry]:
    """The oldest entries of the stream, still in it."""
    return cast(list[Entry], redis.xrange(STREAM, count=entries))


def tell_links_changed() -> None:
    """Wake the maps of the redirect. A lost message costs nothing but a slower redirect: the view knows every link."""
    redis = connection()
    if redis is not None:
        redis.publish(LINKS_CHANGED, b"1")
