from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.kit.charts.model import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, Series, names_along, scale, ticks

GAP = 0.25  # of a place, left free between bars


def bar_chart(chart: Chart) -> SafeString:
    """Bars side by side, one for each series at each label."""
    count = len(chart.series)
    pieces = [
        (i, number / count, 1 / count, 0, value or 0, number)
        for number, series in enumerate(chart.series)
        for i, value in enumerate(series.values)
    ]
    return _draw(replace(chart, kind="bar"), pieces)


def stacked_bar_chart(chart: Chart) -> SafeString:
    """One bar a label, the series on top of each other; values are not negative."""
    pieces = []
    for i in range(len(chart.labels)):
        height = 0
        for number, series in enumerate(chart.series):
            value = series.values[i] or 0
            pieces.append((i, 0.0, 1.0, height, height + value, number))
            height += value
    return _draw(replace(chart, kind="stacked"), pieces)


def waterfall_chart(chart: Chart) -> SafeString:
    """From the first value to their sum: the only series' values are steps; the last bar is the sum of them."""
    steps = [value or 0 for value in chart.series[0].values]
    height, pieces = 0, []
    for i, step in enumerate(steps):
        pieces.append((i, 0.0, 1.0, height, height + step, 0 if step >= 0 else 1))
        height += step
    pieces.append((len(steps), 0.0, 1.0, 0, height, 2))
    labels = [*chart.labels, _("What is left")] if len(chart.labels) == len(steps) else chart.labels
    whole = Series(chart.series[0].label, [*steps, height])
    return _draw(replace(chart, kind="waterfall", labels=labels, series=[whole]), pieces)


def funnel_chart(title: str, steps: Sequence[tuple[str, int]], unit: str = "number") -> SafeString:
    """What is left after each step: (label, value) from the widest to the narrowest, each with its share of the first."""
    chart = Chart(title, [label for label, _value in steps], [Series("", [value for _label, value in steps])], unit)
    first = steps[0][1] if steps else 0
    rows = [
        {"label": label, "value": chart.write(value), "part": value, "share": value / first if first else 0}
        for label, value in steps
    ]
    return render_to_string("ui/charts/funnel.html", {"chart": chart, "rows": rows, "first": first})


def _draw(chart: Chart, pieces: Sequence[tuple[int, float, float, int, int, int]]) -> SafeString:
    """Pieces: (place, offset and breadth within the place 0 to 1, from, to, hue)."""
    reach = [0, *(piece[3] for piece in pieces), *(piece[4] for piece in pieces)]
    marks = ticks(min(reach), max(reach))
    up = scale(marks[0], marks[-1], HEIGHT - BOTTOM, TOP)
    place = (WIDTH - RIGHT - LEFT) / max(len(chart.labels), 1)
    free = place * (1 - GAP)
    bars = []
    for i, offset, breadth, start, end, hue in pieces:
        top, bottom = sorted((up(start), up(end)))
        bars.append(
            {
                "x": round(LEFT + i * place + place * GAP / 2 + offset * free, 2),
                "y": top,
                "width": round(breadth * free, 2),
                "height": round(bottom - top, 2),
                "hue": hue % 6,
                "title": f"{chart.labels[i]}: {chart.write(end - start)}",
            }
        )
    context: dict[str, Any] = {
        "chart": chart,
        "marks": [(up(mark), chart.mark(mark)) for mark in marks],
        "names": names_along(chart.labels, lambda i: round(LEFT + (i + 0.5) * place, 2)),
        "bars": bars,
        "box": (WIDTH, HEIGHT),
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "bottom": HEIGHT - BOTTOM,
    }
    return render_to_string("ui/charts/bar.html", context)
