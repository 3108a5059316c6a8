"""What a brand's shop reports, as plain values: the same whether it came signed over the wire or from a file."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """`paid_minor`: really paid for the whole line, in minor units, without tax and shipping."""

    external_id: str
    sku: str
    quantity: int
    paid_minor: int


@dataclass(frozen=True, slots=True)
class OrderFacts:
    external_id: str
    currency: str
    placed_at: datetime
    lines: Sequence[LineFacts] = field(default_factory=tuple)
    buyer_region: str = ""
    buyer_hash: str = ""
    click_token: str = ""

    def digest(self) -> str:
        """The same for the same report, whatever the order of its lines."""
        lines = sorted((asdict(line) for line in self.lines), key=lambda line: line["external_id"])
        return _digest([self.external_id, self.currency, _moment(self.placed_at), lines, self.buyer_region,
                        self.buyer_hash, self.click_token])  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReturnFacts:
    """`amount_minor`: given back without tax and shipping; None: in proportion to the quantity."""

    external_id: str
    order_number: str
    line_number: str
    quantity: int
    returned_at: datetime
    amount_minor: int | None = None

    def digest(self) -> str:
        return _digest([self.external_id, self.order_number, self.line_number, self.quantity, self.amount_minor,
                        _moment(self.returned_at)])  # fmt: skip


def _moment(at: datetime) -> int:
    """Microseconds since 1970: the same for the same moment in any time zone, and for any year there is."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def _digest(values: object) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
