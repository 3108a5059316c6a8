"""Charts drawn on the server as SVG: attributes and classes only, a title, a description and a table twin for each."""

from portal.kit.charts.bars import bar_chart, funnel_chart, stacked_bar_chart, waterfall_chart
from portal.kit.charts.grid import cohort_grid
from portal.kit.charts.lines import area_chart, line_chart, retention_curve, sparkline
from portal.kit.charts.model import Chart, Series
from portal.kit.charts.ring import progress_ring

__all__ = [
    "Chart",
    "Series",
    "area_chart",
    "bar_chart",
    "cohort_grid",
    "funnel_chart",
    "line_chart",
    "progress_ring",
    "retention_curve",
    "sparkline",
    "stacked_bar_chart",
    "waterfall_chart",
]
