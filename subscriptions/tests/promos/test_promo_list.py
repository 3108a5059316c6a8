from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import Creator, User
from subscriptions.actions.promos import add_promo
from subscriptions.models import Tier
from subscriptions.tests.conftest import Join

ADDRESS = "/studio/codes/"


def test_each_code_shows_how_often_it_was_used(
    client: Client, sam: User, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    add_promo(creator=mika, code="SPRING", percent=25, most_uses=10, now=noon)
    join(sam, gold, code="SPRING")
    client.force_login(mika.user)
    shown = " ".join(client.get(ADDRESS).content.decode().split())
    assert "SPRING" in shown and "1 / 10" in shown


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_few_questions(
    client: Client,
    mika: Creator,
    gold: Tier,
    noon: datetime,
    count: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        add_promo(creator=mika, code=f"SPRING{number}", amount_minor=200, tiers=[gold], now=noon)
    client.force_login(mika.user)
    with django_assert_max_num_queries(14):
        assert client.get(ADDRESS).status_code == 200


def test_without_a_code_it_says_what_one_is_for(client: Client, mika: Creator, sam: User) -> None:
    client.force_login(mika.user)
    assert b"No code yet" in client.get(ADDRESS).content
    assert client.post(ADDRESS).status_code == 405
    client.force_login(sam)
    assert client.get(ADDRESS).status_code == 302
