"""The affiliate redirect before Django: a map of links in this process, clicks to a stream with group commit.

`Redirects(pages)` is an ASGI app around the pages. It answers plain GET requests of strangers for links it knows; all
others, and everything when Redis fails, go to the view (`shop.views.redirect`), which gives the same answer.
A visitor is sent on only after the click is in the stream.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from shop import visitors
from shop.clickstream import FIELD, LINKS_CHANGED, STREAM, bundle, pack
from shop.models import Click, Link

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

Known = tuple[int, bytes, bytes]
# A lost message is made good after so long.
REFRESH_SECONDS = 60.0
FAILURE_WAIT_SECONDS = 1.0
# No visitor notices it, and it makes one write of many.
GATHER_SECONDS = 0.002
_FIXED = [
    (b"content-length", b"0"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
]


class LinkMap:
    """Path → (link id, destination before and after the click's token) of every live link.

    Refreshed by a message, and once a minute anyway.
    """

    def __init__(self, redis: "Redis") -> None:
        self.redis = redis
        self.links: dict[str, Known] = {}

    async def load(self) -> None:
        # Not sync_to_async: that one swallows a cancellation which comes while its thread is at work.
        self.links = await asyncio.to_thread(_live_links)

    async def keep_fresh(self) -> None:
        """For ever: load, then wait for a message or the end of the minute."""
        while True:
            try:
                async with self.redis.pubsub() as news:
                    await news.subscribe(LINKS_CHANGED)
                    while True:
                        await self.load()
                        # The answer to the subscription is a message too: one load more at the start.
                        await news.get_message(timeout=REFRESH_SECONDS)
            except (RedisError, OSError) as error:
                log.warning("the map of links is not told of changes: %s", error)
                await asyncio.sleep(FAILURE_WAIT_SECONDS)


class GroupCommit:
    """Writes all clicks of two milliseconds, and of the write before, in one go; nobody waits for more than two writes."""

    def __init__(self, redis: "Redis") -> None:
        self.redis = redis
        self.loop: asyncio.AbstractEventLoop | None = None
        self.clicks: list[str] = []
        self.waiting: list[asyncio.Future[None]] = []
        self.writer: asyncio.Task[None] | None = None

    def add(self, click: str) -> "asyncio.Future[None]":
        """Await what this returns: it is done when the click is written, or raises what Redis raised."""
        if self.loop is None:
            self.loop = asyncio.get_running_loop()
        mine = self.loop.create_future()
        self.clicks.append(click)
        self.waiting.append(mine)
        if self.writer is None:
            self.writer = self.loop.create_task(self._write())
        return mine

    async def _write(self) -> None:
        while self.clicks:
            await asyncio.sleep(GATHER_SECONDS)
            clicks, waiting = self.clicks, self.waiting
            self.clicks, self.waiting = [], []
            failure: Exception | None = None
            try:
                await self.redis.xadd(STREAM, {FIELD: bundle(clicks)})
            except Exception as error:  # noqa: BLE001  whoever waits gets it, whatever it is
                failure = error
            for each in waiting:
                # A visitor who went away has canceled theirs.
                if not each.done():
                    each.set_exception(failure) if failure else each.set_result(None)
        self.writer = None


class Redirects:
    """ASGI: the redirect where it can be fast, `pages` for everything else. Starts with the first request."""

    def __init__(self, pages: App) -> None:
        self.pages = pages
        # No retries: who waits for a failing Redis waits for nothing, the view can do the same.
        self.redis = Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        self.map = LinkMap(self.redis)
        self.commit = GroupCommit(self.redis)
        self.keeper: asyncio.Task[None] | None = None
        # Asked for on every request; settings are slow to ask.
        self.session_cookie: str = settings.SESSION_COOKIE_NAME
        self.behind_proxy = bool(settings.SECURE_PROXY_SSL_HEADER)
        self.only_secure: bool = settings.SECURE_SSL_REDIRECT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.keeper is None:
            self.keeper = asyncio.create_task(self.map.keep_fresh())
        link = self.map.links.get(scope["path"]) if scope["type"] == "http" else None
        if link is not None and scope["method"] == "GET":
            answer = await self._answer(link, scope)
            if answer is not None:
                await send({"type": "http.response.start", "status": 302, "headers": answer})
                await send({"type": "http.response.body", "body": b""})
                return
        await self.pages(scope, receive, send)

    async def _answer(self, link: Known, scope: Scope) -> list[tuple[bytes, bytes]] | None:
        """The headers of the redirect once the click is written; None when the view has to decide."""
        headers = dict(scope["headers"])
        secure = self._is_secure(scope, headers)
        cookies = headers.get(b"cookie", b"").decode("latin-1")
        if self.session_cookie in cookies or _looks_ahead(headers) or (self.only_secure and not secure):
            return None
        kept = _cookie(cookies)
        visitor = visitors.unseal(kept) if kept else None
        if visitor is None:
            visitor = visitors.new_visitor()
            kept = visitors.seal(visitor)
        token = visitors.new_token()
        agent = headers.get(b"user-agent", b"").decode("latin-1")
        click = pack(
            link_id=link[0],
            token=token,
            visitor=visitor,
            at=time.time(),
            referrer=visitors.referrer_host(headers.get(b"referer", b"").decode("latin-1")),
            flag=Click.Flag.BOT.value if visitors.is_machine(agent) else "",
        )
        try:
            await self.commit.add(click)
        except (RedisError, OSError) as error:
            log.warning("a click went to the view, Redis failed: %s", error)
            return None
        return [(b"location", link[1] + token.encode() + link[2]), (b"set-cookie", _set_cookie(kept, secure)), *_FIXED]

    def _is_secure(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        if self.behind_proxy:
            return headers.get(b"x-forwarded-proto", b"").split(b",")[0].strip() == b"https"
        return scope.get("scheme") == "https"


def _live_links() -> dict[str, Known]:
    mark = "\0"
    try:
        links = Link.objects.live(timezone.now()).select_related("product")
        found = {}
        for link in links:
            before, _mark, after = visitors.with_click(iri_to_uri(link.destination()), mark).partition(mark)
            found[link.get_absolute_url()] = (link.pk, before.encode(), after.encode())
        return found
    finally:
        connections.close_all()


def _looks_ahead(headers: dict[bytes, bytes]) -> bool:
    return b"prefetch" in headers.get(b"sec-purpose", b"") + headers.get(b"purpose", b"")


def _cookie(cookies: str) -> str:
    for piece in cookies.split(";"):
        name, _equals, value = piece.strip().partition("=")
        if name == visitors.COOKIE:
            return value
    return ""


def _set_cookie(value: str, secure: bool) -> bytes:
    text = f"{visitors.COOKIE}={value}; Max-Age={visitors.COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Lax"
    return (text + "; Secure" if secure else text).encode()


async def stop(redirects: Redirects) -> None:
    """End the background work; for tests and servers that end in an orderly way."""
    if redirects.keeper is not None:
        redirects.keeper.cancel()
        with suppress(asyncio.CancelledError):
            await redirects.keeper
    await redirects.redis.aclose()
