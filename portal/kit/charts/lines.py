from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.kit.charts.model import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, Series, names_along, scale, ticks


def line_chart(chart: Chart) -> SafeString:
    """One line a series; a gap where a value is not known."""
    return _draw(chart, filled=False)


def area_chart(chart: Chart) -> SafeString:
    """As `line_chart`, with the ground below filled."""
    return _draw(chart, filled=True)


def sparkline(values: Sequence[int], title: str) -> SafeString:
    """A line without axes, the size of a word; `title` says in words what it shows."""
    low, high = min(values, default=0), max(values, default=0)
    across, up = scale(0, max(len(values) - 1, 1), 1, 99), scale(low, high, 23, 1)
    points = " ".join(f"{across(i)},{up(value)}" for i, value in enumerate(values))
    return render_to_string("ui/charts/sparkline.html", {"points": points, "title": title})


def retention_curve(
    title: str | Promise, shares: Sequence[int], seconds: int, description: str | Promise = ""
) -> SafeString:
    """Who is still there, over the length of a clip: `shares` in basis points of the beginning, evenly over `seconds`.

    Where most people leave at once is marked and said; the axis begins at nothing, so that a fall looks as deep as it is.
    """
    last = max(len(shares) - 1, 1)
    labels = [_clock(seconds * i // last) for i in range(len(shares))]
    falls = [(before - after, i) for i, (before, after) in enumerate(pairwise(shares), start=1)]
    fall, place = max(falls, default=(0, 0))
    chart = Chart(title, labels, [Series(_("Still watching"), shares)], "percent", description, "retention")
    if fall > 0:
        lost, begin, end = chart.write(fall), labels[place - 1], labels[place]
        said = _("Most leave between %(begin)s and %(end)s: %(lost)s.") % {"begin": begin, "end": end, "lost": lost}
        chart = replace(chart, description=description or said)
    return _draw(chart, filled=True, top=10_000, marked=place if fall > 0 else None)


def _clock(seconds: int) -> str:
    """75 → 1:15."""
    return f"{seconds // 60}:{seconds % 60:02}"


def _draw(chart: Chart, *, filled: bool, top: int = 0, marked: int | None = None) -> SafeString:
    """`top`: the axis reaches at least that far. `marked`: the place before which the line is drawn thicker."""
    values = chart.known()
    marks = ticks(min([0, *values]), max([top, *values]))
    up = scale(marks[0], marks[-1], HEIGHT - BOTTOM, TOP)
    across = scale(0, max(len(chart.labels) - 1, 1), LEFT, WIDTH - RIGHT)
    lines = [_line(chart, number, up, across, filled=filled) for number in range(len(chart.series))]
    context: dict[str, Any] = {
        "chart": replace(chart, kind=chart.kind or ("area" if filled else "line")),
        "fall": lines[0]["places"][marked - 1 : marked + 1] if marked else None,
        "marks": [(up(mark), chart.mark(mark)) for mark in marks],
        "names": names_along(chart.labels, across),
        "lines": lines,
        "box": (WIDTH, HEIGHT),
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "bottom": HEIGHT - BOTTOM,
    }
    return render_to_string("ui/charts/line.html", context)


def _line(chart: Chart, number: int, up: Any, across: Any, *, filled: bool) -> dict[str, Any]:
    series = chart.series[number]
    runs: list[list[tuple[float, float]]] = [[]]
    dots = []
    for i, value in enumerate(series.values):
        if value is None:
            runs.append([])
            continue
        place = (across(i), up(value))
        runs[-1].append(place)
        dots.append((*place, f"{chart.labels[i]}: {chart.write(value)}"))
    path = "".join("M" + "L".join(f"{x} {y}" for x, y in run) for run in runs if run)
    ground = ""
    if filled:
        ground = "".join(
            f"M{run[0][0]} {up(0)}L" + "L".join(f"{x} {y}" for x, y in run) + f"L{run[-1][0]} {up(0)}Z"
            for run in runs
            if run
        )
    places = [(x, y) for x, y, _name in dots]
    return {"label": series.label, "path": path, "ground": ground, "dots": dots, "places": places, "hue": number % 6}
