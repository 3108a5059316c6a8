"""What tests of seasons share: sign-ups from 15 to 20 May, everybody is billed on the 31st."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions.seasons import add_season
from subscriptions.models import Season, Tier

LAST_MOMENT = datetime(2026, 5, 20, 23, 59, 59, tzinfo=UTC)
BILLING = datetime(2026, 5, 31, 12, tzinfo=UTC)
LATER, PRORATED = Season.FirstPeriod.LATER, Season.FirstPeriod.PRORATED
MakeSeason = Callable[..., Season]
Live = Callable[[datetime], None]


@pytest.fixture
def make_season(noon: datetime) -> MakeSeason:
    """`make_season(gold)`: Winter box, open from noon on; other terms by name."""

    def make(tier: Tier, *, now: datetime = noon, **terms: Any) -> Season:
        wanted: dict[str, Any] = {
            "name": "Winter box",
            "opens_at": noon,
            "closes_at": LAST_MOMENT,
            "billing_date": date(2026, 5, 31),
        }
        return add_season(tier=tier, now=now, **wanted | terms)

    return make


@pytest.fixture
def live(box: Sandbox, deliver: Deliver) -> Live:
    """`live(moment)`: the provider's clock goes there, its events arrive, and our jobs of seasons run."""

    def go(moment: datetime) -> None:
        box.advance_to(max(box.today(), moment))
        deliver()
        with time_machine.travel(moment, tick=False):
            tasks.follow_seasons()

    return go
