"""The measures of the studio, on pictures and animations made here."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from subscriptions.studio.flashing import Flashing, count_flashes, flashing
from subscriptions.studio.legibility import legibility, score
from subscriptions.studio.light import contrast, luminance
from subscriptions.studio.likeness import ALIKE_WITHIN, alike_percent, apart, fingerprint, mirrored
from subscriptions.studio.reading import Unfit, file_end, read_art
from subscriptions.tests.emojis.pictures import animation, blinking, drawing, moving, picture

pytestmark = pytest.mark.once
WHOLE = 16


def even(*values: float) -> list[list[float]]:
    """Frames of one luminance each."""
    return [[value] * WHOLE for value in values]


# --- Flashes -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("frames", "durations", "most"),
    [
        # Black and white, 100 ms each: ten changes a second, five flashes.
        (even(0, 1), [100, 100], 5),
        # 167 ms each: six changes within a second, three flashes, which is allowed.
        (even(0, 1), [167, 167], 3),
        (even(0, 1), [500, 500], 1),
        # 9 % of the greatest luminance is no change; 10 % is.
        (even(0.30, 0.39), [50, 50], 0),
        (even(0.30, 0.40), [50, 50], 10),
        # Both lighter than 0.80: no flash, however fast.
        (even(0.82, 1.0), [50, 50], 0),
        (even(0.79, 1.0), [50, 50], 10),
        # One change and nothing more until the round begins again.
        (even(0, 1, 1, 1), [250, 250, 250, 250], 1),
        # Small steps in one direction add up to one change.
        (even(0, 0.05, 0.1, 0.15, 0.1, 0.05), [50] * 6, 3),
        (even(1), [100], 0),
        (even(0.5, 0.5, 0.5), [100, 100, 100], 0),
    ],
)
def test_flashes_are_counted_as_pairs_of_opposing_changes(
    frames: list[list[float]], durations: list[int], most: int
) -> None:
    assert count_flashes(frames, durations).most == most


def test_less_than_a_quarter_of_the_picture_is_no_flash() -> None:
    def frame(part: int, value: float) -> list[float]:
        return [value] * part + [0.5] * (WHOLE - part)

    assert count_flashes([frame(3, 0), frame(3, 1)], [100, 100]).most == 0
    assert count_flashes([frame(4, 0), frame(4, 1)], [100, 100]).most == 5


def test_the_second_that_straddles_the_end_of_the_round_is_seen() -> None:
    """Two quick flashes at the end and two at the beginning: within the round none is too fast, going round they are."""
    pattern = [0, 1, 0, 1, *[0] * 20, 1, 0, 1, 0, 1]
    found = count_flashes(even(*pattern), [50] * len(pattern))
    assert found.is_too_much and found.most >= 4


def test_a_see_through_flicker_counts_on_the_ground_it_shows_on() -> None:
    white, nothing = Image.new("RGBA", (112, 112), "white"), Image.new("RGBA", (112, 112))
    assert flashing([white, nothing], [100, 100]).is_too_much, "white on a dark chat"
    assert flashing([white], [0]) == Flashing()


@pytest.mark.parametrize(("duration", "is_too_much"), [(100, True), (120, True), (200, False), (400, False)])
def test_real_animations(duration: int, is_too_much: bool) -> None:
    for kind in ("GIF", "WEBP", "PNG"):
        art = read_art(animation(blinking(4), duration, kind=kind).read())
        assert flashing(art.frames, art.durations_ms).is_too_much == is_too_much, kind
    assert flashing(*_parts(animation(moving(20), 40).read())).most == 0


def _parts(raw: bytes) -> tuple[tuple[Image.Image, ...], tuple[int, ...]]:
    art = read_art(raw)
    return art.frames, art.durations_ms


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.05, 0.1, 0.4, 0.8, 1.0]), st.integers(20, 900)), min_size=2, max_size=12)
)
def test_where_a_round_begins_changes_nothing_that_matters(frames: list[tuple[float, int]]) -> None:
    """The animation goes round for ever: begun one frame later, it is as dangerous as before."""
    turned = [*frames[1:], frames[0]]
    most = [
        count_flashes(even(*(value for value, _time in one)), [time for _value, time in one]).most
        for one in (frames, turned)
    ]
    assert most[0] == most[1]


# --- Light and legibility -----------------------------------------------------------
def test_light_is_counted_as_wcag_does() -> None:
    assert (luminance(0, 0, 0), round(luminance(255, 255, 255), 6)) == (0, 1)
    assert round(contrast(luminance(255, 255, 255), luminance(0, 0, 0)), 2) == 21
    assert round(contrast(luminance(118, 118, 118), luminance(255, 255, 255)), 2) == 4.54


def test_the_score_is_the_sum_of_parts_that_say_what_was_measured() -> None:
    parts = {part.code: part for part in legibility(read_art(drawing("royalblue").read()).frames)}
    assert sum(part.most for part in parts.values()) == 100
    assert score(list(parts.values())) == sum(part.points for part in parts.values())
    assert all(0 <= part.points <= part.most and 0 <= part.measured <= 100 for part in parts.values())
    assert parts["fills"].points == 20


@pytest.mark.parametrize(("color", "weak", "strong"), [("#ffffe0", "light", "dark"), ("#101510", "dark", "light")])
def test_what_is_as_bright_as_the_chat_loses_its_points(color: str, weak: str, strong: str) -> None:
    parts = {part.code: part for part in legibility(read_art(picture(color=color).read()).frames)}
    assert (parts[weak].points, parts[weak].measured) == (0, 0)
    assert (parts[strong].points, parts[strong].measured) == (30, 100)


def test_fine_detail_and_a_speck_in_the_middle_lose_points() -> None:
    speck = Image.new("RGBA", (224, 224))
    ImageDraw.Draw(speck).rectangle((100, 100, 124, 124), fill="red")
    hatched = Image.new("RGBA", (112, 112), "white")
    pen = ImageDraw.Draw(hatched)
    for row in range(0, 112, 2):
        pen.line((0, row, 112, row), fill="black")
    found = []
    for image in (speck, hatched):
        out = io.BytesIO()
        image.save(out, "PNG")
        found.append({part.code: part for part in legibility(read_art(out.getvalue()).frames)})
    assert found[0]["fills"].points < 5
    assert found[1]["detail"].points == 0


# --- Likeness ------------------------------------------------------------------------
def test_a_copy_is_found_at_another_size_format_and_in_a_mirror() -> None:
    def prints(raw: bytes) -> tuple[str, str]:
        frame = read_art(raw).frames[0]
        return fingerprint(frame), mirrored(frame)

    original, _mirror = prints(drawing().read())
    for copy in (drawing(side=130), drawing(kind="WEBP"), drawing(side=600), drawing("coral")):
        assert apart(original, prints(copy.read())[0]) <= ALIKE_WITHIN
    turned, straight = prints(drawing(turned=True).read())
    assert apart(original, turned) > ALIKE_WITHIN
    assert apart(original, straight) <= ALIKE_WITHIN
    assert (len(original), alike_percent(original, original)) == (32, 100)
    other = prints(animation(moving(1), kind="PNG").read())[0]
    assert apart(original, other) > ALIKE_WITHIN


# --- Files ----------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "JPEG"])
def test_the_end_of_a_picture_is_where_its_container_says(kind: str) -> None:
    raw = picture(kind).read()
    assert file_end(raw) == len(raw)
    assert file_end(raw + b"more") == len(raw)
    assert read_art(raw + b"\n\0").frames, "a line end or padding is no second thing"


@given(st.binary(max_size=400), st.sampled_from(["PNG", "WEBP", "GIF", "JPEG"]), st.integers(0, 500), st.booleans())
def test_no_file_does_anything_but_become_art_or_get_a_code(junk: bytes, kind: str, at: int, cut: bool) -> None:
    raw = picture(kind, size=(120, 120)).read()
    broken = raw[: at % len(raw)] + junk + (b"" if cut else raw[at % len(raw) + len(junk) :])
    try:
        art = read_art(broken)
    except Unfit as unfit:
        sizes, code = {(112, 112)}, unfit.code
    else:
        sizes, code = {frame.size for frame in art.frames}, "art"
    assert sizes == {(112, 112)} and code
