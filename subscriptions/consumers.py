"""The chat's socket: asks whether the person may stay when they join and whenever their access may have ended."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone

from portal.kit.refusal import Refusal
from subscriptions.actions.chat import ChatIsForMembers, send_message
from subscriptions.hub import Member, hub
from subscriptions.models import Room
from subscriptions.queries.chat import recent_messages, stay_until

REFUSED, LONGEST_FRAME = 4403, 8_000
LOOK_AGAIN_AT_MOST = timedelta(hours=1)


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket in one room. Frames in: {"text", "nonce"}. Out: message, removed, refusal, closed (see chat.js)."""

    room: Room | None = None
    member: Member | None = None
    watch: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        may, until = await self._may_stay()
        if not may or self.room is None:
            await self.accept()  # a socket that was never open cannot say why
            await self._turn_away()
            return
        await self.accept()
        self.member = Member(self.scope["user"].pk, self.base_send, self.look_again)
        # First into the room, then the past: nothing falls in between, and the page knows each message by its id.
        await hub().join(str(self.room.pk), self.member)
        for message in await self._missed():
            await self.send(json.dumps(message, ensure_ascii=False))
        self._watch(until)

    async def disconnect(self, code: int) -> None:
        if self.watch is not None:
            self.watch.cancel()
        if self.member is not None and self.room is not None:
            await hub().leave(str(self.room.pk), self.member)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        frame = _frame(text_data)
        if frame is None or self.room is None or self.member is None:
            await self.close(code=1003)
            return
        refusal = await self._say(frame["text"], frame["nonce"])
        if refusal:
            await self.send(json.dumps({"kind": "refusal", "nonce": frame["nonce"], "sentence": refusal}))

    async def look_again(self) -> None:
        """Ask once more whether the person may stay; out they go if not."""
        may, until = await self._may_stay()
        if may:
            self._watch(until)
        else:
            await self._turn_away()

    async def _turn_away(self) -> None:
        await self.send(json.dumps({"kind": "closed", "sentence": str(ChatIsForMembers())}))
        await self.close(code=REFUSED)

    def _watch(self, until: datetime | None) -> None:
        wait = LOOK_AGAIN_AT_MOST
        if until is not None:
            wait = min(wait, max(until - timezone.now(), timedelta()))
        if self.watch is not None and self.watch is not asyncio.current_task():
            self.watch.cancel()
        self.watch = asyncio.create_task(self._look_after(wait.total_seconds()))

    async def _look_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.look_again()

    @database_sync_to_async
    def _may_stay(self) -> tuple[bool, datetime | None]:
        handle = self.scope["url_route"]["kwargs"]["handle"]
        self.room = Room.objects.select_related("creator").filter(creator__handle=handle).first()
        if self.room is None:
            return False, None
        return stay_until(viewer=self.scope["user"], creator=self.room.creator, at=timezone.now())

    @database_sync_to_async
    def _missed(self) -> list[dict[str, Any]]:
        asked = parse_qs(self.scope.get("query_string", b"").decode()).get("after", ["0"])[0]
        after = int(asked) if asked.isdecimal() and len(asked) < 19 else 0
        assert self.room is not None
        return recent_messages(room=self.room, after=after)

    @database_sync_to_async
    def _say(self, text: str, nonce: str) -> str:
        """'' when it was said, else why not."""
        assert self.room is not None
        try:
            send_message(room=self.room, author=self.scope["user"], text=text, nonce=nonce, now=timezone.now())
        except Refusal as refusal:
            return str(refusal)
        return ""


def _frame(text: str | None) -> dict[str, str] | None:
    """A frame of the right shape, None for anything else."""
    if text is None or len(text) > LONGEST_FRAME:
        return None
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    if not isinstance(frame, dict) or not isinstance(frame.get("text"), str) or not isinstance(frame.get("nonce"), str):
        return None
    return {"text": frame["text"], "nonce": frame["nonce"][:40]}
