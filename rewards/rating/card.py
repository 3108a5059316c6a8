"""The numbers that the rules are applied with: one dated, published version of the rate card."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ELSEWHERE = "*"  # the region of every country that has no rate of its own


@dataclass(frozen=True, slots=True)
class Card:
    """Rules and rates of one version. Times in milliseconds, rates in minor units per 1,000 views, factors in bp.

    Starting values: research of the field's published programs; each is a column of `rewards.RateCard`, none is code.
    """

    version: str = "draft"
    currency: str = "usd"
    min_clip_ms: int = 60_000
    min_clip_counts: bool = False  # True: a clip of exactly `min_clip_ms` counts; False: it must be longer
    min_watched_ms: int = 5_000
    max_views_per_viewer_day: int = 100
    views_before_paying: int = 1_000
    paid_sources: tuple[str, ...] = ("ad", "promoted")
    rpm_minor: Mapping[str, int] = field(default_factory=lambda: {ELSEWHERE: 40})
    # (average part of the clip that was watched, at least, in %) → factor; ascending, begins at 0.
    finish_factors_bp: tuple[tuple[int, int], ...] = ((0, 10_000),)

    def __post_init__(self) -> None:
        if ELSEWHERE not in self.rpm_minor:
            raise ValueError("A rate card needs a rate for “*”, the countries without one of their own.")
        if any(rate < 0 for rate in self.rpm_minor.values()):
            raise ValueError("A rate is not negative.")
        if len(self.regions) > 255:
            raise ValueError("A rate card has at most 255 regions.")
        starts = [start for start, _factor in self.finish_factors_bp]
        if not starts or starts[0] != 0 or starts != sorted(set(starts)):
            raise ValueError("The factors for watching begin at 0 % and rise.")
        if self.min_clip_ms < 0 or self.min_watched_ms < 0 or self.max_views_per_viewer_day < 1:
            raise ValueError("A limit of the rate card is out of range.")

    @property
    def regions(self) -> list[str]:
        """Countries with a rate of their own, sorted; `ELSEWHERE` first, so that its number is 0."""
        return [ELSEWHERE, *sorted(code for code in self.rpm_minor if code != ELSEWHERE)]

    @property
    def seconds(self) -> dict[str, str]:
        """The numbers as they stand in the sentences of the rules."""
        return {
            "min_clip": f"{self.min_clip_ms / 1000:g}",
            "clip_words": "at least" if self.min_clip_counts else "longer than",
            "min_watched": f"{self.min_watched_ms / 1000:g}",
            "daily_limit": f"{self.max_views_per_viewer_day:,}",
            "before_paying": f"{self.views_before_paying:,}",
        }
