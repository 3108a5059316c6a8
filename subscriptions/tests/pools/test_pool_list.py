from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import Creator, User
from subscriptions.actions.pools import open_pool
from subscriptions.models import GiftPool, Tier
from subscriptions.tests.pools.conftest import Fund, enter_many, wish

PATH = "/studio/pools/"


def test_each_pool_with_its_numbers(
    client: Client, mika: Creator, sam: User, pool: GiftPool, fund: Fund, noon: datetime
) -> None:
    fund(sam, pool, 3)
    enter_many(pool, 2, noon)
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        shown = " ".join(client.get(PATH).content.decode().split())
    assert "For students" in shown and "open to enter" in shown
    assert 'data-label="Entries">2<' in shown and 'data-label="Seats">3<' in shown


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_few_questions(
    client: Client,
    mika: Creator,
    silver: Tier,
    noon: datetime,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        open_pool(creator=mika, tier=silver, months=1, name=f"P{number}", wish=wish(noon), now=noon)
    client.force_login(mika.user)
    with django_assert_num_queries(14), time_machine.travel(noon + timedelta(minutes=1), tick=False):
        assert client.get(PATH).content.decode().count("open to enter") == count


def test_without_a_pool_it_says_what_one_is_for(client: Client, mika: Creator, lee: User) -> None:
    client.force_login(mika.user)
    assert "No pool yet" in client.get(PATH).content.decode()
    assert client.post(PATH).status_code == 405
    client.force_login(lee)
    assert client.get(PATH).status_code == 302
