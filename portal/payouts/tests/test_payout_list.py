"""/studio/payouts/: the next payout and how it comes about, what came before, when one was left out."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from portal.payouts.actions import runs, sending
from portal.payouts.tests.conftest import Earn, GetReady

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("till")]
PAGE = "/studio/payouts/"


def pay(now: datetime) -> None:
    run = runs.reserve_run(run=runs.open_run(now=now), now=now)
    runs.start_sending(run=run)
    for payout in run.payouts.all():
        sending.send_payout(payout_id=payout.pk, now=now)
    assert runs.carry_on(run=run, now=now).is_done


def test_the_next_payout_says_how_it_comes_about(
    client: Client, mika: Creator, earn: Earn, get_ready: GetReady
) -> None:
    get_ready(mika)
    earn(mika, 6_000, fact="new")
    earn(mika, -4_000, fact="old")
    client.force_login(mika.user)
    page = client.get(PAGE).content.decode()
    for part in ("$60.00", "$40.00", "$30.00", "$10.00", "Goes out with the next run"):
        assert part in page


def test_who_waits_reads_why(client: Client, mika: Creator, earn: Earn, noon: datetime) -> None:
    earn(mika, 6_000)
    pay(noon)
    client.force_login(mika.user)
    page = client.get(PAGE).content.decode()
    assert page.count("You have not told us yet where to pay you.") == 2, "for the next one, and in the history"
    assert "Set up payouts" in page


def test_nothing_yet(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    page = client.get(PAGE).content.decode()
    assert "No payout yet" in page and "You have not earned anything yet." in page


def test_a_list_of_three_asks_no_more_than_a_list_of_one(
    client: Client, mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime, django_assert_max_num_queries: Any
) -> None:
    get_ready(mika)
    client.force_login(mika.user)
    asked = []
    for month in range(3):
        earn(mika, 2_000 + month)
        pay(noon + timedelta(days=30 * month))
        client.get(PAGE)
        with django_assert_max_num_queries(40) as queries:
            page = client.get(PAGE).content.decode()
        asked.append(len(queries))
    assert asked[0] == asked[1] == asked[2]
    assert page.count("$20.0") == 3


def test_only_ones_own(
    client: Client, mika: Creator, noor: Creator, earn: Earn, get_ready: GetReady, noon: datetime
) -> None:
    earn(mika, 4_321)
    get_ready(mika)
    pay(noon)
    client.force_login(noor.user)
    assert "$43.21" not in client.get(PAGE).content.decode()


def test_who_may_not(client: Client, sam: User) -> None:
    for path in (PAGE, "/studio/earnings/"):
        client.logout()
        assert client.get(path)["Location"].startswith("/accounts/login/")
        client.force_login(sam)
        assert client.get(path).status_code == 302


def test_only_get(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert client.post(PAGE).status_code == client.post("/studio/earnings/").status_code == 405
