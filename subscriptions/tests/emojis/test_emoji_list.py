import io
from datetime import datetime

import pytest
from django.test import Client
from PIL import Image

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from subscriptions.actions.emojis import add_emoji, record_points, retire_emoji, review_version, study
from subscriptions.actions.grants import give_grant
from subscriptions.models import Emoji, EmojiImage, EmojiPoints, EmojiVersion, Grant, Tier
from subscriptions.queries.emojis import emoji_addresses, emoji_slots, slots_for, subscriber_points
from subscriptions.tests.emojis.pictures import animation, blinking, bomb, drawing, moving, picture, upload

PAGE = "/studio/emojis/"


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "JPEG"])
def test_it_is_drawn_again_in_three_sizes(kind: str) -> None:
    for size, content in study(picture(kind)).pictures.items():
        drawn = Image.open(io.BytesIO(content))
        assert (drawn.format, drawn.size, getattr(drawn, "n_frames", 1)) == ("WEBP", (size, size), 1)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_stays_one_with_the_same_times(kind: str) -> None:
    studied = study(animation(moving(5), [100, 200, 100, 40, 60], kind=kind))
    for size, content in studied.pictures.items():
        drawn = Image.open(io.BytesIO(content))
        times = []
        for number in range(drawn.n_frames):
            drawn.seek(number)
            drawn.load()
            times.append(drawn.info["duration"])
        assert (drawn.format, drawn.size, drawn.info["loop"]) == ("WEBP", (size, size), 0)
        assert times == [100, 200, 100, 40, 60]
    assert (studied.columns["frames"], studied.columns["lasts_ms"]) == (5, 500)


def test_staff_approve_and_members_can_use_it(client: Client, mika: Creator, staff: User, noon: datetime) -> None:
    client.force_login(mika.user)
    response = client.post(PAGE, {"name": "wave", "image": upload(drawing().read())})
    emoji = Emoji.objects.get()
    assert response["Location"] == f"/studio/emojis/{emoji.public_id}/"
    version = emoji.versions.get()
    assert (version.state, EmojiImage.objects.count(), emoji_addresses(mika)) == ("pending", 3, {})
    for _twice in range(2):
        review_version(version=version, approve=True, by=staff, now=noon)
    assert emoji_addresses(mika) == {"wave": f"/emojis/{version.public_id}/56.webp"}
    assert Notice.objects.filter(user=mika.user, kind="subscriptions.emoji_reviewed").count() == 1
    assert "approved" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"GIF89a<script>alert(1)</script>", "not a PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not a PNG"),
        (b"<!doctype html><title>Hi</title>", "not a PNG"),
        (b"PK\x03\x04" + b"\0" * 400, "not a PNG"),
        (b"%PDF-1.7 not a picture", "not a PNG"),
        (b"", "empty"),
        (picture().read()[:60], "not a PNG"),
        (picture("GIF").read()[:-40], "not a PNG"),
        (picture("JPEG").read()[:300], "not a PNG"),
        (bomb(), "gigantic"),
        (picture().read() + b"PK\x03\x04 an archive", "something else behind"),
        (picture("GIF").read() + b"<script>alert(1)</script>", "something else behind"),
        (picture("JPEG").read() + b"<html>", "something else behind"),
        (picture("WEBP").read() + b"<svg/>", "something else behind"),
        (picture(size=(64, 64)).read(), "64 × 64"),
        (picture(size=(5_000, 200)).read(), "5000 × 200"),
        (picture("BMP").read(), "not a PNG"),
        (b"x" * 1_000_001, "larger than 1 MB"),
        (b"x" * 9_000_000, "larger than 1 MB"),
        (animation(moving(61)).read(), "more than 60 frames"),
        (animation(moving(3), [100, 0, 100]).read(), "Frame 2 is shown for 0 ms"),
        (animation(moving(30, side=1500)).read(), "too large together"),
        (animation(blinking(), 100).read(), "flashes"),
        (animation([Image.new("RGBA", (128, 128))], kind="PNG").read(), "see-through"),
    ],
)
def test_disguised_huge_and_broken_files_get_a_sentence(
    client: Client, mika: Creator, content: bytes, sentence: str
) -> None:
    client.force_login(mika.user)
    response = client.post(PAGE, {"name": "wave", "image": upload(content)})
    assert response.status_code == 422
    assert sentence in str(response.context["form"].errors["image"])
    assert Emoji.objects.count() == 0


def test_a_name_is_taken_once_and_well_formed(client: Client, mika: Creator, noon: datetime) -> None:
    emoji = add_emoji(creator=mika, name="wave", image=drawing(), now=noon)
    client.force_login(mika.user)
    for name in ("wave", "Wave!", "x", ""):
        response = client.post(PAGE, {"name": name, "image": upload(drawing().read())})
        assert "name" in response.context["form"].errors
    assert Emoji.objects.count() == 1
    retire_emoji(emoji=emoji, now=noon)
    assert client.post(PAGE, {"name": "wave", "image": upload(drawing().read())}).status_code == 302


def test_slots_follow_the_most_points_there_ever_were(
    client: Client, mika: Creator, sam: User, lee: User, staff: User, silver: Tier, gold: Tier, noon: datetime
) -> None:
    """Two tiers on sale: five slots for all and one for the tier above. Points count 1 and 2; given time counts."""
    assert [slots_for(points) for points in (0, 49, 50, 499, 500, 2_000, 10_000)] == [5, 5, 9, 10, 20, 30, 50]
    grants = [
        give_grant(fan=fan, kind=Grant.Kind.GIFTED, by=staff, reason="Gift", now=noon, tier=tier)
        for fan, tier in ((sam, silver), (sam, gold), (lee, silver))
    ]
    assert subscriber_points(creator=mika, at=noon) == 2 + 1, "Sam counts once, with the higher tier"
    EmojiPoints.objects.create(creator=mika, most=60, reached_at=noon)
    record_points(creator=mika, now=noon)
    Grant.objects.filter(pk__in=[grant.pk for grant in grants]).update(revoked_at=noon)
    slots = emoji_slots(creator=mika, at=noon)
    assert (slots.points, slots.most_points, slots.for_all, slots.for_tiers, slots.total) == (0, 60, 9, 1, 10)
    assert (slots.next_at, slots.points_missing) == (125, 65)
    for number in range(10):
        add_emoji(creator=mika, name=f"wave{number}", image=drawing(), now=noon)
    client.force_login(mika.user)
    response = client.post(PAGE, {"name": "toomany", "image": upload(drawing().read())})
    assert "All 10 slots are taken" in response.content.decode()
    assert Emoji.objects.count() == 10


def test_a_list_of_any_length_asks_the_same(
    client: Client, mika: Creator, noon: datetime, django_assert_num_queries: object
) -> None:
    client.force_login(mika.user)
    client.get(PAGE)
    asked = []
    for names in (("one",), ("two", "three", "four")):
        for name in names:
            add_emoji(creator=mika, name=name, image=drawing(), now=noon)
        with django_assert_num_queries(16, exact=False) as queries:  # type: ignore[operator]
            client.get(PAGE)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_only_creators_and_only_with_a_token(client: Client, sam: User, mika: Creator) -> None:
    assert client.get(PAGE).status_code == 302
    client.force_login(sam)
    assert client.post(PAGE, {"name": "wave"}).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(mika.user)
    assert strict.post(PAGE, {"name": "wave", "image": upload(drawing().read())}).status_code == 403
    assert (Emoji.objects.count(), EmojiVersion.objects.count()) == (0, 0)
    assert strict.delete(PAGE).status_code in (403, 405)
