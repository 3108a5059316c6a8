"""The hub alone: a reader that stopped reading delays nobody, keeps its order, and is given up in the end."""

import asyncio
import time
from typing import Any

from subscriptions import hub as chat
from subscriptions.hub import MOST_WAITING, Hub, Member


class Reader:
    """A socket: takes messages at once, or only while `open` is set."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, message: dict[str, Any]) -> None:
        await self.open.wait()
        self.heard.append(message.get("text", message["type"]))

    async def look_again(self) -> None:
        self.heard.append("looked again")


async def room_of(count: int) -> tuple[Hub, list[Reader], list[Member]]:
    hub, readers = Hub(), [Reader() for _ in range(count)]
    members = [Member(n, reader.send, reader.look_again) for n, reader in enumerate(readers)]
    for member in members:
        await hub.join("1", member)
    return hub, readers, members


def test_a_reader_that_stopped_reading_delays_nobody() -> None:
    async def life() -> None:
        hub, readers, _members = await room_of(100)
        readers[0].open.clear()
        begun = time.perf_counter()
        for n in range(20):
            hub.broadcast("1", f"{n}")
        took = time.perf_counter() - begun
        # Before anything else runs: everybody but the slow one has everything.
        assert all(reader.heard == [f"{n}" for n in range(20)] for reader in readers[1:])
        assert readers[0].heard == []
        assert took < 0.5
        readers[0].open.set()
        await asyncio.sleep(0.05)
        assert readers[0].heard == [f"{n}" for n in range(20)], "late, but all of it and in order"
        hub.broadcast("1", "now")
        assert readers[0].heard[-1] == "now", "and without a queue again"

    asyncio.run(life())


def test_a_reader_that_never_comes_back_is_given_up() -> None:
    async def life() -> None:
        hub, readers, members = await room_of(2)
        readers[0].open.clear()
        for n in range(MOST_WAITING + 2):
            hub.broadcast("1", f"{n}")
        assert members[0].is_lost
        assert hub.rooms["1"] == {members[1]}
        assert len(readers[1].heard) == MOST_WAITING + 2
        readers[0].open.set()
        await asyncio.sleep(0.05)
        assert readers[0].heard == ["websocket.close"], "nothing out of order; its page connects again"

    asyncio.run(life())


def test_a_socket_that_broke_is_forgotten() -> None:
    async def life() -> None:
        hub, readers, _members = await room_of(2)

        async def broken(_message: dict[str, Any]) -> None:
            raise ConnectionError

        await hub.join("1", Member(9, broken, readers[0].look_again))
        hub.broadcast("1", "one")
        assert len(hub.rooms["1"]) == 2
        assert [reader.heard for reader in readers] == [["one"], ["one"]]

    asyncio.run(life())


def test_rooms_do_not_hear_each_other_and_are_forgotten_when_empty() -> None:
    async def life() -> None:
        hub, readers, members = await room_of(1)
        hub.broadcast("2", "elsewhere")
        assert readers[0].heard == []
        await hub.leave("1", members[0])
        assert hub.rooms == {}

    asyncio.run(life())


def test_only_whose_rights_changed_is_asked_again() -> None:
    async def life() -> None:
        hub, readers, _members = await room_of(2)
        hub.receive("1", f"{chat.LOOK_AGAIN}1")
        await asyncio.sleep(0.01)
        assert [reader.heard for reader in readers] == [[], ["looked again"]]

    asyncio.run(life())
