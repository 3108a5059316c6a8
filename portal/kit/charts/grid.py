from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

SHADES = 6


def cohort_grid(
    title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[int | None]]], description: str = ""
) -> SafeString:
    """A table whose cells are shaded by value (basis points of the row's start); None leaves a cell empty."""
    cells = [
        (
            name,
            [
                None if value is None else (f"{value / 100:.0f}%", min(value * SHADES // 10_001, SHADES - 1))
                for value in values
            ],
        )
        for name, values in rows
    ]
    context = {"title": title, "columns": columns, "rows": cells, "description": description}
    return render_to_string("ui/charts/cohorts.html", context)
