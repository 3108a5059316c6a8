"""A fan's entries: one with its seat, and all of them."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import Creator, User
from subscriptions.actions.pool_entries import enter_pool
from subscriptions.actions.pools import open_pool
from subscriptions.models import GiftPool, Grant, Membership, PoolEntry, PoolSeat, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.why import dossier
from subscriptions.tasks import follow_pools
from subscriptions.tests.conftest import Join
from subscriptions.tests.pools.conftest import Fund, Way, Who, claim, wish

LIST = "/me/pools/"


def test_the_page_shows_what_claiming_means_and_claims(
    client: Client, sam: User, lee: User, mika: Creator, first_come: GiftPool, fund: Fund, noon: datetime
) -> None:
    fund(sam, first_come, 1, unnamed=True)
    entry = enter_pool(pool=first_come, by=lee, now=noon)
    path = f"/me/pools/{entry.public_id}/"
    assert client.get(path)["Location"].startswith("/accounts/login/")
    client.force_login(sam)
    assert client.get(path).status_code == 404
    client.force_login(lee)
    with time_machine.travel(noon, tick=False):
        assert "From May 15, 2026 to June 15, 2026" in client.get(path).content.decode()
        for _twice in range(2):
            assert client.post(path).status_code == 302
        shown = client.get(path).content.decode()
        assert "Silver of Mika is yours" in shown and "Claim it" not in shown
        assert "claimed" in client.get(LIST).content.decode()
    assert (Grant.objects.count(), perks(viewer=lee, creator=mika, at=noon).is_member) == (1, True)
    # Why is it open? The pool says so; who paid without a name stays without one.
    first = dossier(fan=lee, creator=mika, at=noon, receipts=False).moments[-1]
    assert (first.reason, first.who) == ("A seat of the gift pool “First come”", None)
    assert client.delete(path).status_code == 405


def test_a_seat_is_left_to_the_next_by_the_page(
    client: Client, sam: User, lee: User, first_come: GiftPool, fund: Fund, noon: datetime
) -> None:
    fund(sam, first_come, 1)
    entry = enter_pool(pool=first_come, by=lee, now=noon)
    client.force_login(lee)
    with time_machine.travel(noon, tick=False):
        for _twice in range(2):
            client.post(f"/me/pools/{entry.public_id}/", {"decline": "yes"})
        assert "went on to somebody else" in client.get(f"/me/pools/{entry.public_id}/").content.decode()


def test_a_member_loses_no_day_and_a_seat_taken_back_brings_the_charge_back(
    sam: User, lee: User, mika: Creator, silver: Tier, join: Join, fund: Fund, noon: datetime
) -> None:
    rules = wish(noon, who=Who.LISTED, way=Way.FIRST, listed=("lee@example.com",))
    pool = open_pool(creator=mika, tier=silver, months=1, name="Listed", wish=rules, now=noon)
    join(lee, silver)
    fund(sam, pool, 1)
    enter_pool(pool=pool, by=lee, now=noon)
    seat = claim(pool, 1, noon)
    assert seat.grant is not None
    june, july = (datetime(2026, month, 15, 12, tzinfo=noon.tzinfo) for month in (6, 7))
    assert (seat.grant.from_at, seat.grant.until_at, seat.moves_charge_to) == (june, july, july)
    for _twice in range(2):
        with time_machine.travel(noon, tick=False):
            follow_pools()
    assert Membership.objects.get(fan=lee).period_end_at == july
    PoolSeat.objects.update(withdrawn_at=noon, withdrawn_reason="refunded")
    with time_machine.travel(noon, tick=False):
        follow_pools()
    assert Membership.objects.get(fan=lee).period_end_at == june


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_few_questions(
    client: Client,
    lee: User,
    mika: Creator,
    silver: Tier,
    noon: datetime,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        pool = open_pool(creator=mika, tier=silver, months=1, name=f"P{number}", wish=wish(noon), now=noon)
        enter_pool(pool=pool, by=lee, now=noon)
    client.force_login(lee)
    with django_assert_num_queries(14), time_machine.travel(noon + timedelta(minutes=1), tick=False):
        assert client.get(LIST).content.decode().count("open to enter") == PoolEntry.objects.count() == count


def test_without_an_entry_it_says_where_pools_are(client: Client, lee: User) -> None:
    assert client.get(LIST)["Location"].startswith("/accounts/login/")
    client.force_login(lee)
    assert "No pool yet" in client.get(LIST).content.decode()
    assert client.post(LIST).status_code == 405
