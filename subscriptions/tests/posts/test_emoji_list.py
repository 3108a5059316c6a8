import io
import struct
import zlib
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from subscriptions.actions.emojis import add_emoji, draw_sizes, review_emoji
from subscriptions.models import Emoji, EmojiImage
from subscriptions.queries.posts import emoji_addresses


def picture(kind: str = "PNG", size: tuple[int, int] = (200, 160), color: str = "tomato") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind)
    out.seek(0)
    return out


def upload(content: bytes, name: str = "wave.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


def bomb() -> bytes:
    """A PNG of a few hundred bytes that claims 30,000 × 30,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "JPEG"])
def test_it_is_drawn_again_in_three_sizes(kind: str) -> None:
    for size, content in draw_sizes(picture(kind)).items():
        drawn = Image.open(io.BytesIO(content))
        assert (drawn.format, drawn.size) == ("WEBP", (size, size))


def test_staff_approve_and_members_can_use_it(client: Client, mika: Creator, staff: User, noon: datetime) -> None:
    client.force_login(mika.user)
    response = client.post("/studio/emojis/", {"name": "wave", "image": upload(picture().read())})
    assert response.status_code == 302
    emoji = Emoji.objects.get()
    assert (emoji.state, EmojiImage.objects.count(), emoji_addresses(mika)) == ("pending", 3, {})
    for _twice in range(2):
        review_emoji(emoji=emoji, approve=True, by=staff, now=noon)
    assert emoji_addresses(mika) == {"wave": f"/emojis/{emoji.public_id}/56.webp"}
    assert Notice.objects.filter(user=mika.user, kind="subscriptions.emoji_reviewed").count() == 1
    assert b"approved" in client.get("/studio/emojis/").content


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"GIF89a<script>alert(1)</script>", "not a PNG"),
        (b"%PDF-1.7 not a picture", "not a PNG"),
        (picture().read()[:60], "not a PNG"),
        (bomb(), "not a PNG"),
        (picture(size=(64, 64)).read(), "64 × 64"),
        (picture(size=(5_000, 200)).read(), "5000 × 200"),
        (picture("BMP").read(), "not a PNG"),
        (b"x" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_disguised_huge_and_broken_files_get_a_sentence(
    client: Client, mika: Creator, content: bytes, sentence: str
) -> None:
    client.force_login(mika.user)
    response = client.post("/studio/emojis/", {"name": "wave", "image": upload(content)})
    assert response.status_code == 422
    assert sentence in str(response.context["form"].errors["image"])
    assert Emoji.objects.count() == 0


def test_a_name_is_taken_once_and_well_formed(client: Client, mika: Creator, noon: datetime) -> None:
    add_emoji(creator=mika, name="wave", image=picture(), now=noon)
    client.force_login(mika.user)
    for name in ("wave", "Wave!", "x", ""):
        response = client.post("/studio/emojis/", {"name": name, "image": upload(picture().read())})
        assert "name" in response.context["form"].errors
    assert Emoji.objects.count() == 1


def test_only_creators(client: Client, sam: User) -> None:
    assert client.get("/studio/emojis/").status_code == 302
    client.force_login(sam)
    assert client.post("/studio/emojis/", {"name": "wave"}).status_code == 302
    assert Emoji.objects.count() == 0
