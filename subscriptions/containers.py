"""What a file is, told from its content: pictures, MP4 and WebM, captions, a few names for the rest. No Django models.

Only what is needed to know the kind is read; nothing is decoded here but captions, which are text.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

MP4_BRANDS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"}
)
EBML = b"\x1a\x45\xdf\xa3"
DOCTYPE = b"\x42\x82"
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xca\xfe\xba\xbe", b"#!")
KNOWN = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
)
MOST_BOXES = 64
HEADER = 4_096


def is_picture(head: bytes) -> bool:
    return head.startswith(PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def is_program(head: bytes) -> bool:
    return head.startswith(PROGRAMS)


def video_type(file: BinaryIO, size: int) -> str | None:
    """`video/mp4` or `video/webm` where the container says so; "" for a video in another container; None: no video."""
    file.seek(0)
    head = file.read(HEADER)
    if head[4:8] == b"ftyp":
        return "video/mp4" if _is_mp4(file, head, size) else ""
    if head.startswith(EBML):
        return "video/webm" if _doctype(head) == b"webm" else ""
    return None


def _is_mp4(file: BinaryIO, head: bytes, size: int) -> bool:
    """A brand that browsers play, and boxes that fill the file exactly with the table of contents among them."""
    length = int.from_bytes(head[:4], "big")
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, min(length, len(head)), 4)}
    if not brands & MP4_BRANDS:
        return False
    at, kinds = 0, set()
    for _box in range(MOST_BOXES):
        file.seek(at)
        box = file.read(16)
        if len(box) < 8:
            break
        length = int.from_bytes(box[:4], "big")
        if length == 1:
            length = int.from_bytes(box[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8 or at + length > size:
            return False
        kinds.add(box[4:8])
        at += length
    return b"moov" in kinds


def _doctype(head: bytes) -> bytes:
    """The kind of an EBML file: walks the elements of its header, each an identifier, a length and a value."""
    length, at = _length(head, 4)
    end = min(len(head), at + length)
    while at + 2 < end:
        size = 9 - head[at].bit_length()
        kind = head[at : at + size]
        length, start = _length(head, at + size)
        if kind == DOCTYPE:
            return head[start : min(start + length, end)].rstrip(b"\0")
        at = start + length
    return b""


def _length(head: bytes, at: int) -> tuple[int, int]:
    """A length as EBML writes it (its first bits say how many bytes it has), and where the value begins."""
    first = head[at] if at < len(head) else 0
    size = 9 - first.bit_length()
    if size > 8:
        return len(head), len(head)
    value = int.from_bytes(head[at : at + size], "big") & ((1 << 7 * size) - 1)
    return value, at + size


def file_type(head: bytes) -> str:
    """A name for what is only ever downloaded."""
    return next((name for magic, name in KNOWN if head.startswith(magic)), "application/octet-stream")


# --- Captions -----------------------------------------------------------------------
TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
CUE = re.compile(rf"^{TIME}[ \t]+-->[ \t]+{TIME}(?:[ \t].*)?$")


@dataclass(frozen=True, slots=True)
class WebVtt:
    """Captions that hold: the text as it is served, and how many cues it has."""

    text: str
    cues: int


class NotWebVtt(Exception):
    """What is wrong with captions, and on which line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line, self.what = line, what


def read_captions(content: bytes) -> WebVtt:
    """Check WebVTT: its first line, UTF-8, each cue's times and their order, and that there is something to read."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        place = content[: error.start].count(b"\n") + 1
        raise NotWebVtt(place, _("it is not written in UTF-8")) from error
    lines = text.split("\n")
    if not re.match(r"^WEBVTT(?:[ \t].*)?$", lines[0]):
        raise NotWebVtt(1, _("it has to begin with WEBVTT"))
    cues, before = 0, -1
    for number, line in enumerate(lines, start=1):
        if "-->" not in line:
            continue
        found = CUE.match(line.strip())
        if found is None:
            raise NotWebVtt(number, _("a time is written as 00:01:02.500 --> 00:01:04.000"))
        start, end = _milliseconds(found.groups()[:4]), _milliseconds(found.groups()[4:])
        if end <= start:
            raise NotWebVtt(number, _("it ends before it begins"))
        if start < before:
            raise NotWebVtt(number, _("it begins before the one above it"))
        if number >= len(lines) or not lines[number].strip():
            raise NotWebVtt(number, _("there is nothing to read at this time"))
        cues, before = cues + 1, start
    if not cues:
        raise NotWebVtt(len(lines), _("it holds no captions"))
    return WebVtt(text.strip("\n") + "\n", cues)


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, rest = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest
