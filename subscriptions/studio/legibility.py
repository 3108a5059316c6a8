"""How well an emoji can be made out in a line of chat: 0 to 100 points, each of which says where it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageStat

from subscriptions.studio.light import DARK, LIGHT, contrast, laid_on, luminance, luminances

# Graphics need 3:1 against what is next to them (WCAG 1.4.11).
STANDS_OUT, SEEN_FROM, SHOWN_AT = 3.0, 128, 28
ENOUGH_STANDS_OUT, ENOUGH_FILLED, MOST_LOST = 0.40, 0.60, 0.12


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score. `measured` and `enough` are in percent: from `enough` on all points are given."""

    code: str
    points: int
    most: int
    measured: int
    enough: int


def legibility(frames: Sequence[Image.Image]) -> tuple[Part, ...]:
    """The parts of the score of the first frame: light and dark (30 each), fills and detail (20 each)."""
    art = frames[0]
    small = art.resize((SHOWN_AT, SHOWN_AT), Image.Resampling.LANCZOS)
    return (
        _growing("light", standing_out(small, LIGHT), ENOUGH_STANDS_OUT, 30),
        _growing("dark", standing_out(small, DARK), ENOUGH_STANDS_OUT, 30),
        _growing("fills", filled(art), ENOUGH_FILLED, 20),
        _shrinking("detail", lost(art, small), MOST_LOST, 20),
    )


def score(parts: Sequence[Part]) -> int:
    return sum(part.points for part in parts)


def _growing(code: str, measured: float, enough: float, most: int) -> Part:
    return Part(code, round(most * min(1.0, measured / enough)), most, round(measured * 100), round(enough * 100))


def _shrinking(code: str, measured: float, worst: float, most: int) -> Part:
    """No points at `worst` and beyond, all of them at nothing; a third of the worst is still free of charge."""
    free = worst / 3
    kept = 1 - max(0.0, measured - free) / (worst - free)
    return Part(code, round(most * max(0.0, kept)), most, round(measured * 100), round(free * 100))


def standing_out(picture: Image.Image, ground: tuple[int, int, int]) -> float:
    """The part of what is visible that has a contrast of 3:1 or more with the ground."""
    alpha = picture.getchannel("A").tobytes()
    visible = [
        value for value, seen in zip(luminances(laid_on(picture, ground)), alpha, strict=True) if seen >= SEEN_FROM
    ]
    behind = luminance(*ground)
    return sum(contrast(value, behind) >= STANDS_OUT for value in visible) / len(visible) if visible else 0.0


def filled(picture: Image.Image) -> float:
    """The part of the square that the drawing takes, by the longer side of what is visible."""
    box = picture.getchannel("A").point(lambda value: 255 if value >= SEEN_FROM else 0).getbbox()
    return max(box[2] - box[0], box[3] - box[1]) / picture.width if box else 0.0


def lost(picture: Image.Image, small: Image.Image) -> float:
    """The mean difference, 0 to 1, between the drawing and what is left of it at 28 pixels."""
    grown = small.resize(picture.size, Image.Resampling.BICUBIC)
    difference = ImageChops.difference(laid_on(picture, LIGHT).convert("L"), laid_on(grown, LIGHT).convert("L"))
    return ImageStat.Stat(difference, picture.getchannel("A").point(lambda value: 255 if value else 0)).mean[0] / 255
