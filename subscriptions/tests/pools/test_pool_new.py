from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.pools import ListIsEmpty, NotYourPool, PoolTimesAreOff, open_pool
from subscriptions.actions.tiers import archive_tier
from subscriptions.models import GiftPool, PoolRules, Tier
from subscriptions.queries.gifts import GiftNotOffered
from subscriptions.queries.places import TierIsInSeasons
from subscriptions.tests.pools.conftest import Who, wish

PATH = "/studio/pools/new/"


def filled(silver: Tier, noon: datetime, **other: object) -> dict[str, Any]:
    closes = (noon + timedelta(days=5)).date().isoformat()
    known = {"key": "abcdefgh", "name": "For students", "tier": silver.public_id, "months": 3, "who": "asked"}
    return known | {"way": "draw", "closes_on": closes, "claim_days": 7, "rounds": 2, "spoke_days": 30} | other


def test_a_creator_publishes_a_pool_once(client: Client, mika: Creator, silver: Tier, noon: datetime) -> None:
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        assert client.get(PATH).status_code == 200
        for _twice in range(2):
            answer = client.post(PATH, filled(silver, noon))
    pool, rules = GiftPool.objects.get(), PoolRules.objects.get()
    assert answer["Location"] == f"/studio/pools/{pool.public_id}/"
    assert (pool.months, len(pool.commitment), pool.seed) == (3, 64, "")
    assert (rules.version, rules.opens_at, rules.closes_at.hour) == (1, noon, 18)
    assert rules.draws_at - rules.closes_at == timedelta(hours=1)


def test_who_may_not(client: Client, noor: Creator, lee: User, silver: Tier, noon: datetime) -> None:
    assert client.get(PATH)["Location"].startswith("/accounts/login/")
    client.force_login(lee)
    assert client.get(PATH)["Location"] == "/studio/join/"
    with time_machine.travel(noon, tick=False):
        client.force_login(noor.user)
        assert client.post(PATH, filled(silver, noon)).status_code == 422
    assert not GiftPool.objects.exists()


def test_each_no_has_its_name(mika: Creator, noor: Creator, silver: Tier, noon: datetime) -> None:
    known: dict[str, Any] = {"creator": mika, "tier": silver, "months": 1, "name": "P", "now": noon}
    for closes, draws in ((0, 1), (-1, 1), (61 * 24, 1), (24, 0), (24, 24 * 8)):
        closes_at = noon + timedelta(hours=closes)
        times = {"closes_at": closes_at, "draws_at": closes_at + timedelta(hours=draws)}
        with pytest.raises(PoolTimesAreOff):
            open_pool(**known, wish=wish(noon, **times))
    with pytest.raises(ListIsEmpty):
        open_pool(**known, wish=wish(noon, who=Who.LISTED))
    with pytest.raises(GiftNotOffered):
        open_pool(**known | {"months": 2}, wish=wish(noon))
    silver.seasons_only = True
    with pytest.raises(TierIsInSeasons):
        open_pool(**known, wish=wish(noon))
    archive_tier(tier=silver, now=noon)
    silver.refresh_from_db()
    with pytest.raises(GiftNotOffered):
        open_pool(**known, wish=wish(noon))
    assert not GiftPool.objects.exists()
    silver.creator_id = noor.pk
    with pytest.raises(NotYourPool):
        open_pool(**known, wish=wish(noon))


def test_bad_input_keeps_the_form(client: Client, mika: Creator, silver: Tier, noon: datetime) -> None:
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        for bad in ({"closes_on": "2020-01-01"}, {"who": "listed"}, {"rounds": 9}, {"tier": "x"}, {"name": ""}):
            assert client.post(PATH, filled(silver, noon, **bad)).status_code == 422
    assert not GiftPool.objects.exists()
    assert client.delete(PATH).status_code == 405
