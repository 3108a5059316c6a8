"""The rate cards and the source a fresh portal starts with; staff publish newer versions in the back office.

Rates are reported figures of the field, not official ones, which is why they are rows and not constants.
"""

from datetime import UTC, date, datetime
from typing import Any

RATES = {"*": 40, "US": 100, "GB": 80, "DE": 75, "JP": 70, "FR": 65, "KR": 60, "BR": 45, "MX": 45}
CARDS: list[dict[str, Any]] = [
    {
        "version": 1,
        "valid_from": date(2024, 3, 18),
        "finish_factors_bp": [[0, 10_000]],
        "note": "The opening card: clips of more than a minute, one rate per country.",
    },
    {
        "version": 2,
        "valid_from": date(2025, 3, 1),
        "finish_factors_bp": [[0, 8_000], [40, 10_000], [70, 12_500]],
        "note": "Clips that are watched further pay more: the factor for the part watched is published here.",
    },
]


def install(card_model: Any, source_model: Any) -> None:
    """Make sure the first cards and the source of the shipped excerpt exist. Safe to repeat (keys: version, slug)."""
    for card in CARDS:
        values = card | {
            "rpm_minor": RATES,
            "paid_sources": ["ad", "promoted"],
            "published_at": datetime(card["valid_from"].year, card["valid_from"].month, 1, tzinfo=UTC),
        }
        card_model.objects.get_or_create(version=values.pop("version"), defaults=values)
    source_model.objects.get_or_create(slug="kuairand", defaults={"label": "KuaiRand"})
