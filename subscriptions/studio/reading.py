"""Take an uploaded file apart, and believe nothing it says.

Traps: a file that unfolds to a gigantic picture (its size is read before its pixels), a file that is two things at once
(a picture with an archive or a page behind it), an animation that never ends, and frames that last no time at all.
"""

import io
import struct
import warnings
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

MOST_BYTES = 1_000_000
LEAST_PIXELS, MOST_PIXELS = 112, 4_096
MOST_FRAMES, SHORTEST_FRAME_MS = 60, 20
# All frames together, as they unfold: 60 frames of 1,024 × 1,024 are allowed, 60 of 4,096 × 4,096 would take minutes.
MOST_UNFOLDED = 64_000_000
FORMATS = ("PNG", "WEBP", "GIF", "JPEG")
SIDE = 112
BROKEN = (UnidentifiedImageError, OSError, ValueError,
          SyntaxError, EOFError, IndexError, struct.error, MemoryError)  # fmt: skip


class Unfit(Exception):
    """A file that cannot become an emoji: `code` names why, `values` what was found."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(frozen=True, slots=True)
class Art:
    """What was in the file: square RGBA frames of 112 pixels, and how long each is shown, in ms (0 for a still)."""

    frames: tuple[Image.Image, ...]
    durations_ms: tuple[int, ...]

    @property
    def is_animated(self) -> bool:
        return len(self.frames) > 1

    @property
    def lasts_ms(self) -> int:
        return sum(self.durations_ms) if self.is_animated else 0


def read_art(raw: bytes) -> Art:
    """The art in a file. Raises Unfit with one of the codes: too_large, no_picture, two_files, gigantic, wrong_size,
    too_many_frames, unfolds_too_far, frame_too_short, empty."""
    if len(raw) > MOST_BYTES:
        raise Unfit("too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(raw), formats=FORMATS)
            width, height = picture.size
            if not all(LEAST_PIXELS <= side <= MOST_PIXELS for side in (width, height)):
                raise Unfit("wrong_size", width=width, height=height)
            if raw[file_end(raw) :].strip(b"\0\r\n\t "):
                raise Unfit("two_files")
            art = _frames(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unfit("gigantic") from error
    except BROKEN as error:
        raise Unfit("no_picture") from error
    if not any(frame.getchannel("A").getextrema()[1] for frame in art.frames):
        raise Unfit("empty")
    return art


def _frames(picture: Image.Image) -> Art:
    frames: list[Image.Image] = []
    durations: list[int] = []
    area = picture.width * picture.height
    while True:
        number = len(frames)
        try:
            picture.seek(number)
        except EOFError:
            break
        if number >= MOST_FRAMES:
            raise Unfit("too_many_frames")
        if number and (number + 1) * area > MOST_UNFOLDED:
            raise Unfit("unfolds_too_far", width=picture.width, height=picture.height)
        picture.load()
        # A still WebP and a single GIF frame have a duration too, which means nothing.
        durations.append(int(picture.info.get("duration") or 0))
        frames.append(squared(picture.convert("RGBA"), SIDE))
    if len(frames) == 1:
        return Art((frames[0],), (0,))
    for number, duration in enumerate(durations, start=1):
        if duration < SHORTEST_FRAME_MS:
            raise Unfit("frame_too_short", number=number, duration=duration)
    return Art(tuple(frames), tuple(durations))


def squared(picture: Image.Image, side: int) -> Image.Image:
    """The whole picture in the middle of a see-through square."""
    shrunk = picture.copy()
    shrunk.thumbnail((side, side), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    square.paste(shrunk, ((side - shrunk.width) // 2, (side - shrunk.height) // 2))
    return square


# --- Where the picture ends ------------------------------------------------------
def file_end(raw: bytes) -> int:
    """The offset behind the picture by its own container; whatever follows is no part of it."""
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png_end(raw)
    if raw.startswith(b"RIFF"):
        return 8 + struct.unpack_from("<I", raw, 4)[0] + struct.unpack_from("<I", raw, 4)[0] % 2
    if raw[:6] in (b"GIF87a", b"GIF89a"):
        return _gif_end(raw)
    return _jpeg_end(raw)


def _png_end(raw: bytes) -> int:
    at = 8
    while True:
        length, kind = struct.unpack_from(">I4s", raw, at)
        at += 12 + length
        if kind == b"IEND":
            return at


def _gif_end(raw: bytes) -> int:
    flags = raw[10]
    at = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    while True:
        kind = raw[at]
        if kind == 0x3B:
            return at + 1
        if kind == 0x21:
            at += 2
        elif kind == 0x2C:
            flags = raw[at + 9]
            at += 10 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0) + 1
        else:
            raise ValueError("a block that no GIF has")
        while raw[at]:
            at += 1 + raw[at]
        at += 1


def _jpeg_end(raw: bytes) -> int:
    """Segments by their lengths; inside a scan the next marker that is neither stuffing nor a restart."""
    at = 2
    while True:
        if raw[at] != 0xFF:
            raise ValueError("no marker where one should be")
        marker = raw[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker == 0xFF:
            at += 1
            continue
        at += 2 + struct.unpack_from(">H", raw, at + 2)[0]
        if marker == 0xDA:
            while not (raw[at] == 0xFF and raw[at + 1] != 0 and not 0xD0 <= raw[at + 1] <= 0xD7):
                at += 1
