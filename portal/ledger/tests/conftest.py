"""A month's money of two creators, posted through the real door."""

from datetime import datetime

import pytest

from portal.ledger import chart
from portal.ledger.actions import post, settle

MIKA_PENDING = chart.creator_pending("mika", "usd")
MIKA_AVAILABLE = chart.creator_available("mika", "usd")
NOOR_PENDING = chart.creator_pending("noor", "usd")


def sale(creator_account: str, gross: int = 1000) -> dict[str, int]:
    """A charge with a fee of 59 and a platform share of a tenth."""
    platform = gross // 10
    return {
        chart.stripe("usd"): gross - 59,
        chart.stripe_fee("usd"): 59,
        chart.platform_fee("usd"): -platform,
        creator_account: platform - gross,
    }


@pytest.fixture
def month(db: None, noon: datetime) -> None:
    """Mika: 9.00 matured, 18.00 pending, 5.00 on its way. Noor: 4.50 pending. 100.00 of our own at the provider."""
    at = noon.replace
    post(key="topup:1", kind="topup", lines={"stripe:usd": 10_000, "bank:usd": -10_000}, at=at(day=1), memo="Top-up")
    settle(source="invoice:in_1", target=sale(MIKA_PENDING), at=at(day=2), memo="Gold, Sam")
    settle(source="invoice:in_2", target=sale(MIKA_PENDING, 2000), at=at(day=3), memo="Gold, Lee")
    settle(source="invoice:in_3", target=sale(NOOR_PENDING, 500), at=at(day=3), memo="Silver, Sam")
    settle(source="invoice:in_1", target=sale(MIKA_AVAILABLE), at=at(day=9), memo="Matured")
    reserve = {MIKA_AVAILABLE: 500, chart.transit("mika", "usd"): -500}
    post(key="payout:p1:reserve", kind="payout", lines=reserve, at=at(day=10), memo="Payout")
