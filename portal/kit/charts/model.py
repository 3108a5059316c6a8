"""What a chart is told, and how its numbers are written and placed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from babel.numbers import format_compact_currency, format_compact_decimal, format_decimal, format_percent
from django.utils.functional import Promise

from portal.kit.languages.reader import reader_locale
from portal.kit.money import format_money, to_decimal

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 12, 38
STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Series:
    """One line or color of a chart: values in the order of the chart's labels; None where nothing is known."""

    label: str | Promise
    values: Sequence[int | None]


@dataclass(frozen=True)
class Chart:
    """`labels` name the places along the bottom. `unit` is "number", "percent" (basis points) or a currency code."""

    title: str | Promise
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = "number"
    description: str | Promise = ""
    kind: str = field(default="", compare=False)

    def write(self, value: int | None) -> str:
        """A value as the reader's locale writes it."""
        locale = reader_locale()
        if value is None:
            return "–"
        if self.unit == "number":
            return format_decimal(value, locale=locale)
        if self.unit == "percent":
            return format_percent(Decimal(value) / 10_000, format="#,##0.#%", locale=locale)
        return format_money(value, self.unit, locale)

    def mark(self, value: int) -> str:
        """A value on the axis, as short as it can be: 1K instead of 1,000."""
        locale = reader_locale()
        if self.unit == "percent":
            return self.write(value)
        if self.unit == "number":
            return format_compact_decimal(value, locale=locale, fraction_digits=1)
        amount = to_decimal(value, self.unit)
        return format_compact_currency(amount, self.unit.upper(), locale=locale, fraction_digits=1)

    def rows(self) -> list[tuple[str, list[str]]]:
        """The table twin: a label and the written value of each series."""
        return [
            (label, [self.write(one.values[i] if i < len(one.values) else None) for one in self.series])
            for i, label in enumerate(self.labels)
        ]

    def known(self) -> list[int]:
        return [value for one in self.series for value in one.values if value is not None]


def ticks(low: int, high: int, wanted: int = 4) -> list[int]:
    """Round numbers from at most `low` to at least `high`: 1, 2 or 5 times a power of ten apart."""
    span = max(high - low, 1)
    size = 10 ** max(len(str(span // wanted)) - 1, 0)
    step = next(size * one for one in STEPS if size * one * wanted >= span)
    first = low // step * step
    last = -(-high // step) * step
    return list(range(first, max(last, first + step) + 1, step))


def scale(low: int, high: int, start: float, end: float) -> Callable[[int], float]:
    """A value between `low` and `high` → its place between `start` and `end`."""
    span = (high - low) or 1
    return lambda value: round(start + (value - low) / span * (end - start), 2)


@dataclass(frozen=True, slots=True)
class Name:
    """A label along the bottom. `anchor` is SVG's; a `spare` one is left out where there is little room."""

    x: float
    text: str
    anchor: str = "middle"
    spare: bool = False


def names_along(labels: Sequence[str], place: Callable[[int], float]) -> list[Name]:
    """The labels that are shown. One that stands at the edge of the drawing ends there, so that nothing is cut off."""
    shown = [(i, label) for i, label in enumerate(thinned(labels)) if label]
    names = []
    for number, (i, label) in enumerate(reversed(shown)):
        x = place(i)
        at_edge = x >= WIDTH - RIGHT and len(shown) > 1
        names.append(
            Name(WIDTH if at_edge else x, label, "end" if at_edge else "middle", len(shown) > 4 and number % 2 == 1)
        )
    return names[::-1]


def thinned(labels: Sequence[str], room: int = 8) -> list[str]:
    """Labels that do not collide: every nth, '' for the others, the last one always."""
    every = max(1, -(-len(labels) // room))
    last = len(labels) - 1
    return [label if i == last or (i % every == 0 and last - i >= every) else "" for i, label in enumerate(labels)]
