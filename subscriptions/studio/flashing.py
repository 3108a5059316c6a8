"""How often an animation flashes, by the general flash of WCAG 2.3.1 (https://www.w3.org/TR/WCAG22/#dfn-general-flash-and-red-flash-thresholds).

A flash is a pair of opposing changes of 10 % or more of the greatest relative luminance, where the darker image is below
0.80; more than three within any second are refused. WCAG forgives flashes on less than a quarter of ten degrees of
sight. One emoji alone never covers that, but a chat full of the same emoji does, in step: so the quarter is taken of
the picture itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from subscriptions.studio.light import DARK, LIGHT, laid_on, luminances

CHANGE, DARKER_BELOW, AREA, MOST_A_SECOND = 0.10, 0.80, 0.25, 3
SECOND_MS, SIDE = 1_000, 28


@dataclass(frozen=True, slots=True)
class Flashing:
    """The most flashes within any second, and the second it happens in, from the start of the animation."""

    most: int = 0
    at_ms: int = 0

    @property
    def is_too_much(self) -> bool:
        return self.most > MOST_A_SECOND


def flashing(frames: Sequence[Image.Image], durations_ms: Sequence[int]) -> Flashing:
    """The worst of a light and a dark ground: what is see-through flickers on one of them only."""
    if len(frames) < 2:
        return Flashing()
    small = [frame.resize((SIDE, SIDE), Image.Resampling.BOX) for frame in frames]
    found = [
        count_flashes([luminances(laid_on(frame, ground)) for frame in small], durations_ms) for ground in (LIGHT, DARK)
    ]
    return max(found, key=lambda one: one.most)


def count_flashes(frames: Sequence[Sequence[float]], durations_ms: Sequence[int]) -> Flashing:
    """`frames`: the luminance of each pixel, 0 to 1, the same pixels in each. The animation goes round for ever, so it
    is followed until every second that can occur has been seen."""
    moments = _changes(frames, durations_ms)
    worst, first = Flashing(), 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= SECOND_MS:
            first += 1
        flashes = (last - first + 1) // 2
        if flashes > worst.most:
            worst = Flashing(flashes, moments[first])
    return worst


def _changes(frames: Sequence[Sequence[float]], durations_ms: Sequence[int]) -> list[int]:
    """The moments at which the picture as a whole turns lighter (1) or darker (-1), each the opposite of the last.

    From the second round on, told from its start: in the first one it is not known yet what each pixel comes from, and
    where a round begins must not matter. Two seconds more, so that any second of the endless animation is seen whole.
    """
    # Each pixel as if it had just been at its darkest: the first round brings it to where it really stands.
    turning = [min(values) for values in zip(*frames, strict=True)]
    direction = [-1] * len(turning)
    needed = AREA * len(turning)
    lasts = sum(durations_ms)
    found: list[int] = []
    time, number, last = 0, 0, 0
    while time < 2 * lasts + 2 * SECOND_MS:
        risen, fallen = _turned(frames[number % len(frames)], turning, direction)
        for way, count in ((1, risen), (-1, fallen)):
            if count >= needed and last != way:
                found.append(time - lasts)
                last = way
        time += durations_ms[number % len(frames)]
        number += 1
    return [moment for moment in found if moment >= 0]


def _turned(frame: Sequence[float], turning: list[float], direction: list[int]) -> tuple[int, int]:
    """How many pixels turn lighter and darker with this frame. `turning` holds each pixel's last extreme."""
    risen = fallen = 0
    for at, value in enumerate(frame):
        extreme, way = turning[at], direction[at]
        if (value >= extreme and way > 0) or (value <= extreme and way < 0):
            turning[at] = value  # goes on in the same direction
            continue
        if abs(value - extreme) < CHANGE or min(value, extreme) >= DARKER_BELOW:
            continue
        turning[at] = value
        direction[at] = 1 if value > extreme else -1
        if value > extreme:
            risen += 1
        else:
            fallen += 1
    return risen, fallen
