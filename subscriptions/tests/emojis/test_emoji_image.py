from datetime import datetime

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.emojis import add_emoji, replace_art, retire_emoji, review_version
from subscriptions.models import EmojiVersion
from subscriptions.tests.emojis.pictures import drawing


@pytest.fixture
def version(mika: Creator, noon: datetime) -> EmojiVersion:
    return add_emoji(creator=mika, name="wave", image=drawing(), now=noon).versions.get()


def test_it_is_kept_for_ever_once_approved(client: Client, version: EmojiVersion, staff: User, noon: datetime) -> None:
    review_version(version=version, approve=True, by=staff, now=noon)
    response = client.get(version.address(28))
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert "immutable" in response["Cache-Control"]
    assert response.content[:4] == b"RIFF"


def test_old_messages_show_it_after_it_is_replaced_or_gone(
    client: Client, version: EmojiVersion, staff: User, noon: datetime
) -> None:
    review_version(version=version, approve=True, by=staff, now=noon)
    newer = replace_art(emoji=version.emoji, image=drawing("navy"), now=noon)
    review_version(version=newer, approve=True, by=staff, now=noon)
    retire_emoji(emoji=version.emoji, now=noon)
    assert [client.get(one.address()).status_code for one in (version, newer)] == [200, 200]


def test_until_then_only_its_creator_and_staff_see_it(
    client: Client, version: EmojiVersion, mika: Creator, sam: User, staff: User
) -> None:
    assert client.get(version.address()).status_code == 404
    for person, status in ((sam, 404), (mika.user, 200), (staff, 200)):
        client.force_login(person)
        assert client.get(version.address()).status_code == status
    assert client.get(f"/emojis/{version.public_id}/99.webp").status_code == 404
