"""What is handed out, byte by byte, as RFC 9110 has it."""

import asyncio
from datetime import datetime

import pytest
import time_machine
from django.core.handlers.asgi import ASGIRequest
from django.test import AsyncClient, Client

from portal.accounts.models import Creator
from subscriptions.actions.media import add_media
from subscriptions.models import Media
from subscriptions.serving import NoSuchRange, Stored, hand_out, range_of
from subscriptions.tests.posts.things import picture, post_of, upload

CONTENT = b"%PDF-" + bytes(range(256)) * 1_000


@pytest.fixture(autouse=True)
def at_noon(noon: datetime) -> object:
    with time_machine.travel(noon, tick=False):
        yield


@pytest.fixture
def media(mika: Creator, noon: datetime) -> Media:
    post = post_of(mika, noon, audience="public")
    return add_media(post=post, file=upload(CONTENT, "Größe „1“.pdf"), now=noon)


@pytest.fixture
def signed(client: Client, media: Media) -> str:
    return client.get(media.address)["Location"]


def body(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_the_whole_of_it(client: Client, signed: str, media: Media) -> None:
    answer = client.get(signed)
    assert (answer.status_code, body(answer)) == (200, CONTENT)
    assert answer["Content-Length"] == str(len(CONTENT))
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["ETag"] == f'"{media.digest}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, len(CONTENT)),
        ("bytes=-5", len(CONTENT) - 5, len(CONTENT)),
        ("bytes=-999999999", 0, len(CONTENT)),
        ("bytes=5-999999999", 5, len(CONTENT)),
        (f"bytes={len(CONTENT) - 1}-", len(CONTENT) - 1, len(CONTENT)),
    ],
)
def test_one_range(client: Client, signed: str, asked: str, start: int, stop: int) -> None:
    answer = client.get(signed, headers={"Range": asked})
    assert (answer.status_code, body(answer)) == (206, CONTENT[start:stop])
    assert answer["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert answer["Content-Length"] == str(stop - start)


@pytest.mark.parametrize(
    "asked", [f"bytes={len(CONTENT)}-", "bytes=-0", "bytes=0-1,5-6", "bytes=9999999999999999999999-", "bytes=0-1, -1"]
)
def test_ranges_outside_and_several_at_once_are_refused(client: Client, signed: str, asked: str) -> None:
    answer = client.get(signed, headers={"Range": asked})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    assert answer.content == b""


@pytest.mark.parametrize("asked", ["bytes=", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=a-b", "nonsense"])
def test_what_cannot_be_understood_is_ignored(client: Client, signed: str, asked: str) -> None:
    answer = client.get(signed, headers={"Range": asked})
    assert (answer.status_code, body(answer)) == (200, CONTENT)


def test_if_range_gives_the_whole_once_it_changed(client: Client, signed: str, media: Media) -> None:
    first = client.get(signed)
    body(first)
    for condition, status in (
        (first["ETag"], 206),
        (first["Last-Modified"], 206),
        ('"another"', 200),
        (f"W/{first['ETag']}", 200),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 200),
        ("nonsense", 200),
    ):
        answer = client.get(signed, headers={"Range": "bytes=0-9", "If-Range": condition})
        body(answer)
        assert answer.status_code == status, condition


def test_who_has_it_already_is_not_sent_it_again(client: Client, signed: str, media: Media) -> None:
    answer = client.get(signed, headers={"If-None-Match": f'"x", "{media.digest}"'})
    assert (answer.status_code, answer.content) == (304, b"")


def test_head_says_all_but_the_content(client: Client, signed: str) -> None:
    answer = client.head(signed, headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.content, answer["Content-Length"]) == (200, b"", str(len(CONTENT)))


def test_the_web_server_sends_it_where_that_is_set(client: Client, signed: str, media: Media, settings: object) -> None:
    settings.MEDIA_ACCEL_PREFIX = "/protected/"  # type: ignore[attr-defined]
    answer = client.get(signed)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["X-Accel-Redirect"] == f"/protected/{media.file.name}"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")


def test_pictures_are_shown_and_not_downloaded(client: Client, mika: Creator, noon: datetime) -> None:
    media = add_media(post=post_of(mika, noon, audience="public"), file=upload(picture()), now=noon)
    answer = client.get(media.address, follow=True)
    assert (answer["Content-Type"], answer.has_header("Content-Disposition")) == ("image/webp", False)
    assert body(answer)[:4] == b"RIFF"


def test_no_range_is_ever_longer_than_the_file() -> None:
    for size in (1, 2, 10):
        for first in range(12):
            for last in range(12):
                try:
                    found = range_of(f"bytes={first}-{last}", size)
                except NoSuchRange:
                    assert first >= size
                    continue
                assert found is None if last < first else found == (first, min(last + 1, size))


@pytest.mark.django_db(transaction=True)
def test_it_is_streamed_under_asgi_too(media: Media) -> None:
    async def ask() -> bytes:
        first = await AsyncClient().get(media.address)
        answer = await AsyncClient().get(first["Location"], headers={"Range": "bytes=10-99999"})
        assert answer.is_async
        assert answer.status_code == 206
        return b"".join([part async for part in answer.streaming_content])

    assert asyncio.run(ask()) == CONTENT[10:100_000]


def test_a_reader_who_leaves_keeps_no_file_open(media: Media) -> None:
    request = ASGIRequest({"type": "http", "method": "GET", "path": "/", "headers": []}, __import__("io").BytesIO())
    stored = Stored(
        media.file.storage, str(media.file.name), media.size_bytes, media.digest, "text/plain", media.uploaded_at
    )
    answer = hand_out(request, stored, is_public=False)
    (close,) = [one for one in answer._resource_closers if getattr(one, "__name__", "") == "close"]
    answer.close()
    assert close.__self__.closed
