"""Files to bring: pictures, animations, and things that only claim to be one."""

import io
import struct
import zlib
from collections.abc import Sequence

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw


def picture(kind: str = "PNG", size: tuple[int, int] = (200, 160), color: str = "tomato") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind)
    out.seek(0)
    return out


def drawing(color: str = "tomato", *, side: int = 224, turned: bool = False, kind: str = "PNG") -> io.BytesIO:
    """Something with a shape: a see-through ground, a head, a hand to one side."""
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    part = side / 16
    pen.ellipse((2 * part, 3 * part, 11 * part, 15 * part), fill=color)
    pen.rectangle((10 * part, part, 15 * part, 6 * part), fill="gold")
    pen.line((4 * part, 7 * part, 8 * part, 10 * part), fill="white", width=int(part))
    if turned:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    out = io.BytesIO()
    image.save(out, kind)
    out.seek(0)
    return out


def animation(
    frames: Sequence[Image.Image], duration: int | list[int] = 100, kind: str = "GIF", **options: object
) -> io.BytesIO:
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=duration, loop=0, **options)
    out.seek(0)
    return out


def blinking(times: int = 2, *, dark: int = 0, light: int = 255, side: int = 128) -> list[Image.Image]:
    """Dark, light, dark, light …: the whole picture."""
    return [Image.new("L", (side, side), (dark, light)[number % 2]).convert("RGB") for number in range(times)]


def moving(frames: int, side: int = 128) -> list[Image.Image]:
    """A small square that walks: different frames, no flash."""
    found = []
    for number in range(frames):
        image = Image.new("RGB", (side, side), "white")
        ImageDraw.Draw(image).rectangle((number, 8, number + 12, 20), fill="navy")
        found.append(image)
    return found


def upload(content: bytes, name: str = "wave.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb() -> bytes:
    """A PNG of a few hundred bytes that claims 30,000 × 30,000 pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")
