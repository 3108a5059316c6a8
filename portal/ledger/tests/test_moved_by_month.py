"""What a creator's sources did to the books, month by month."""

from datetime import UTC, datetime

import pytest

from portal.ledger import chart
from portal.ledger.actions import settle
from portal.ledger.queries import came_and_went, moved_by_month

MAY, JUNE = datetime(2026, 5, 31, 12, tzinfo=UTC), datetime(2026, 6, 2, 12, tzinfo=UTC)
PAID = {"stripe:usd": 941, "expense:stripe_fee:usd": 59, "income:platform_fee:usd": -100}


def accounts(creator: str) -> list[str]:
    return [bucket(creator, "usd") for bucket in chart.BUCKETS.values()]


@pytest.mark.django_db
def test_what_came_and_what_went_are_told_apart_and_others_money_is_left_out() -> None:
    settle(source="invoice:in_1", target=PAID | {"creator:mika:pending:usd": -900}, at=MAY)
    settle(source="invoice:in_2", target=PAID | {"creator:noor:pending:usd": -900}, at=MAY)
    back = {"stripe:usd": 541, "expense:stripe_fee:usd": 59, "income:platform_fee:usd": -60}
    settle(source="invoice:in_1", target=back | {"creator:mika:pending:usd": -540}, at=JUNE)
    found = moved_by_month(accounts("mika"), sources=["invoice:"])
    assert found == {
        "2026-05": {
            "stripe:usd": (941, 0),
            "expense:stripe_fee:usd": (59, 0),
            "income:platform_fee:usd": (0, -100),
            "creator:mika:pending:usd": (0, -900),
        },
        "2026-06": {
            "stripe:usd": (0, -400),
            "income:platform_fee:usd": (40, 0),
            "creator:mika:pending:usd": (360, 0),
        },
    }
    assert moved_by_month(accounts("lee"), sources=["invoice:"]) == {}


@pytest.mark.django_db
def test_a_fee_that_is_told_later_is_no_money_that_went() -> None:
    share = {"income:platform_fee:usd": -100, "creator:mika:pending:usd": -900}
    settle(source="invoice:in_1", target=share | {"stripe:usd": 1_000}, at=MAY)
    settle(source="invoice:in_1", target=share | {"stripe:usd": 941, "expense:stripe_fee:usd": 59}, at=MAY)
    settle(source="topup:1", target={"stripe:usd": 500, "bank:usd": -500}, at=MAY)
    back = {"stripe:usd": 541, "expense:stripe_fee:usd": 59, "income:platform_fee:usd": -60}
    settle(source="invoice:in_1", target=back | {"creator:mika:pending:usd": -540}, at=JUNE)
    through = ["stripe:usd", "expense:stripe_fee:usd"]
    found = came_and_went(through, touching=accounts("mika"), sources=["invoice:"])
    assert found == {"2026-05": (1_000, 0), "2026-06": (0, -400)}
