"""Months of a member: spans of time in, months out. Pure: no rows, no clock, no Django.

A month is a calendar month from the day it began (31 January, 28 February, 31 March). It counts once more than a day of
it was paid, given, or restored; what overlaps counts once; a gap shorter than the month that has begun costs nothing, a
longer one starts new months on a new day. Trial, grace, complimentary access and pauses count nothing: they hold the run
together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from subscriptions.proration import add_months

# Two clocks never agree: a renewal that comes a little late is no gap, and a second too much is no month.
SLACK = timedelta(days=1)
LADDER = (1, 2, 3, 6, 9, 12, 18, 24, 36)
A_YEAR = 12
COUNTING = ("paid", "gifted", "restored")


@dataclass(frozen=True, slots=True)
class Span:
    """A time somebody had access, or was paused. `kind` is a `TenureMonth.Kind`."""

    kind: str
    from_at: datetime
    until_at: datetime
    source: str

    @property
    def counts(self) -> bool:
        return self.kind in COUNTING


@dataclass(frozen=True, slots=True)
class Month:
    """A month, or a time in between. `tenure` and `streak` are the two numbers as they stand with it."""

    kind: str
    from_at: datetime
    until_at: datetime
    source: str
    tenure: int = 0
    streak: int = 0


def months_of(spans: Iterable[Span]) -> list[Month]:
    """All months that the spans make, in order and without overlap; the times in between where nothing counted."""
    known = sorted(spans, key=_place)
    counted = _counting(span for span in known if span.counts)
    bridges = _bridging([span for span in known if not span.counts], counted)
    return _numbered(sorted([*counted, *bridges], key=lambda month: month.from_at))


def _place(span: Span) -> tuple[datetime, int, str, str, datetime]:
    """By beginning, then what counts before what does not; the rest only makes the order the same each time."""
    return span.from_at, COUNTING.index(span.kind) if span.counts else 9, span.source, span.kind, span.until_at


def _counting(spans: Iterable[Span]) -> list[Month]:
    months: list[Month] = []
    known = list(spans)
    anchor: datetime | None = None
    due, number = datetime.min.replace(tzinfo=UTC), 0
    for span in known:
        if anchor is None or span.from_at > due + SLACK:
            anchor, due, number = span.from_at, span.from_at, 0
        while due + SLACK < span.until_at and max(due, span.from_at) + SLACK < span.until_at:
            number += 1
            following = add_months(anchor, number, anchor_day=anchor.day)
            months.append(_month(max(due, span.from_at), following, known))
            due = following
    return months


def _month(start: datetime, until: datetime, spans: list[Span]) -> Month:
    """Named for what covers its beginning: paid before given before restored."""
    covering = (span for span in spans if span.from_at <= start < span.until_at)
    span = min(covering, key=lambda span: (COUNTING.index(span.kind), span.from_at, span.source))
    return Month(span.kind, start, until, span.source)


def _bridging(spans: list[Span], counted: list[Month]) -> list[Month]:
    """What is left of each span outside the counted months and outside the spans before it."""
    left: list[Month] = []
    reached: datetime | None = None
    for span in spans:
        start = span.from_at if reached is None else max(span.from_at, reached)
        for month in counted:
            if month.until_at <= start or month.from_at >= span.until_at:
                continue
            if month.from_at > start:
                left.append(Month(span.kind, start, month.from_at, span.source))
            start = month.until_at
        if start < span.until_at:
            left.append(Month(span.kind, start, span.until_at, span.source))
        reached = span.until_at if reached is None else max(reached, span.until_at)
    return left


def _numbered(months: list[Month]) -> list[Month]:
    numbered: list[Month] = []
    tenure = streak = 0
    for month in months:
        if numbered and month.from_at > numbered[-1].until_at + SLACK:
            streak = 0
        if month.kind in COUNTING:
            tenure, streak = tenure + 1, streak + 1
        numbered.append(Month(month.kind, month.from_at, month.until_at, month.source, tenure, streak))
    return numbered


def rung(months: int) -> int:
    """The step of the ladder that so many months have reached: 1, 2, 3, 6, 9, 12, 18, 24, 36, then every year. 0: none."""
    if months > LADDER[-1]:
        return months // A_YEAR * A_YEAR
    return max((step for step in LADDER if step <= months), default=0)


def next_rung(months: int) -> int:
    """The step that comes next; there always is one."""
    following = next((step for step in LADDER if step > months), None)
    return following or (months // A_YEAR + 1) * A_YEAR
