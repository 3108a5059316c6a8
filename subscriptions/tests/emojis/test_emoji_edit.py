from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from subscriptions.actions.chat import open_room, send_message
from subscriptions.actions.emojis import add_emoji, review_version
from subscriptions.actions.grants import give_grant
from subscriptions.models import Emoji, Grant, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.emojis import usable_emojis
from subscriptions.tests.emojis.pictures import drawing, upload


@pytest.fixture
def emoji(mika: Creator, noon: datetime) -> Emoji:
    return add_emoji(creator=mika, name="wave", image=drawing(), now=noon)


def path(emoji: Emoji, name: str = "emoji_edit") -> str:
    return reverse(name, args=[emoji.public_id])


def test_its_creator_sees_it_small_on_both_grounds_and_why_it_scores(client: Client, emoji: Emoji) -> None:
    client.force_login(emoji.creator.user)
    text = client.get(path(emoji)).content.decode()
    assert text.count('width="18"') == text.count('width="28"') == 2
    assert f"Legibility: {emoji.versions.get().score} of 100" in text
    assert text.count("% of the drawing stands out from a") == 2
    assert "The drawing takes" in text and "is lost at 28 pixels" in text


def test_other_art_waits_beside_what_is_live(client: Client, emoji: Emoji, staff: User, noon: datetime) -> None:
    review_version(version=emoji.versions.get(), approve=True, by=staff, now=noon)
    client.force_login(emoji.creator.user)
    for _twice in range(2):
        assert client.post(path(emoji), {"image": upload(drawing("navy").read())}).status_code == 302
    states = list(emoji.versions.order_by("pk").values_list("state", flat=True))
    assert states == ["approved", "withdrawn", "pending"]
    assert "This picture stays live meanwhile." in client.get(path(emoji)).content.decode()
    assert client.post(path(emoji), {"image": upload(b"<svg/>")}).status_code == 422


def test_an_emoji_of_a_tier_is_for_that_tier_and_those_above(
    client: Client, emoji: Emoji, sam: User, lee: User, staff: User, silver: Tier, gold: Tier, noon: datetime
) -> None:
    review_version(version=emoji.versions.get(), approve=True, by=staff, now=noon)
    client.force_login(emoji.creator.user)
    assert client.post(path(emoji, "emoji_tier"), {"tier": gold.pk}).status_code == 302
    emoji.refresh_from_db()
    assert emoji.tier == gold
    emojis = silver.creator.benefits.get(kind="emojis")
    give_grant(fan=lee, kind=Grant.Kind.STAFF, by=staff, reason="Test", now=noon, tier=silver)
    give_grant(fan=lee, kind=Grant.Kind.STAFF, by=staff, reason="Test", now=noon, benefit=emojis)
    give_grant(fan=sam, kind=Grant.Kind.STAFF, by=staff, reason="Test", now=noon, tier=gold)
    names = [
        set(usable_emojis(creator=gold.creator, mine=perks(viewer=person, creator=gold.creator, at=noon)))
        for person in (sam, lee, staff, gold.creator.user)
    ]
    assert names == [{"wave"}, set(), set(), {"wave"}]
    message = send_message(room=open_room(creator=gold.creator), author=sam, text=":wave:", nonce="1", now=noon)
    assert message.shown["parts"] == [{"emoji": "wave", "src": emoji.versions.get().address(56)}]
    client.post(path(emoji, "emoji_tier"), {"tier": ""})
    assert usable_emojis(creator=gold.creator, mine=perks(viewer=lee, creator=gold.creator, at=noon))


def test_an_emoji_is_let_go(client: Client, emoji: Emoji) -> None:
    client.force_login(emoji.creator.user)
    assert client.post(path(emoji, "emoji_retirement"))["Location"] == "/studio/emojis/"
    assert client.post(path(emoji, "emoji_retirement")).status_code == 404, "it is gone already"
    assert Emoji.objects.kept().count() == 0
    assert emoji.versions.get().state == "withdrawn"


def test_only_its_creator(client: Client, emoji: Emoji, sam: User, noor: Creator, gold: Tier) -> None:
    assert client.get(path(emoji)).status_code == 302
    client.force_login(noor.user)
    for name in ("emoji_edit", "emoji_tier", "emoji_retirement"):
        assert client.post(path(emoji, name), {}).status_code == 404
    client.force_login(emoji.creator.user)
    assert client.get(path(emoji, "emoji_retirement")).status_code == 405
    assert client.get(path(emoji, "emoji_tier")).status_code == 405
    client.post(path(emoji, "emoji_tier"), {"tier": 999_999})
    emoji.refresh_from_db()
    assert emoji.tier is None
