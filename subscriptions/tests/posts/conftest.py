from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from portal.accounts.models import User
from subscriptions.actions.grants import give_grant
from subscriptions.models import Grant, Tier

LetIn = Callable[..., Grant]


@pytest.fixture(autouse=True)
def own_media_folder(tmp_path: Path, settings: object) -> Path:
    """Uploads of a test go with it."""
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    return tmp_path / "media"


@pytest.fixture
def let_in(staff: User, noon: datetime) -> LetIn:
    """`let_in(sam, gold)`: a door by staff, for a month unless said otherwise."""

    def give(fan: User, tier: Tier, *, until: datetime | None = None) -> Grant:
        end = until or noon.replace(month=noon.month + 1)
        return give_grant(fan=fan, kind=Grant.Kind.STAFF, by=staff, reason="Test", now=noon, tier=tier, until=end)

    return give
