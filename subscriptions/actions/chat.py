"""Say something, remove it, mute somebody, slow a room down."""

import json
import math
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from subscriptions import hub
from subscriptions.models import Message, Mute, Room
from subscriptions.prose import chat_parts
from subscriptions.queries.access import perks
from subscriptions.queries.badges import own_badge
from subscriptions.queries.chat import as_sent
from subscriptions.queries.emojis import usable_emojis

FLOOD_MESSAGES, FLOOD_WINDOW = 10, timedelta(seconds=10)


class ChatIsForMembers(Refusal):
    sentence = _("This chat is for members.")
    status = 403


class MessageIsEmpty(Refusal):
    sentence = _("Write something first.")
    status = 422
    field = "text"


class MessageIsTooLong(Refusal):
    sentence = _("A message has at most %(most)s characters.")
    status = 422
    field = "text"


class YouAreMuted(Refusal):
    sentence = _("You cannot write here for now: %(reason)s")
    status = 403


class TooFast(Refusal):
    sentence = _("Please wait %(seconds)s seconds before your next message.")
    status = 429


class NotYourRoom(Refusal):
    sentence = _("Only the creator of this chat and staff can do this.")
    status = 403


@transaction.atomic
def open_room(*, creator: Creator) -> Room:
    """The creator's room. Safe to repeat: one room a creator."""
    return Room.objects.get_or_create(creator=creator)[0]


@transaction.atomic
def set_slow_mode(*, room: Room, seconds: int) -> Room:
    """How long each member waits between two messages, 0 to 120 seconds. Safe to repeat."""
    room.slow_seconds = max(0, min(seconds, Room.SLOWEST))
    room.save(update_fields=["slow_seconds"])
    return room


@transaction.atomic
def send_message(*, room: Room, author: User, text: str, nonce: str, now: datetime) -> Message:
    """Say something; whoever is in the room gets it after commit. Safe to repeat with the same `nonce`.

    Name, badge and emojis are put in once, here, so that every reader gets the same ready text.
    """
    text = text.strip()
    if not text:
        raise MessageIsEmpty
    if len(text) > Message.LONGEST:
        raise MessageIsTooLong(most=Message.LONGEST)
    # The author's row is the lock: two pages of one person cannot get round the slow mode together.
    author = User.objects.select_for_update().get(pk=author.pk)
    known = room.messages.filter(author=author, nonce=nonce).first()
    if known is not None:
        return known
    mine = perks(viewer=author, creator=room.creator, at=now)
    if not mine.chat:
        raise ChatIsForMembers
    if not mine.is_owner:
        _check_pace(room, author, now)
    shown = {
        "name": str(author),
        "is_creator": mine.is_owner,
        **own_badge(viewer=author, creator=room.creator, mine=mine, at=now).shown,
        "parts": chat_parts(text, usable_emojis(creator=room.creator, mine=mine)),
    }
    message = Message.objects.create(room=room, author=author, text=text, nonce=nonce, shown=shown, sent_at=now)
    _publish(room, as_sent(message))
    return message


def _check_pace(room: Room, author: User, now: datetime) -> None:
    mute = room.mutes.live(now).filter(fan=author).first()
    if mute is not None:
        raise YouAreMuted(reason=mute.reason)
    mine = room.messages.filter(author=author)
    if room.slow_seconds:
        last = mine.order_by("-sent_at").values_list("sent_at", flat=True).first()
        wait = room.slow_seconds - (now - last).total_seconds() if last else 0
        if wait > 0:
            raise TooFast(seconds=math.ceil(wait))
    if mine.filter(sent_at__gt=now - FLOOD_WINDOW).count() >= FLOOD_MESSAGES:
        raise TooFast(seconds=int(FLOOD_WINDOW.total_seconds()))


@transaction.atomic
def remove_message(*, message: Message, by: User, now: datetime) -> Message:
    """Take a message away: its author, the creator or staff. Safe to repeat."""
    if by.pk not in (message.author_id, message.room.creator.user_id) and not by.is_staff:
        raise NotYourRoom
    if message.removed_at is None:
        message.removed_at, message.removed_by = now, by
        message.save(update_fields=["removed_at", "removed_by"])
        _publish(message.room, {"kind": "removed", "id": message.pk})
    return message


@transaction.atomic
def mute_member(*, room: Room, fan: User, by: User, reason: str, now: datetime, minutes: int | None = 10) -> Mute:
    """Let a member read but not write, for some minutes (None: until lifted). Safe to repeat while it lasts."""
    if by.pk != room.creator.user_id and not by.is_staff:
        raise NotYourRoom
    until = now + timedelta(minutes=minutes) if minutes is not None else None
    known = room.mutes.live(now).filter(fan=fan).first()
    return known or room.mutes.create(fan=fan, reason=reason, muted_at=now, muted_by=by, until_at=until)


@transaction.atomic
def lift_mute(*, mute: Mute, by: User, now: datetime) -> Mute:
    """Let a member write again. Safe to repeat."""
    if by.pk != mute.room.creator.user_id and not by.is_staff:
        raise NotYourRoom
    if mute.lifted_at is None:
        mute.lifted_at = now
        mute.save(update_fields=["lifted_at"])
    return mute


def _publish(room: Room, what: dict[str, object]) -> None:
    text = json.dumps(what, ensure_ascii=False, separators=(",", ":"))
    transaction.on_commit(lambda: hub.publish(str(room.pk), text))
