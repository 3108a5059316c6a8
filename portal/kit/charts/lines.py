from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from portal.kit.charts.model import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, scale, thinned, ticks


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


def _draw(chart: Chart, *, filled: bool) -> SafeString:
    values = chart.known()
    marks = ticks(min([0, *values]), max([0, *values]))
    up = scale(marks[0], marks[-1], HEIGHT - BOTTOM, TOP)
    across = scale(0, max(len(chart.labels) - 1, 1), LEFT, WIDTH - RIGHT)
    lines = [_line(chart, number, up, across, filled=filled) for number in range(len(chart.series))]
    context: dict[str, Any] = {
        "chart": replace(chart, kind="area" if filled else "line"),
        "marks": [(up(mark), chart.mark(mark)) for mark in marks],
        "names": [(across(i), name) for i, name in enumerate(thinned(chart.labels)) if name],
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
    return {"label": series.label, "path": path, "ground": ground, "dots": dots, "hue": number % 6}
