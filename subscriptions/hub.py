"""The chat's hub: carries a message from whoever said it to every socket of the room.

Each process knows only its own sockets. A message is made into text once, published once, and each process that has
the room open hears it once (Redis; without it, this process alone). A reader that stopped reading waits behind a
bounded queue of its own and delays nobody; when the queue is full the socket is given up, and its page comes back.
"""

import asyncio
import logging
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from django.conf import settings

log = logging.getLogger(__name__)
Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]

MOST_WAITING = 200
FORWARD, LOOK_AGAIN = "f:", "l:"
RECONNECT_SECONDS = 1.0


class Member:
    """One open socket. `send` is how its server takes messages; `look_again` asks whether the person may still stay."""

    def __init__(self, user_id: int, send: Send, look_again: Callable[[], Awaitable[None]]) -> None:
        self.user_id = user_id
        self.send = send
        self.look_again = look_again
        self.waiting: deque[dict[str, Any]] | None = None
        self.task: asyncio.Task[None] | None = None
        self.is_lost = False

    def offer(self, message: dict[str, Any]) -> None:
        """Send without waiting: one step is nearly always the whole way. Who cannot take it is parked."""
        if self.waiting is not None:
            if len(self.waiting) >= MOST_WAITING:
                self.give_up()
            else:
                self.waiting.append(message)
            return
        sending = self.send(message)
        try:
            blocked_by = sending.send(None)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001  the socket is gone; its consumer hears of it by itself
            self.is_lost = True
            return
        self.waiting = deque()
        self.task = asyncio.get_running_loop().create_task(self._catch_up(sending, blocked_by))

    async def _catch_up(self, sending: Coroutine[Any, Any, None], blocked_by: Any) -> None:
        try:
            await _resumed(sending, blocked_by)
            while self.waiting:
                await self.send(self.waiting.popleft())
        except Exception:  # noqa: BLE001  as above
            self.is_lost = True
        self.waiting = None

    def give_up(self) -> None:
        """Stop sending; the page finds its socket closed, connects again and asks for what it has missed."""
        self.is_lost = True
        self.waiting = deque()
        if self.task is not None:
            self.task.cancel()
        asyncio.get_running_loop().create_task(self._close())

    async def _close(self) -> None:
        with suppress(Exception):
            await self.send({"type": "websocket.close", "code": 1013})


@types.coroutine
def _resumed(coroutine: Coroutine[Any, Any, None], blocked_by: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that was stepped once by hand and is waiting for `blocked_by`."""
    while True:
        try:
            value = yield blocked_by
        except BaseException as error:  # noqa: BLE001  cancellation too belongs to the coroutine
            blocked_by = coroutine.throw(error)
            continue
        try:
            blocked_by = coroutine.send(value)
        except StopIteration:
            return


class Hub:
    """The sockets of one event loop by room, and its one connection to Redis."""

    def __init__(self) -> None:
        self.rooms: dict[str, set[Member]] = {}
        self.pubsub: redis.asyncio.client.PubSub | None = None
        self.listener: asyncio.Task[None] | None = None

    async def join(self, room: str, member: Member) -> None:
        is_first = room not in self.rooms
        self.rooms.setdefault(room, set()).add(member)
        if is_first and settings.REDIS_URL:
            await self._listen_to(room)

    async def leave(self, room: str, member: Member) -> None:
        members = self.rooms.get(room, set())
        members.discard(member)
        if member.task is not None:
            member.task.cancel()
        if not members and self.rooms.pop(room, None) is not None and self.pubsub is not None:
            await self.pubsub.unsubscribe(channel_of(room))

    def receive(self, room: str, envelope: str) -> None:
        """What was published for a room: a text for everybody, or a word that somebody's rights have changed."""
        kind, body = envelope[:2], envelope[2:]
        if kind == FORWARD:
            self.broadcast(room, body)
        elif kind == LOOK_AGAIN:
            for member in tuple(self.rooms.get(room, ())):
                if str(member.user_id) == body:
                    asyncio.ensure_future(member.look_again())

    def broadcast(self, room: str, text: str) -> None:
        members = self.rooms.get(room)
        if not members:
            return
        message = {"type": "websocket.send", "text": text}
        lost = []
        for member in members:
            member.offer(message)
            if member.is_lost:
                lost.append(member)
        members.difference_update(lost)

    async def _listen_to(self, room: str) -> None:
        if self.pubsub is None:
            self.pubsub = redis.asyncio.Redis.from_url(settings.REDIS_URL, decode_responses=True).pubsub()
        await self.pubsub.subscribe(channel_of(room))
        if self.listener is None or self.listener.done():
            self.listener = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        """Until the last room is left. A lost connection is taken up again; pages ask for what they missed."""
        assert self.pubsub is not None
        while self.rooms:
            try:
                async for message in self.pubsub.listen():
                    if message["type"] == "message":
                        self.receive(message["channel"].removeprefix(CHANNEL), message["data"])
            except redis.RedisError:
                log.warning("the chat lost Redis and tries again")
                await asyncio.sleep(RECONNECT_SECONDS)
                with suppress(redis.RedisError):
                    await self.pubsub.subscribe(*map(channel_of, self.rooms))


CHANNEL = "chat:"
_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def channel_of(room: str) -> str:
    return CHANNEL + room


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def publish(room: str, text: str) -> None:
    """Give a text to everybody in a room, in whatever process they are. From any thread."""
    _publish(room, FORWARD + text)


def publish_change(room: str, user_id: int) -> None:
    """Let every socket of a person look again whether they may stay."""
    _publish(room, f"{LOOK_AGAIN}{user_id}")


def _publish(room: str, envelope: str) -> None:
    if settings.REDIS_URL:
        try:
            _publisher(settings.REDIS_URL).publish(channel_of(room), envelope)
        except redis.RedisError:
            # The message is in the database; pages that connect again ask for what they missed.
            log.warning("a chat message could not be published")
        return
    for loop, one in list(_hubs.items()):
        if not loop.is_closed():
            loop.call_soon_threadsafe(one.receive, room, envelope)


@cache
def _publisher(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2)
