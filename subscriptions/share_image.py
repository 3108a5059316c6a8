"""The picture that stands beside a link to a creator's page: 1200 × 630 pixels, drawn here, the same for everybody."""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import fontpkg
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, EDGE = 1200, 630, 72
# The light accents of tokens.css (strong, wash) in sRGB: pictures know no OKLCH.
ACCENTS = {
    "moss": ("#2b6339", "#d9f3dd"),
    "sky": ("#0e5e8a", "#daeefe"),
    "plum": ("#763671", "#fbe8f8"),
    "clay": ("#913e20", "#ffe9de"),
    "sand": ("#6f571e", "#f9eed1"),
    "ink": ("#313f4d", "#e6ecf2"),
}
INK, SOFT, PAPER = "#17251e", "#4d5b53", "#ffffff"
# Tried in this order; a text that none of them covers is left out rather than drawn as boxes.
FAMILIES = ("noto-sans", "noto-sans-arabic", "noto-sans-thai")


@dataclass(frozen=True, slots=True)
class ShareCard:
    """`tiers`: what stands below, ready to read: ("Kitchen $9.99", …)."""

    name: str
    handle: str
    intro: str
    accent: str
    tiers: tuple[str, ...]
    site_name: str


def draw(card: ShareCard) -> bytes:
    """The card as a PNG. A name in letters that no font here has gives way to the handle."""
    strong, wash = ACCENTS.get(card.accent, ACCENTS["moss"])
    image = Image.new("RGB", (WIDTH, HEIGHT), wash)
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((EDGE / 2, EDGE / 2, WIDTH - EDGE / 2, HEIGHT - EDGE / 2), radius=28, fill=PAPER)
    pen.rounded_rectangle((EDGE / 2, EDGE / 2, EDGE / 2 + 18, HEIGHT - EDGE / 2), radius=9, fill=strong)
    top = _lines(
        pen, card.name if path_for(card.name) else card.handle, EDGE + 24, size=84, weight=700, most=2, ink=INK
    )
    top = _lines(pen, f"@{card.handle}", top + 6, size=38, weight=500, most=1, ink=strong)
    _lines(pen, card.intro, top + 22, size=36, weight=400, most=3, ink=SOFT)
    _foot(pen, card, strong)
    out = io.BytesIO()
    image.quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


@cache
def covers() -> tuple[tuple[Path, frozenset[int]], ...]:
    """Each font file with the code points that it has letters for."""
    files = [Path(fontpkg.path(name)) for name in FAMILIES]
    return tuple((path, frozenset(TTFont(path, lazy=True).getBestCmap())) for path in files)


def path_for(text: str) -> Path | None:
    """The first font that has every letter of a text; None: no font has."""
    wanted = {ord(letter) for letter in text if not letter.isspace()}
    return next((path for path, has in covers() if wanted <= has), None)


@cache
def _font(path: Path, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(path, size)
    values: dict[bytes | None, float] = {b"Weight": weight, b"Width": 100}
    axes = font.get_variation_axes()
    font.set_variation_by_axes([float(values.get(axis["name"], axis["default"] or 0)) for axis in axes])
    return font


def _lines(pen: ImageDraw.ImageDraw, text: str, top: float, *, size: int, weight: int, most: int, ink: str) -> float:
    """Write a text over at most so many lines, the last one cut with an ellipsis; returns where the next may begin."""
    path = path_for(text)
    if path is None or not text.strip():
        return top
    font = _font(path, size, weight)
    rest, room = text.split(), WIDTH - 2 * EDGE - 24
    is_arabic = path == covers()[1][0]
    for number in range(most):
        line, rest = _fitting(rest, font, room, may_go_on=number + 1 < most)
        where = (WIDTH - EDGE, top) if is_arabic else (EDGE + 24, top)
        pen.text(where, line, font=font, fill=ink, anchor="ra" if is_arabic else "la")
        top += size * 1.22
        if not rest:
            break
    return top


def _fitting(words: list[str], font: ImageFont.FreeTypeFont, room: float, *, may_go_on: bool) -> tuple[str, list[str]]:
    """As many words as fit, and what is left; on the last line what is too long ends with an ellipsis."""
    line = ""
    for number, word in enumerate(words):
        longer = f"{line} {word}".strip()
        if font.getlength(longer) > room and line and may_go_on:
            return line, words[number:]
        line = longer
    while font.getlength(line) > room:
        line = line.rstrip("… ")[:-1] + "…"
    return line, []


def _foot(pen: ImageDraw.ImageDraw, card: ShareCard, strong: str) -> None:
    left, middle = float(EDGE + 24), HEIGHT - EDGE - 34
    font = _font(covers()[0][0], 30, 600)
    for words in card.tiers:
        path = path_for(words)
        width = font.getlength(words) + 44
        if path is None or left + width > WIDTH - EDGE - 230:
            break
        pen.rounded_rectangle((left, middle - 27, left + width, middle + 27), radius=27, outline=strong, width=3)
        pen.text((left + width / 2, middle), words, font=_font(path, 30, 600), fill=strong, anchor="mm")
        left += width + 16
    pen.text((WIDTH - EDGE, middle), card.site_name, font=font, fill=SOFT, anchor="rm")
