"""/studio/earnings/: where a creator's money is, and every line behind it."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import Creator
from portal.payouts.actions import runs
from portal.payouts.queries import balances
from portal.payouts.tests.conftest import Earn, GetReady

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("till")]
PAGE = "/studio/earnings/"


def test_every_pocket_and_every_line(
    client: Client, mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime
) -> None:
    earn(mika, 1_111, bucket="pending")
    earn(mika, 2_222, bucket="held")
    earn(mika, 3_333)
    get_ready(mika)
    runs.reserve_run(run=runs.open_run(now=noon), now=noon)
    earn(mika, 4_444)
    earn(mika, 500, currency="jpy")
    client.force_login(mika.user)
    page = client.get(PAGE).content.decode()
    for part in ("$11.11", "$22.22", "$33.33", "$44.44", "¥500", "Maturing", "Held", "On its way"):
        assert part in page
    usd = {row.currency: row for row in balances(mika)}["usd"]
    assert (usd.pending, usd.held, usd.available, usd.transit, usd.owed) == (1_111, 2_222, 4_444, 3_333, 0)
    assert usd.total == 11_110


def test_what_is_shown_adds_up(client: Client, mika: Creator, earn: Earn) -> None:
    for amount in (700, -250, 999):
        earn(mika, amount)
    client.force_login(mika.user)
    answer = client.get(PAGE)
    rows = list(answer.context["lines"])
    assert sum(row["amount_minor"] for row in rows) == answer.context["balances"][0].total == 1_449


def test_less_than_nothing_does_not_go_out(client: Client, mika: Creator, earn: Earn) -> None:
    client.force_login(mika.user)
    earn(mika, 100)
    assert "goes out with the next payout" in client.get(PAGE).content.decode()
    earn(mika, -360)
    page = client.get(PAGE).content.decode()
    assert "comes off what you earn next" in page and "goes out with" not in page


def test_nothing_yet(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert "Nothing earned yet" in client.get(PAGE).content.decode()


def test_three_lines_ask_no_more_than_one(
    client: Client, mika: Creator, earn: Earn, django_assert_max_num_queries: Any
) -> None:
    client.force_login(mika.user)
    earn(mika, 100)
    client.get(PAGE)
    with django_assert_max_num_queries(40) as one:
        client.get(PAGE)
    earn(mika, 200)
    earn(mika, 300)
    with django_assert_max_num_queries(40) as three:
        client.get(PAGE)
    assert len(three) == len(one)


def test_long_histories_come_in_pages(client: Client, mika: Creator, earn: Earn) -> None:
    for number in range(51):
        earn(mika, 100 + number)
    client.force_login(mika.user)
    assert "$1.50" in client.get(PAGE).content.decode()
    assert "$1.00" in client.get(PAGE, {"page": 2}).content.decode()
    assert client.get(PAGE, {"page": "x"}).status_code == 200
    part = client.get(PAGE, {"page": 2}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "$1.00" in part


def test_only_ones_own(client: Client, mika: Creator, noor: Creator, earn: Earn) -> None:
    earn(mika, 4_321)
    client.force_login(noor.user)
    assert "$43.21" not in client.get(PAGE).content.decode()
