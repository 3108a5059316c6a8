"""Properties of the real postings through the real door, over generated worlds."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.ledger import invariants
from portal.ledger.actions import settle
from portal.ledger.queries import books
from portal.ledger.tests import worlds
from rewards.postings import reward

pytestmark = pytest.mark.django_db
often = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@contextmanager
def a_world_of_its_own() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(often, max_examples=120)
@given(worlds.charge_worlds(), st.randoms(use_true_random=False))
def test_any_order_and_any_repeats_make_the_same_money(world: worlds.ChargeWorld, chance: Random) -> None:
    with a_world_of_its_own():
        in_order = worlds.live_charge(worlds.Rules(), list(world.events), world.currency)
    with a_world_of_its_own():
        anyhow = worlds.live_charge(worlds.Rules(), worlds.told_anyhow(world.events, chance), world.currency)
        assert invariants.offenders("portal.ledger") == {}
    assert anyhow == in_order
    assert anyhow.get(f"stripe:{world.currency}", 0) == world.provider
    assert -sum(amount for code, amount in anyhow.items() if code.startswith("creator:")) == world.earned
    assert anyhow.get(f"asset:disputed:{world.currency}", 0) >= 0


@settings(often, max_examples=100)
@given(worlds.order_worlds(), st.randoms(use_true_random=False))
def test_a_commission_converges_and_a_full_return_leaves_nothing(world: worlds.OrderWorld, chance: Random) -> None:
    with a_world_of_its_own():
        in_order = worlds.live_order(worlds.Rules(), list(world.events))
    with a_world_of_its_own():
        anyhow = worlds.live_order(worlds.Rules(), worlds.told_anyhow(world.events, chance))
    assert anyhow == in_order
    assert -sum(amount for code, amount in anyhow.items() if code.startswith("creator:")) == world.commission
    assert -anyhow.get("income:shop_fee:usd", 0) == world.fee
    if not world.commission + world.fee:
        assert anyhow == {}


@settings(often, max_examples=100)
@given(st.lists(worlds.charge_worlds(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_a_world_with_payouts_agrees_with_the_provider(many: list[worlds.ChargeWorld], chance: Random) -> None:
    with a_world_of_its_own():
        world = worlds.PayoutWorld(worlds.Rules(), many, chance)
        world.live()
        world.prove()


AMOUNTS = st.integers(0, 10**8)
BUCKETS = st.sampled_from(["pending", "available", "held", None])


@settings(often, max_examples=60)
@given(st.lists(st.tuples(AMOUNTS, BUCKETS), min_size=1, max_size=8))
def test_a_reward_is_where_its_last_word_put_it(words: list[tuple[int, str | None]]) -> None:
    with a_world_of_its_own():
        for amount, bucket in words:
            target = reward(creator="ana", currency="usd", amount_minor=amount, bucket=bucket)
            settle(source="reward:1", target=target, at=worlds.AT)
        amount, bucket = words[-1]
        gone = bucket is None or not amount
        assert books() == ({} if gone else {"expense:rewards:usd": amount, f"creator:ana:{bucket}:usd": -amount})
