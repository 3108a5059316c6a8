"""Light, as WCAG counts it: relative luminance of sRGB colors, and the contrast between two."""

from collections.abc import Sequence

from PIL import Image

# What a chat is drawn on: the surfaces of the portal's light and dark theme.
LIGHT, DARK = (255, 255, 255), (29, 38, 33)


def _linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


LINEAR = tuple(_linear(value) for value in range(256))


def luminance(red: int, green: int, blue: int) -> float:
    """Relative luminance, 0 (black) to 1 (white): https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    return 0.2126 * LINEAR[red] + 0.7152 * LINEAR[green] + 0.0722 * LINEAR[blue]


def contrast(one: float, other: float) -> float:
    """The contrast ratio of two luminances, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def laid_on(picture: Image.Image, ground: tuple[int, int, int]) -> Image.Image:
    """The picture as it is seen on a ground, without transparency."""
    return Image.alpha_composite(Image.new("RGBA", picture.size, (*ground, 255)), picture).convert("RGB")


def luminances(picture: Image.Image) -> Sequence[float]:
    """The luminance of every pixel of an RGB picture, row by row."""
    raw = picture.tobytes()
    return [luminance(raw[at], raw[at + 1], raw[at + 2]) for at in range(0, len(raw), 3)]
