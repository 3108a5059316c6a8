"""A quote before it is written down: what every kind of it has."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from subscriptions.models import TierPrice

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """A quote that is not written down yet. Moments in `later`, `gained` and `lost` are ISO texts.

    `inputs`: the facts that all this rests on, by name; when one of them moves, so may the rest.
    """

    kind: str
    currency: str
    effective_at: datetime
    inputs: Row
    price: TierPrice | None = None
    amount_minor: int = 0
    months: int = 0
    code: str = ""
    charge_now_minor: int = 0
    next_charge_minor: int | None = None
    next_charge_at: datetime | None = None
    later: list[Row] = field(default_factory=list)
    gained: list[Row] = field(default_factory=list)
    lost: list[Row] = field(default_factory=list)
