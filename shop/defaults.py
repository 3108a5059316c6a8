"""The terms a fresh shop starts with; staff add newer rows in the back office."""

from datetime import UTC, datetime
from typing import Any

FIRST_TERMS: dict[str, Any] = {
    "valid_from": datetime(2023, 9, 12, tzinfo=UTC),
    "click_window_days": 7,
    "return_days": 15,
    "delivery_days": 5,
    "lock_days": 30,
    "notice_days": 2,
    "fee_bp": 200,
    "note": "Opening terms.",
}


def install(terms_model: Any) -> None:
    """Make sure the first terms exist. Safe to repeat: the key is the moment they begin."""
    values = dict(FIRST_TERMS)
    terms_model.objects.get_or_create(valid_from=values.pop("valid_from"), defaults=values)
