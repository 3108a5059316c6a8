from datetime import datetime

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.emojis import add_emoji, review_emoji
from subscriptions.models import Emoji
from subscriptions.tests.posts.test_emoji_list import picture


@pytest.fixture
def emoji(mika: Creator, noon: datetime) -> Emoji:
    return add_emoji(creator=mika, name="wave", image=picture(), now=noon)


def test_it_is_kept_for_ever_once_approved(client: Client, emoji: Emoji, staff: User, noon: datetime) -> None:
    review_emoji(emoji=emoji, approve=True, by=staff, now=noon)
    response = client.get(emoji.address(28))
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert "immutable" in response["Cache-Control"]
    assert response.content[:4] == b"RIFF"


def test_until_then_only_its_creator_and_staff_see_it(
    client: Client, emoji: Emoji, mika: Creator, sam: User, staff: User
) -> None:
    assert client.get(emoji.address()).status_code == 404
    for person, status in ((sam, 404), (mika.user, 200), (staff, 200)):
        client.force_login(person)
        assert client.get(emoji.address()).status_code == status
    assert client.get(f"/emojis/{emoji.public_id}/99.webp").status_code == 404
