from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import Creator, User
from subscriptions.models import GiftPool, PoolSeat
from subscriptions.tests.pools.conftest import Fund, Sweep, claim, enter_many


def test_who_paid_who_came_in_and_where_each_seat_stands(
    client: Client, mika: Creator, sam: User, lee: User, pool: GiftPool, fund: Fund, sweep: Sweep, noon: datetime
) -> None:
    path = f"/studio/pools/{pool.public_id}/"
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        before = client.get(path).content.decode()
    assert "Nobody has paid for a seat yet" in before and "Change the rules" in before
    fund(sam, pool, 1)
    fund(lee, pool, 1, unnamed=True)
    enter_many(pool, 2, noon)
    drawn = noon + timedelta(days=3, hours=1)
    sweep(noon + timedelta(days=3))
    sweep(drawn)
    seat = claim(pool, 1, drawn)
    with time_machine.travel(drawn, tick=False):
        shown = client.get(path).content.decode()
    assert "Sam" in shown and "Lee" not in shown and str(seat.redeemer) in shown
    assert "Change the rules" not in shown and "Call it off" not in shown


@pytest.mark.parametrize("seats", [1, 3])
def test_its_seats_take_few_questions(
    client: Client,
    mika: Creator,
    sam: User,
    pool: GiftPool,
    fund: Fund,
    noon: datetime,
    seats: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    fund(sam, pool, seats)
    client.force_login(mika.user)
    with django_assert_num_queries(19), time_machine.travel(noon, tick=False):
        assert client.get(f"/studio/pools/{pool.public_id}/").content.decode().count("not claimed yet") == seats
    assert PoolSeat.objects.count() == seats


def test_who_may_not(client: Client, noor: Creator, lee: User, pool: GiftPool) -> None:
    path = f"/studio/pools/{pool.public_id}/"
    assert client.get(path)["Location"].startswith("/accounts/login/")
    client.force_login(noor.user)
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 405
