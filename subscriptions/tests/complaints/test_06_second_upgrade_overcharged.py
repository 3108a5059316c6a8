"""Complaint 6: a second upgrade in one period was charged too much, because its credit followed the last charge."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from subscriptions.models import Tier
from subscriptions.tests.changes.conftest import Agree, Pass, charged
from subscriptions.tests.conftest import Join, make_tier

pytestmark = pytest.mark.usefixtures("books_proved")


def test_each_upgrade_is_credited_what_the_plan_before_is_worth(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    """$5, from a third on $10, from two thirds on $40: in all each third at its own price, to the cent."""
    top = make_tier(gold.creator, noon, name="Platinum", amount=4_000, kinds=("custom",))
    membership, third = join(sam, silver), timedelta(days=31) / 3
    until(noon + third)
    assert agree("change", membership, tier=gold).charge_now_minor == 667 - 333  # 2/3 of $10 less 2/3 of $5
    until(noon + 2 * third)
    # Credited a third of $10, the plan's price; half of the last charge of $3.34 would have cost $1.67 more.
    assert agree("change", membership, tier=top).charge_now_minor == 1_333 - 334
    assert charged() == (500 + 1_000 + 4_000) // 3
    assert sum(books("creator:").values()) == -(450 + 301 + 899)
