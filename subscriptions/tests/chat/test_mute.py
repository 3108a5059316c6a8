from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.chat import open_room
from subscriptions.models import Message, Mute


@pytest.fixture
def message(mika: Creator, sam: User, noon: datetime) -> Message:
    return Message.objects.create(
        room=open_room(creator=mika),
        author=sam,
        text="Rude",
        nonce="1",
        shown={"name": "Sam", "parts": []},
        sent_at=noon,
    )


def test_the_creator_says_why_and_for_how_long(
    client: Client, mika: Creator, sam: User, message: Message, noon: datetime
) -> None:
    client.force_login(mika.user)
    path = f"/@mika/chat/messages/{message.pk}/mute/"
    with time_machine.travel(noon, tick=False):
        assert b"Mute Sam?" in client.get(path).content
        assert client.post(path, {"reason": "Be kind.", "minutes": "60"}).status_code == 302
    mute = Mute.objects.get()
    assert (mute.fan, mute.reason, mute.until_at, mute.muted_by) == (
        sam,
        "Be kind.",
        noon + timedelta(hours=1),
        mika.user,
    )


@pytest.mark.parametrize("values", [{"reason": "", "minutes": "60"}, {"reason": "x", "minutes": "7"}, {}])
def test_bad_input_is_told(client: Client, mika: Creator, message: Message, values: dict[str, str]) -> None:
    client.force_login(mika.user)
    assert client.post(f"/@mika/chat/messages/{message.pk}/mute/", values).status_code == 422
    assert Mute.objects.count() == 0


def test_members_mute_nobody(client: Client, lee: User, message: Message) -> None:
    client.force_login(lee)
    client.post(f"/@mika/chat/messages/{message.pk}/mute/", {"reason": "x", "minutes": "10"})
    assert Mute.objects.count() == 0
