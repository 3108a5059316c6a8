from datetime import datetime

from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.chat import open_room, send_message
from subscriptions.models import Message
from subscriptions.queries.chat import recent_messages


def said(mika: Creator, noon: datetime) -> Message:
    return send_message(room=open_room(creator=mika), author=mika.user, text="Oops", nonce="1", now=noon)


def test_the_creator_takes_a_message_away(client: Client, mika: Creator, noon: datetime) -> None:
    message = said(mika, noon)
    client.force_login(mika.user)
    for _twice in range(2):
        assert client.post(f"/@mika/chat/messages/{message.pk}/removal/").status_code == 302
    message.refresh_from_db()
    assert message.removed_by == mika.user
    assert recent_messages(room=message.room) == []


def test_nobody_else(client: Client, mika: Creator, noor: Creator, lee: User, noon: datetime) -> None:
    message = said(mika, noon)
    client.force_login(lee)
    client.post(f"/@mika/chat/messages/{message.pk}/removal/")
    client.force_login(noor.user)
    assert client.post(f"/@noor/chat/messages/{message.pk}/removal/").status_code == 404
    assert client.get(f"/@mika/chat/messages/{message.pk}/removal/").status_code == 405
    message.refresh_from_db()
    assert message.removed_at is None
