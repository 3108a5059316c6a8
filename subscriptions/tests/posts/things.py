"""Real things to bring to a post, made here: a picture with a place in it, a video, captions, a file."""

import io
import struct
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from portal.accounts.models import Creator
from portal.demo.film import film
from subscriptions.actions.posts import write_post
from subscriptions.models import Post

CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n\n00:01.000 --> 00:02.000 line:0\nAgain\n"


def upload(content: bytes, name: str = "thing.bin") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def picture(kind: str = "JPEG", size: tuple[int, int] = (2000, 1000), **options: Any) -> bytes:
    out = io.BytesIO()
    drawn = Image.new("RGB", size, "tomato")
    ImageDraw.Draw(drawn).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="navy")
    drawn.save(out, kind, **options)
    return out.getvalue()


def picture_with_a_place() -> bytes:
    """A photo as a telephone takes it: turned, with the camera's name and where it stood."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90°
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return picture(size=(800, 400), exif=exif.tobytes())


def video() -> bytes:
    frames = []
    for n in range(8):
        frame = Image.new("RGB", (64, 36), "black")
        ImageDraw.Draw(frame).rectangle((n * 6, 10, n * 6 + 10, 26), fill="white")
        frames.append(frame)
    return film(frames, per_second=4)


def mp4(brand: bytes = b"isom", *, table: bool = True) -> bytes:
    """The boxes of an MP4: its brand, a table of contents, and data."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content) + 8) + kind + content

    header = box(b"mvhd", bytes(100))
    parts = box(b"ftyp", brand + bytes(4) + brand) + (box(b"moov", header) if table else b"")
    return parts + box(b"mdat", b"\0" * 500)


def post_of(creator: Creator, now: datetime, **values: Any) -> Post:
    """A post that is out, for all members unless said otherwise."""
    first = {"title": "Post", "body": "Secret words", "audience": "members", "publish": True}
    return write_post(creator=creator, now=now, **(first | values))
