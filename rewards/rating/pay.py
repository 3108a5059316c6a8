"""What qualified views earn: the published arithmetic, in exact integers.

amount = views × rate per 1,000 of their region × factor for the part watched, rounded half up once per clip and month.
The first views of a clip (`views_before_paying`) are waited for; on the day that passes the mark, the views that are
paid are spread over the regions by largest remainder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.kit.money import FULL_RATE_BP, split_by_weight
from rewards.rating.card import Card

PER = 1_000  # rates are per 1,000 views


@dataclass(frozen=True, slots=True)
class Day:
    """Qualified views of one clip on one day: region → views, and the sum of the percentages watched."""

    day: date
    card: Card
    regions: Mapping[str, int]
    finish: int

    @property
    def qualified(self) -> int:
        return sum(self.regions.values())


@dataclass(frozen=True, slots=True)
class Part:
    """One factor of an amount: `views` paid of one region under one card, `rate_minor` per 1,000, `factor_bp`."""

    card: str
    region: str
    views: int
    rate_minor: int
    factor_bp: int

    @property
    def numerator(self) -> int:
        """Minor units × PER × FULL_RATE_BP."""
        return self.views * self.rate_minor * self.factor_bp


@dataclass(frozen=True, slots=True)
class Pay:
    """What a clip earned in a month. `waiting` are qualified views before the mark."""

    qualified: int = 0
    waiting: int = 0
    amount_minor: int = 0
    parts: tuple[Part, ...] = field(default=())

    @property
    def paid_views(self) -> int:
        return self.qualified - self.waiting


def factor_bp(card: Card, qualified: int, finish: int) -> int:
    """The factor for the average part watched, in basis points."""
    average = finish // qualified if qualified else 0
    return max((start, factor) for start, factor in card.finish_factors_bp if start <= average)[1]


def pay(days: Sequence[Day], *, qualified_before: int) -> Pay:
    """The earnings of one clip from its days of one month; `qualified_before` are its views of earlier months."""
    so_far = qualified_before
    qualified = waiting = 0
    paid: dict[tuple[str, str], int] = {}
    watched: dict[str, tuple[Card, int, int]] = {}
    for day in sorted(days, key=lambda day: day.day):
        count = day.qualified
        wait = min(count, max(0, day.card.views_before_paying - so_far))
        regions = sorted(day.regions)
        if count > wait:
            shares = split_by_weight(
                count - wait, [day.regions[region] for region in regions], rotate=day.day.toordinal()
            )
            for region, views in zip(regions, shares, strict=True):
                key = day.card.version, region
                paid[key] = paid.get(key, 0) + views
        _card, views_until, finish_until = watched.get(day.card.version, (day.card, 0, 0))
        watched[day.card.version] = day.card, views_until + count, finish_until + day.finish
        so_far += count
        qualified += count
        waiting += wait
    parts = []
    for (version, region), views in paid.items():
        card, counted, finish = watched[version]
        rate = card.rpm_minor.get(region, card.rpm_minor["*"])
        if views:
            parts.append(Part(version, region, views, rate, factor_bp(card, counted, finish)))
    parts.sort(key=lambda part: (part.card, part.region))
    return Pay(qualified, waiting, _half_up(sum(part.numerator for part in parts)), tuple(parts))


def _half_up(numerator: int) -> int:
    whole = PER * FULL_RATE_BP
    return (numerator + whole // 2) // whole
