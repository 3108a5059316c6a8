"""Bring things to a post: what they are, their content says."""

import io
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from portal.accounts.models import Creator, User
from subscriptions import containers
from subscriptions.actions import media as deeds
from subscriptions.models import Captions, Media, Post, Rendition
from subscriptions.tests.posts.things import CAPTIONS, mp4, picture, picture_with_a_place, post_of, upload, video


@pytest.fixture
def post(mika: Creator, noon: datetime) -> Post:
    return post_of(mika, noon)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_picture_is_drawn_again_in_several_widths_without_its_place(post: Post, noon: datetime) -> None:
    media = deeds.add_media(post=post, file=upload(picture_with_a_place(), "home.jpg"), now=noon)
    assert (media.kind, media.content_type, media.file.name) == ("picture", "image/webp", "")
    # It was 800 × 400 and lay on its side.
    assert [(one.width, one.height) for one in media.renditions.all()] == [(400, 800)]
    for one in media.renditions.all():
        content = one.file.read()
        drawn = Image.open(io.BytesIO(content))
        assert drawn.format == "WEBP"
        assert (dict(drawn.getexif()), drawn.info.get("exif")) == ({}, None)
        assert b"SecretCamera" not in content


@pytest.mark.parametrize(
    ("size", "widths"), [((2000, 1000), [480, 960, 1600]), ((1000, 500), [480, 960, 1000]), ((90, 40), [90])]
)
def test_no_picture_is_made_larger_than_it_is(
    post: Post, noon: datetime, size: tuple[int, int], widths: list[int]
) -> None:
    media = deeds.add_media(post=post, file=upload(picture(size=size)), now=noon)
    assert [one.width for one in media.renditions.all()] == widths


@pytest.mark.parametrize(
    ("content", "name", "kind", "content_type"),
    [
        (picture("PNG"), "x.exe", "picture", "image/webp"),
        (picture("GIF"), "x.gif", "picture", "image/webp"),
        (video(), "x.jpg", "video", "video/webm"),
        (mp4(), "x", "video", "video/mp4"),
        (mp4(b"avc1"), "x.mp4", "video", "video/mp4"),
        (b"%PDF-1.7", "x.html", "file", "application/pdf"),
        (b"<html><script>alert(1)</script>", "x.html", "file", "application/octet-stream"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg", "file", "application/octet-stream"),
    ],
)
def test_what_it_is_its_content_says(
    post: Post, noon: datetime, content: bytes, name: str, kind: str, content_type: str
) -> None:
    media = deeds.add_media(post=post, file=upload(content, name), now=noon)
    assert (media.kind, media.content_type) == (kind, content_type)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", deeds.FileIsEmpty),
        (b"MZ\x90\0 a program", deeds.FileIsAProgram),
        (b"\x7fELF a program", deeds.FileIsAProgram),
        (picture()[:200], deeds.PictureIsBroken),
        (b"\x89PNG\r\n\x1a\n no picture", deeds.PictureIsBroken),
        (picture("PNG", (12_001, 1)), deeds.PictureHasTooManyPixels),
        (mp4(b"qt  "), deeds.VideoIsUnknown),
        (mp4(table=False), deeds.VideoIsUnknown),
        (mp4()[:-10], deeds.VideoIsUnknown),
        (video().replace(b"webm", b"matr"), deeds.VideoIsUnknown),
    ],
)
def test_what_cannot_be_shared_gets_a_sentence(
    post: Post, noon: datetime, own_media_folder: Path, content: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal) as told:
        deeds.add_media(post=post, file=upload(content), now=noon)
    assert str(told.value).endswith(".") or ")" in str(told.value)
    assert files(own_media_folder) == []
    assert Media.objects.count() == 0


@pytest.mark.parametrize(("kind", "content"), [("picture", picture()), ("video", video()), ("file", b"%PDF-" * 3000)])
def test_sizes_have_an_end(post: Post, noon: datetime, settings: object, kind: str, content: bytes) -> None:
    settings.MEDIA_MOST_MB = {"picture": 100, "video": 100, "file": 100, kind: 0.001}  # type: ignore[attr-defined]
    with pytest.raises(deeds.FileIsTooLarge):
        deeds.add_media(post=post, file=upload(content), now=noon)


def test_the_same_content_twice_is_there_once(post: Post, noon: datetime, own_media_folder: Path) -> None:
    first = deeds.add_media(post=post, file=upload(b"%PDF-1"), now=noon)
    assert deeds.add_media(post=post, file=upload(b"%PDF-1"), now=noon) == first
    assert len(files(own_media_folder)) == 1


def test_a_post_has_room_for_twenty(post: Post, noon: datetime, own_media_folder: Path) -> None:
    for n in range(20):
        deeds.add_media(post=post, file=upload(f"%PDF-{n}".encode()), now=noon)
    with pytest.raises(deeds.PostIsFull):
        deeds.add_media(post=post, file=upload(b"%PDF-21"), now=noon)
    assert len(files(own_media_folder)) == 20


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\y.pdf", "a\nb\r\n.pdf", "\x00", "x" * 300 + ".pdf", ""])
def test_names_stay_names(post: Post, noon: datetime, own_media_folder: Path, name: str) -> None:
    file = upload(b"%PDF-1")
    file._name = name
    media = deeds.add_media(post=post, file=file, now=noon)
    assert media.name and "/" not in media.name and "\n" not in media.name and len(media.name) <= 120
    assert all(path.is_relative_to(own_media_folder / "posts") for path in files(own_media_folder))


@pytest.mark.django_db(transaction=True)
def test_files_go_once_the_row_is_gone_for_certain(post: Post, noon: datetime, own_media_folder: Path) -> None:
    media = deeds.add_media(post=post, file=upload(picture()), now=noon)
    assert len(files(own_media_folder)) == 3
    for _twice in range(2):
        deeds.remove_media(media=media)
    assert (files(own_media_folder), Media.objects.count(), Rendition.objects.count()) == ([], 0, 0)


def test_what_no_row_knows_is_swept_after_a_day(post: Post, noon: datetime, own_media_folder: Path) -> None:
    deeds.add_media(post=post, file=upload(b"%PDF-1"), now=noon)
    lost = default_storage.save("posts/2026/05/lost/file", ContentFile(b"lost"))
    young = default_storage.save("posts/2026/05/young/file", ContentFile(b"young"))
    now = datetime.fromtimestamp(time.time(), UTC)
    os.utime(default_storage.path(lost), (time.time() - 90_000, time.time() - 90_000))
    for expected in (1, 0):
        assert deeds.sweep_media(now=now) == expected
    assert not default_storage.exists(lost)
    assert default_storage.exists(young)
    assert deeds.sweep_media(now=now + timedelta(days=2)) == 1
    assert len(files(own_media_folder)) == 1


def test_captions_are_checked_line_by_line(post: Post, noon: datetime) -> None:
    film = deeds.add_media(post=post, file=upload(video()), now=noon)
    for _twice in range(2):
        captions = deeds.add_captions(media=film, language="en", label="English", file=upload(CAPTIONS), now=noon)
    assert (captions.cues, Captions.objects.count()) == (2, 1)
    file = deeds.add_media(post=post, file=upload(b"%PDF-1"), now=noon)
    with pytest.raises(deeds.NotAVideo):
        deeds.add_captions(media=file, language="en", label="English", file=upload(CAPTIONS), now=noon)
    with pytest.raises(deeds.CaptionsAreTooLarge):
        deeds.add_captions(media=film, language="en", label="English", file=upload(b"x" * 500_001), now=noon)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (b"1\n00:00.000 --> 00:01.000\nHi", 1, "begin with WEBVTT"),
        (b"WEBVTTX\n", 1, "begin with WEBVTT"),
        (b"WEBVTT\n\nNOTE nothing here\n", 4, "no captions"),
        (b"WEBVTT\n\n00:01.000 --> 00:00.500\nHi", 3, "ends before"),
        (b"WEBVTT\n\n00:05.000 --> 00:06.000\nHi\n\n00:01.000 --> 00:02.000\nHi", 6, "one above"),
        (b"WEBVTT\n\n00:01,000 --> 00:02,000\nHi", 3, "00:01:02.500"),
        (b"WEBVTT\n\n00:01.000 --> 00:99.000\nHi", 3, "00:01:02.500"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n\n", 3, "nothing to read"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xff", 4, "UTF-8"),
    ],
)
def test_broken_captions_name_the_line(text: bytes, line: int, what: str) -> None:
    with pytest.raises(containers.NotWebVtt) as told:
        containers.read_captions(text)
    assert (told.value.line, what in told.value.what) == (line, True)


def test_good_captions_of_other_programs() -> None:
    text = b"\xef\xbb\xbfWEBVTT - made elsewhere\r\n\r\nintro\r\n01:00:00.000 --> 01:00:02.000 align:start\r\nHi\r\nthere\r\n"
    assert containers.read_captions(text).cues == 1


def test_the_page_brings_describes_captions_and_deletes(
    client: Client, mika: Creator, post: Post, noon: datetime
) -> None:
    client.force_login(mika.user)
    page = f"/studio/posts/{post.public_id}/media/"
    with time_machine.travel(noon, tick=False):
        assert client.post(page, {"file": upload(video(), "film.webm")}).status_code == 302
        film = Media.objects.get()
        assert b"No captions yet" in client.get(page).content
        values = {"language": "en", "label": "English", "captions": upload(CAPTIONS, "en.vtt")}
        client.post(f"/studio/media/{film.public_id}/captions/", values)
        client.post(f"/studio/media/{film.public_id}/description/", {"description": "A pan at work"})
        text = client.get(page).content.decode()
        assert "English · 2" in text
        assert "A pan at work" in text
        broken = values | {"captions": upload(b"WEBVTT\n\n1 --> 2\nx", "en.vtt")}
        answer = client.post(f"/studio/media/{film.public_id}/captions/", broken, follow=True)
        assert "Line 3" in answer.content.decode()
        refused = client.post(page, {"file": upload(b"MZ program", "x.pdf")})
        assert (refused.status_code, "file" in refused.context["form"].errors) == (422, True)
        client.post(f"/studio/media/{film.public_id}/removal/")
    assert Media.objects.count() == 0


def test_nobody_brings_or_deletes_for_somebody_else(
    client: Client, noor: Creator, sam: User, post: Post, noon: datetime
) -> None:
    media = deeds.add_media(post=post, file=upload(b"%PDF-1"), now=noon)
    for person, status in ((noor.user, 404), (sam, 302)):
        client.force_login(person)
        assert client.post(f"/studio/posts/{post.public_id}/media/", {"file": upload(b"x")}).status_code == status
        for deed in ("removal", "description", "captions"):
            assert client.post(f"/studio/media/{media.public_id}/{deed}/").status_code == status
    assert Media.objects.count() == 1


def test_the_form_of_an_upload_has_its_token_checked(mika: Creator, post: Post) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(mika.user)
    assert client.post(f"/studio/posts/{post.public_id}/media/", {"file": upload(b"%PDF-1")}).status_code == 403


def test_what_is_far_too_large_is_refused_unread(client: Client, mika: Creator, post: Post, settings: object) -> None:
    settings.MEDIA_MOST_MB = {"picture": 0, "video": 0, "file": 0}  # type: ignore[attr-defined]
    client.force_login(mika.user)
    answer = client.post(f"/studio/posts/{post.public_id}/media/", {"file": upload(b"x" * 1_100_000)})
    assert (answer.status_code, b"too large" in answer.content) == (413, True)
