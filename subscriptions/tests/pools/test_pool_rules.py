from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.pool_entries import enter_pool
from subscriptions.actions.pool_seats import write_funding
from subscriptions.actions.pools import (
    ChangeNeedsWords,
    NotYourPool,
    PoolIsDrawn,
    RulesAreFixed,
    call_off_pool,
    change_rules,
)
from subscriptions.actions.purchases import start_seats
from subscriptions.actions.quotes import QuoteMoved, quote_seats
from subscriptions.models import GiftPool, PoolFunding, PoolRules, Purchase
from subscriptions.tests.pools.conftest import begin, wish


def test_another_version_says_what_changed_and_the_old_one_stays(
    client: Client, mika: Creator, pool: GiftPool, noon: datetime
) -> None:
    for _twice in range(2):
        change_rules(pool=pool, by=mika.user, wish=wish(noon, rounds=3), what_changed="One more round", now=noon)
    versions = list(PoolRules.objects.values_list("version", "rounds", "what_changed"))
    assert versions == [(1, 2, ""), (2, 3, "One more round")]
    with time_machine.travel(noon, tick=False):
        assert "One more round" in client.get(f"/@mika/pools/{pool.public_id}/").content.decode()


def test_rules_that_somebody_relies_on_stay(
    mika: Creator, pool: GiftPool, first_come: GiftPool, sam: User, lee: User, noon: datetime
) -> None:
    begin(sam, pool, 1, noon)
    enter_pool(pool=first_come, by=lee, now=noon)
    for one in (pool, first_come):
        with pytest.raises(RulesAreFixed):
            change_rules(pool=one, by=mika.user, wish=wish(noon, rounds=3), what_changed="More", now=noon)
    Purchase.objects.update(state=Purchase.State.EXPIRED)
    assert change_rules(pool=pool, by=mika.user, wish=wish(noon, rounds=3), what_changed="More", now=noon).version == 2


def test_a_quote_of_the_older_rules_is_replaced(mika: Creator, pool: GiftPool, sam: User, noon: datetime) -> None:
    quote = quote_seats(fan=sam, pool=pool, seats=2, now=noon)
    write_funding(quote=quote, pool=pool, seats=2, is_anonymous=True, now=noon)
    change_rules(pool=pool, by=mika.user, wish=wish(noon, rounds=3), what_changed="More", now=noon)
    with pytest.raises(QuoteMoved) as moved:
        start_seats(quote=quote, signature=quote.signature, by=sam, now=noon)
    newer = moved.value.quote
    assert newer.moved == [
        "The rules of the pool were changed meanwhile.",
        "When unclaimed seats go back was changed meanwhile.",
    ]
    assert (PoolFunding.objects.get().quote, Purchase.objects.count()) == (newer, 0)


def test_each_no_has_its_name(mika: Creator, pool: GiftPool, sam: User, noon: datetime) -> None:
    other = wish(noon, rounds=3)
    with pytest.raises(NotYourPool):
        change_rules(pool=pool, by=sam, wish=other, what_changed="More", now=noon)
    with pytest.raises(ChangeNeedsWords):
        change_rules(pool=pool, by=mika.user, wish=other, what_changed=" ", now=noon)
    call_off_pool(pool=pool, by=mika.user, reason="No", now=noon)
    with pytest.raises(PoolIsDrawn):
        change_rules(pool=pool, by=mika.user, wish=other, what_changed="More", now=noon)


def test_by_the_page(client: Client, mika: Creator, noor: Creator, pool: GiftPool, noon: datetime) -> None:
    path = f"/studio/pools/{pool.public_id}/rules/"
    values = {"who": "asked", "way": "first", "closes_on": (noon + timedelta(days=9)).date().isoformat()}
    values |= {"claim_days": "3", "rounds": "1", "spoke_days": "30", "what_changed": "Without a draw"}
    client.force_login(noor.user)
    assert client.get(path).status_code == 404
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        assert client.get(path).status_code == 200
        assert client.post(path, values | {"what_changed": ""}).status_code == 422
        assert client.post(path, values | {"closes_on": "2020-01-01"}).status_code == 422
        assert client.post(path, values).status_code == 302
    assert PoolRules.objects.latest("version").way == "first"
    assert client.delete(path).status_code == 405
