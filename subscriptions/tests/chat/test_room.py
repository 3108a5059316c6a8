from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.chat import (
    ChatIsForMembers,
    MessageIsTooLong,
    TooFast,
    YouAreMuted,
    lift_mute,
    mute_member,
    open_room,
    send_message,
    set_slow_mode,
)
from subscriptions.actions.emojis import add_emoji, review_version
from subscriptions.actions.grants import give_grant
from subscriptions.models import Grant, Message, Room, Tier
from subscriptions.tests.emojis.pictures import picture


@pytest.fixture(autouse=True)
def at_noon(noon: datetime) -> object:
    with time_machine.travel(noon, tick=False):
        yield


@pytest.fixture
def room(gold: Tier) -> Room:
    return open_room(creator=gold.creator)


@pytest.fixture
def member(sam: User, staff: User, gold: Tier, noon: datetime) -> User:
    give_grant(
        fan=sam, kind=Grant.Kind.GIFTED, by=staff, reason="Test", now=noon - timedelta(days=40), tier=gold,
        until=noon + timedelta(days=30),
    )  # fmt: skip
    return sam


def test_it_works_without_scripts(client: Client, member: User, room: Room) -> None:
    client.force_login(member)
    page = client.get("/@mika/chat/")
    form = page.context["form"]
    values = {"text": "Hello <b>all</b>", "nonce": form["nonce"].value()}
    assert client.post("/@mika/chat/", values)["Location"] == "/@mika/chat/"
    client.post("/@mika/chat/", values)
    assert Message.objects.count() == 1, "sent twice over a bad line is one message"
    text = client.get("/@mika/chat/").content.decode()
    assert "Hello &lt;b&gt;all&lt;/b&gt;" in text
    assert "GOLD" in text and "member for 2 months" in text, "40 days are in the second month"


def test_an_emoji_of_the_creator_shows_as_a_picture(
    member: User, staff: User, mika: Creator, room: Room, noon: datetime
) -> None:
    emoji = add_emoji(creator=mika, name="wave", image=picture(), now=noon)
    before = send_message(room=room, author=member, text="Hi :wave:", nonce="1", now=noon)
    assert before.shown["parts"] == [{"text": "Hi :wave:"}]
    review_version(version=emoji.versions.get(), approve=True, by=staff, now=noon)
    emoji.refresh_from_db()
    after = send_message(room=room, author=member, text="Hi :wave:", nonce="2", now=noon)
    assert after.shown["parts"] == [{"text": "Hi "}, {"emoji": "wave", "src": emoji.address(56)}]


def test_who_may_not(
    client: Client, lee: User, sam: User, staff: User, silver: Tier, room: Room, noon: datetime
) -> None:
    """A stranger, a member of a tier without the chat, and somebody whose membership has ended."""
    assert client.get("/@mika/chat/")["Location"].startswith("/accounts/login/")
    give_grant(fan=sam, kind=Grant.Kind.STAFF, by=staff, reason="Test", now=noon, tier=silver)
    for person in (lee, sam):
        client.force_login(person)
        assert client.get("/@mika/chat/").status_code == 403
        assert client.post("/@mika/chat/", {"text": "Hi", "nonce": "1"}).status_code == 403
        with pytest.raises(ChatIsForMembers):
            send_message(room=room, author=person, text="Hi", nonce="1", now=noon)
    assert client.get("/@nobody/chat/").status_code == 404
    assert Message.objects.count() == 0


def test_a_membership_that_ended_closes_the_door(member: User, room: Room, noon: datetime) -> None:
    with pytest.raises(ChatIsForMembers):
        send_message(room=room, author=member, text="Hi", nonce="1", now=noon + timedelta(days=30))


def test_bad_input_is_told(client: Client, member: User, room: Room, noon: datetime) -> None:
    client.force_login(member)
    for text in ("", "   ", "x" * 501):
        assert client.post("/@mika/chat/", {"text": text, "nonce": "1"}).status_code == 422
    with pytest.raises(MessageIsTooLong):
        send_message(room=room, author=member, text="x" * 501, nonce="1", now=noon)
    assert client.delete("/@mika/chat/").status_code == 405


def test_slow_mode_lets_each_member_wait_but_not_the_creator(
    member: User, mika: Creator, room: Room, noon: datetime
) -> None:
    set_slow_mode(room=room, seconds=30)
    send_message(room=room, author=member, text="One", nonce="1", now=noon)
    with pytest.raises(TooFast, match="20 seconds"):
        send_message(room=room, author=member, text="Two", nonce="2", now=noon + timedelta(seconds=10))
    send_message(room=room, author=member, text="Two", nonce="2", now=noon + timedelta(seconds=30))
    for n in range(2):
        send_message(room=room, author=mika.user, text="Mine", nonce=f"{n}", now=noon)


def test_a_flood_is_stopped_in_every_room(member: User, room: Room, noon: datetime) -> None:
    for n in range(10):
        send_message(room=room, author=member, text="!", nonce=f"{n}", now=noon)
    with pytest.raises(TooFast):
        send_message(room=room, author=member, text="!", nonce="one more", now=noon)


def test_who_is_muted_reads_but_does_not_write(
    client: Client, member: User, mika: Creator, room: Room, noon: datetime
) -> None:
    mute = mute_member(room=room, fan=member, by=mika.user, reason="Be kind.", now=noon, minutes=10)
    assert mute_member(room=room, fan=member, by=mika.user, reason="Again", now=noon) == mute
    client.force_login(member)
    assert client.get("/@mika/chat/").status_code == 200
    response = client.post("/@mika/chat/", {"text": "Hi", "nonce": "1"})
    assert (response.status_code, b"Be kind." in response.content) == (422, True)
    with pytest.raises(YouAreMuted):
        send_message(room=room, author=member, text="Hi", nonce="1", now=noon + timedelta(minutes=9))
    send_message(room=room, author=member, text="Hi", nonce="1", now=noon + timedelta(minutes=10))
    mute_member(room=room, fan=member, by=mika.user, reason="Again", now=noon + timedelta(minutes=11), minutes=None)
    lift_mute(mute=room.mutes.latest("pk"), by=mika.user, now=noon + timedelta(minutes=12))
    send_message(room=room, author=member, text="Back", nonce="2", now=noon + timedelta(minutes=12))
