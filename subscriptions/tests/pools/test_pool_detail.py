from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.testing.cast import person
from subscriptions.models import GiftPool, PoolFunding, Purchase, Quote
from subscriptions.tests.pools.conftest import Fund, Sweep, enter_many

pytestmark = pytest.mark.usefixtures("books_proved")


def test_everybody_sees_rules_givers_numbers_and_the_proof(
    client: Client, sam: User, lee: User, pool: GiftPool, fund: Fund, sweep: Sweep, noon: datetime
) -> None:
    fund(sam, pool, 2)
    fund(lee, pool, 1, unnamed=True)
    enter_many(pool, 2, noon)
    path = f"/@mika/pools/{pool.public_id}/"
    with time_machine.travel(noon, tick=False):
        body = client.get(path).content.decode()
        assert pool.name in client.get("/@mika/").content.decode()
    for said in (pool.commitment, "Sam", "2 seats", "1 seat without a name", "offered to 2 people at most"):
        assert said in body
    assert "Lee" not in body and "example.com" not in body
    sweep(noon + timedelta(days=3))
    drawn = noon + timedelta(days=3, hours=1)
    sweep(drawn)
    pool.refresh_from_db()
    with time_machine.travel(drawn, tick=False):
        body = client.get(path).content.decode()
        assert pool.name not in client.get("/@mika/").content.decode()
    assert pool.seed in body and pool.entries_hash in body
    assert client.get(f"/@noor/pools/{pool.public_id}/").status_code == 404
    assert client.post(path).status_code == 405


def test_seats_are_quoted_with_what_comes_back_and_paid(
    client: Client, sam: User, pool: GiftPool, noon: datetime
) -> None:
    path = f"/@mika/pools/{pool.public_id}/seats/"
    assert client.post(path, {"seats": 3})["Location"].startswith("/accounts/login/")
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        offer = client.post(path, {"seats": 3, "is_anonymous": "on"})["Location"]
        quote = Quote.objects.get()
        shown = client.get(offer).content.decode()
        for said in ("Pay for 3 seats of Silver", "You pay $15.00 now.", "whole: $5.00 each, by June 2", "is ours"):
            assert said in shown
        to_pay = [client.post(offer, {"signature": quote.signature})["Location"] for _twice in range(2)]
    assert (len(set(to_pay)), Purchase.objects.get().url) == (1, to_pay[0])
    funding = PoolFunding.objects.get()
    assert (funding.seats_wanted, funding.is_anonymous, funding.giver) == (3, True, sam)


def test_what_is_no_number_of_seats_is_refused(
    client: Client, mika: Creator, sam: User, pool: GiftPool, noon: datetime
) -> None:
    path = f"/@mika/pools/{pool.public_id}/seats/"
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        for bad in ("0", "21", "x", ""):
            assert client.post(path, {"seats": bad})["Location"] == f"/@mika/pools/{pool.public_id}/"
        client.force_login(mika.user)
        client.post(path, {"seats": "1"})
    with time_machine.travel(noon + timedelta(days=3), tick=False):
        client.force_login(person("Late"))
        client.post(path, {"seats": "1"})
        assert client.get(path).status_code == 405
    assert not Quote.objects.exists()
