"""Each seeded bug is caught by a generated world; without a bug the same worlds pass."""

from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from portal.ledger.actions import BooksAlarm
from portal.ledger.tests import worlds
from portal.ledger.tests.seeded_bugs import BUGS

pytestmark = pytest.mark.django_db
# Which worlds are made depends on what else is imported; some bugs show in one world of fifty.
ENOUGH, WITHOUT = 400, 100


def hunt(rules: worlds.Rules, most: int = ENOUGH) -> int:
    """How many generated worlds it takes until one complains; 0 if none of `most` does."""
    seen = 0

    @settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(worlds.charge_worlds(), min_size=1, max_size=4),
        worlds.order_worlds(),
        st.randoms(use_true_random=False),
    )
    def run(charges: list[worlds.ChargeWorld], order: worlds.OrderWorld, chance: Random) -> None:
        nonlocal seen
        seen += 1
        with transaction.atomic():
            try:
                world = worlds.PayoutWorld(rules, charges, chance)
                world.live()
                world.prove()
                held = worlds.live_order(rules, worlds.told_anyhow(order.events, chance))
                got = held.get("brand:juniper:prepaid:usd", 0), -held.get("income:shop_fee:usd", 0)
                assert got == (order.commission + order.fee, order.fee)
            finally:
                transaction.set_rollback(True)

    try:
        run()
    except (AssertionError, BooksAlarm):
        return seen
    return 0


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.replace(" ", "-"))
def test_a_seeded_bug_is_caught(bug: str) -> None:
    worlds_needed = hunt(BUGS[bug]())
    assert worlds_needed, f"nobody noticed: {bug}"
    print(f"{bug}: caught by world {worlds_needed}")


def test_without_a_bug_nobody_complains() -> None:
    assert hunt(worlds.Rules(), WITHOUT) == 0


def test_all_fourteen_are_seeded() -> None:
    assert len(BUGS) == 14
