"""A film made here, so that none has to be shipped: pictures drawn by Pillow, put into a WebM container by hand.

A WebP picture holds one key frame of the VP8 video codec, so a row of them is a video that browsers play.
"""

import io
import struct
from collections.abc import Iterable, Sequence

from PIL import Image

# Identifiers of the Matroska elements that a video of one track needs.
EBML, SEGMENT, INFO, TRACKS, TRACK, VIDEO, CLUSTER = (
    b"\x1a\x45\xdf\xa3",
    b"\x18\x53\x80\x67",
    b"\x15\x49\xa9\x66",
    b"\x16\x54\xae\x6b",
    b"\xae",
    b"\xe0",
    b"\x1f\x43\xb6\x75",
)
NAME = b"Glasshouse"


def film(pictures: Sequence[Image.Image], *, per_second: int) -> bytes:
    """A WebM of these pictures, all of one size; each is shown for 1/`per_second` s."""
    step = 1000 // per_second
    width, height = pictures[0].size
    header = _element(
        EBML,
        _number(b"\x42\x86", 1) + _number(b"\x42\xf7", 1) + _number(b"\x42\xf2", 4) + _number(b"\x42\xf3", 8)
        + _element(b"\x42\x82", b"webm") + _number(b"\x42\x87", 2) + _number(b"\x42\x85", 2),
    )  # fmt: skip
    info = _element(
        INFO,
        _number(b"\x2a\xd7\xb1", 1_000_000)
        + _element(b"\x44\x89", struct.pack(">d", float(step * len(pictures))))
        + _element(b"\x4d\x80", NAME)
        + _element(b"\x57\x41", NAME),
    )
    size = _element(VIDEO, _number(b"\xb0", width) + _number(b"\xba", height))
    track = _number(b"\xd7", 1) + _number(b"\x73\xc5", 1) + _number(b"\x83", 1) + _element(b"\x86", b"V_VP8") + size
    return header + _element(
        SEGMENT, info + _element(TRACKS, _element(TRACK, track)) + b"".join(_clusters(pictures, step))
    )


def _clusters(pictures: Sequence[Image.Image], step: int) -> Iterable[bytes]:
    """One second each; every frame is a key frame, so a player can begin at any of them."""
    per_cluster = max(1, 1000 // step)
    for first in range(0, len(pictures), per_cluster):
        blocks = b"".join(
            # Track 1, time since the cluster began, "key frame".
            _element(b"\xa3", b"\x81" + struct.pack(">hB", n * step, 0x80) + _frame(picture))
            for n, picture in enumerate(pictures[first : first + per_cluster])
        )
        yield _element(CLUSTER, _number(b"\xe7", first * step) + blocks)


def _frame(picture: Image.Image) -> bytes:
    """The VP8 key frame inside of a WebP picture."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, "WEBP", quality=60, method=4)
    data, at = out.getvalue(), 12
    while at < len(data):
        length = struct.unpack("<I", data[at + 4 : at + 8])[0]
        if data[at : at + 4] == b"VP8 ":
            return data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    raise ValueError("no VP8 in this WebP")


def _element(kind: bytes, content: bytes) -> bytes:
    """Identifier, length in eight bytes, content."""
    return kind + (len(content) | 1 << 56).to_bytes(8, "big") + content


def _number(kind: bytes, value: int) -> bytes:
    return _element(kind, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))
