"""What a fan paid into pools: one payment, all of them, and having it back."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import User
from portal.sandbox.engine import Sandbox
from subscriptions.actions.pool_seats import write_funding
from subscriptions.actions.quotes import quote_seats
from subscriptions.models import GiftPool, PoolFunding, PoolSeat, RefundOrder
from subscriptions.tests.pools.conftest import Fund, Sweep, begin, claim, enter_many

LIST = "/me/pools/paid/"
pytestmark = pytest.mark.usefixtures("books_proved")


def test_back_from_the_payment_before_any_event(
    client: Client, sam: User, pool: GiftPool, box: Sandbox, noon: datetime
) -> None:
    purchase = begin(sam, pool, 2, noon)
    path = f"/me/pools/paid/{PoolFunding.objects.get().public_id}/"
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        assert "Back to the payment" in client.get(path).content.decode()
        box.complete_checkout(purchase.stripe_session_id, card="4242424242424242")
        for _twice in range(2):
            assert client.get(path).content.decode().count("not claimed yet") == 2
    assert PoolSeat.objects.count() == 2


def test_each_seat_says_what_became_of_it_to_the_cent(
    client: Client, sam: User, pool: GiftPool, fund: Fund, sweep: Sweep, noon: datetime
) -> None:
    fund(sam, pool, 2)
    enter_many(pool, 1, noon)
    drawn = noon + timedelta(days=3, hours=1)
    sweep(noon + timedelta(days=3))
    sweep(drawn)
    claim(pool, 1, drawn)
    client.force_login(sam)
    shown = " ".join(client.get(LIST).content.decode().split())
    assert "claimed" in shown and "to the card it was paid with" in shown and "$5.00" in shown
    assert "Fan0" not in shown
    assert b"to the card it was paid with" in client.get(f"{LIST}{PoolFunding.objects.get().public_id}/").content
    assert client.post(LIST).status_code == 405


def test_the_money_back_by_the_page_while_entries_are_open(
    client: Client, sam: User, lee: User, pool: GiftPool, fund: Fund, noon: datetime
) -> None:
    funding = fund(sam, pool, 2)
    path = f"/me/pools/paid/{funding.public_id}/return/"
    with time_machine.travel(noon + timedelta(days=1), tick=False):
        client.force_login(lee)
        assert client.post(path).status_code == 404
        client.force_login(sam)
        assert b"Have it back" in client.get(f"/me/pools/paid/{funding.public_id}/").content
        for _twice in range(2):
            client.post(path)
        assert b"Have it back" not in client.get(f"/me/pools/paid/{funding.public_id}/").content
        assert client.get(path).status_code == 405
    assert RefundOrder.objects.get().amount_minor == 1_000


def test_not_once_entries_have_closed(client: Client, sam: User, pool: GiftPool, fund: Fund, noon: datetime) -> None:
    funding = fund(sam, pool, 1)
    client.force_login(sam)
    with time_machine.travel(noon + timedelta(days=3), tick=False):
        client.post(f"/me/pools/paid/{funding.public_id}/return/")
    assert not RefundOrder.objects.exists()


def test_others_and_what_was_never_agreed_to(
    client: Client, sam: User, lee: User, pool: GiftPool, noon: datetime
) -> None:
    quote = quote_seats(fan=sam, pool=pool, seats=1, now=noon)
    funding = write_funding(quote=quote, pool=pool, seats=1, is_anonymous=False, now=noon)
    path = f"/me/pools/paid/{funding.public_id}/"
    assert client.get(path)["Location"].startswith("/accounts/login/")
    client.force_login(lee)
    assert client.get(path).status_code == 404
    assert "No seat yet" in client.get(LIST).content.decode()
    client.force_login(sam)
    assert client.get(path)["Location"] == f"/me/quotes/{quote.public_id}/"


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_few_questions(
    client: Client,
    sam: User,
    pool: GiftPool,
    fund: Fund,
    noon: datetime,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        fund(sam, pool, 2, now=noon + timedelta(minutes=2 * number))
    client.force_login(sam)
    with django_assert_num_queries(14):
        assert client.get(LIST).content.decode().count("not claimed yet") == 2 * count
