"""The socket: who gets in, what everybody hears, and who is asked again."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Creator, User
from portal.asgi import application
from portal.testing.cast import creator, person
from subscriptions.actions.chat import open_room, remove_message, send_message
from subscriptions.actions.grants import give_grant, revoke_grant
from subscriptions.actions.tiers import add_tier, ensure_benefit
from subscriptions.models import Benefit, Grant, Message, Tier
from subscriptions.routing import websocket_urlpatterns
from subscriptions.tests.chat.socket import Socket

pytestmark = pytest.mark.django_db(transaction=True)
Life = Callable[[], Awaitable[None]]


@pytest.fixture
def host(transactional_db: None) -> Creator:
    made = creator(person("Mika"), followers=1, views_30d=1, measured_at=timezone.now())
    open_room(creator=made)
    return made


@pytest.fixture
def chatty(host: Creator) -> Tier:
    benefit = ensure_benefit(creator=host, kind=Benefit.Kind.CHAT, title="Chat")
    return add_tier(creator=host, name="Gold", amount_minor=500, now=timezone.now(), benefits=[benefit], badge="GOLD")


@pytest.fixture
def fan(chatty: Tier) -> User:
    return person("Sam")


def let_in(fan: User, tier: Tier, seconds: float = 3_600) -> Grant:
    now = timezone.now()
    return give_grant(
        fan=fan, kind=Grant.Kind.STAFF, by=tier.creator.user, reason="Test", now=now, tier=tier,
        until=now + timedelta(seconds=seconds),
    )  # fmt: skip


async def opened(user: User | AnonymousUser, path: str = "/ws/chat/mika/") -> Socket:
    socket = Socket(URLRouter(websocket_urlpatterns), path, user)
    assert await socket.open()
    return socket


def run(life: Life) -> None:
    async_to_sync(life)()


def test_what_one_says_everybody_hears_once(host: Creator, chatty: Tier, fan: User) -> None:
    let_in(fan, chatty)

    async def life() -> None:
        sam, mika = await opened(fan), await opened(host.user)
        for _twice in range(2):
            await sam.say(json.dumps({"text": "Hello <b>", "nonce": "1"}))
        for reader in (sam, mika):
            frame = await reader.hear()
            assert (frame["kind"], frame["name"], frame["word"]) == ("message", "Sam", "")
            assert frame["parts"] == [{"text": "Hello <b>"}]
            assert await reader.hears_nothing()
        await sam.close()
        await mika.close()

    run(life)
    assert Message.objects.count() == 1


def test_who_comes_late_hears_what_they_missed_and_only_that(host: Creator, chatty: Tier, fan: User) -> None:
    let_in(fan, chatty)
    room = open_room(creator=host)
    ids = [
        send_message(room=room, author=host.user, text=f"{n}", nonce=f"{n}", now=timezone.now()).pk for n in range(3)
    ]

    async def life() -> None:
        late = await opened(fan, f"/ws/chat/mika/?after={ids[0]}")
        assert [(await late.hear())["id"] for _ in range(2)] == ids[1:]
        assert await late.hears_nothing()
        await late.close()

    run(life)


def test_a_removed_message_goes_from_every_page(host: Creator) -> None:
    message = send_message(room=open_room(creator=host), author=host.user, text="Oops", nonce="1", now=timezone.now())

    async def life() -> None:
        reader = await opened(host.user, f"/ws/chat/mika/?after={message.pk}")
        await database_sync_to_async(remove_message)(message=message, by=host.user, now=timezone.now())
        assert await reader.hear() == {"kind": "removed", "id": message.pk}
        await reader.close()

    run(life)


@pytest.mark.parametrize("who", ["stranger", "signed in", "lapsed"])
def test_who_may_not_is_told_and_turned_away(chatty: Tier, fan: User, who: str) -> None:
    if who == "lapsed":
        let_in(fan, chatty, seconds=0)

    async def life() -> None:
        visitor = await opened(AnonymousUser() if who == "stranger" else fan)
        assert (await visitor.hear())["kind"] == "closed"
        assert await visitor.hear() == {"kind": "close", "code": 4403}

    run(life)


def test_a_room_that_is_not_there_is_closed(host: Creator, chatty: Tier, fan: User) -> None:
    async def life() -> None:
        visitor = await opened(fan, "/ws/chat/nobody/")
        assert (await visitor.hear())["kind"] == "closed"

    run(life)


def test_when_the_access_ends_so_does_the_chat(chatty: Tier, fan: User) -> None:
    let_in(fan, chatty, seconds=0.6)

    async def life() -> None:
        sam = await opened(fan)
        assert (await sam.hear())["kind"] == "closed"
        assert await sam.hear() == {"kind": "close", "code": 4403}

    run(life)


def test_a_grant_taken_back_is_felt_at_once(host: Creator, chatty: Tier, fan: User) -> None:
    grant = let_in(fan, chatty)

    async def life() -> None:
        sam = await opened(fan)
        await database_sync_to_async(revoke_grant)(grant=grant, by=host.user, reason="Test", now=timezone.now())
        assert (await sam.hear())["kind"] == "closed"

    run(life)


def test_a_refusal_is_told_to_its_author_alone(host: Creator, chatty: Tier, fan: User) -> None:
    let_in(fan, chatty)

    async def life() -> None:
        sam, mika = await opened(fan), await opened(host.user)
        await sam.say(json.dumps({"text": "   ", "nonce": "7"}))
        assert await sam.hear() == {"kind": "refusal", "nonce": "7", "sentence": "Write something first."}
        assert await mika.hears_nothing()
        await sam.close()
        await mika.close()

    run(life)


@pytest.mark.parametrize(
    "frame", ["not json", "[]", '{"text": 1, "nonce": "1"}', '{"text": "no nonce"}', '{"text":"' + "x" * 9_000 + '"}']
)
def test_a_frame_of_the_wrong_shape_closes_the_socket(host: Creator, frame: str) -> None:
    async def life() -> None:
        mika = await opened(host.user)
        await mika.say(frame)
        assert await mika.hear() == {"kind": "close", "code": 1003}

    run(life)
    assert Message.objects.count() == 0


def test_the_session_of_the_page_opens_the_socket(host: Creator, settings: Any) -> None:
    client = Client()
    client.force_login(host.user)
    cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
    settings.ALLOWED_HOSTS = ["testserver"]

    async def life() -> None:
        headers = [(b"cookie", cookie), (b"origin", b"http://testserver")]
        mika = Socket(application, "/ws/chat/mika/", headers=headers)
        assert await mika.open()
        await mika.say(json.dumps({"text": "Hi", "nonce": "1"}))
        assert (await mika.hear())["is_creator"] is True
        await mika.close()
        headers[1] = (b"origin", b"http://evil.example")
        assert not await Socket(application, "/ws/chat/mika/", headers=headers).open()

    run(life)


def test_two_processes_hear_each_other_through_redis(
    host: Creator, chatty: Tier, fan: User, settings: Any, valkey_url: str
) -> None:
    """Two event loops stand for two processes: nothing but Redis is between them."""
    settings.REDIS_URL = valkey_url
    let_in(fan, chatty)

    async def both() -> None:
        ready, done = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        async def other_process() -> dict[str, Any]:
            sam = await opened(fan)
            loop.call_soon_threadsafe(ready.set)
            frame = await sam.hear()
            await sam.close()
            return frame

        listening = asyncio.create_task(asyncio.to_thread(asyncio.run, other_process()))
        await ready.wait()
        mika = await opened(host.user)
        await mika.say(json.dumps({"text": "Hi there", "nonce": "1"}))
        here, there = await mika.hear(), await listening
        assert here == there
        assert there["parts"] == [{"text": "Hi there"}]
        done.set()
        await mika.close()

    run(both)
