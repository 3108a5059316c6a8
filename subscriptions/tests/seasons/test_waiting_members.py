"""Who has joined and starts later is not "on trial", neither in the creator's list nor on the creator's page."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.testing.cast import person
from subscriptions.models import Membership, Tier
from subscriptions.queries.members import standings
from subscriptions.tests.conftest import Join
from subscriptions.tests.seasons.conftest import LATER, PRORATED, MakeSeason

SOON = timedelta(hours=1)


def seen(client: Client, who: User, address: str, at: datetime) -> str:
    client.force_login(who)
    with time_machine.travel(at, tick=False):
        return client.get(address).content.decode()


def test_who_starts_later_reads_from_when(
    client: Client, sam: User, mika: Creator, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    make_season(gold, first_period=LATER)
    join(sam, gold)
    page = seen(client, sam, "/@mika/", noon + SOON)
    assert "You are in from May 31." in page and "You are in this tier." not in page
    member = Membership.objects.get()
    for address in ("/studio/members/", f"/studio/members/{member.public_id}/"):
        page = seen(client, mika.user, address, noon + SOON)
        assert "starts on May 31" in page
    rows = csv.DictReader(
        io.StringIO(seen(client, mika.user, "/studio/members/?format=csv", noon + SOON).lstrip("\ufeff"))
    )
    assert [row["status"] for row in rows] == ["starts on May 31"]


def test_who_has_paid_the_days_until_then_is_in(
    client: Client, sam: User, mika: Creator, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    make_season(gold, first_period=PRORATED)
    join(sam, gold)
    assert "You are in this tier." in seen(client, sam, "/@mika/", noon + SOON)
    assert "billed on May 31" in seen(client, mika.user, "/studio/members/", noon + SOON)


@pytest.mark.parametrize("count", [1, 3])
def test_the_words_cost_two_queries(
    mika: Creator,
    gold: Tier,
    make_season: MakeSeason,
    join: Join,
    noon: datetime,
    count: int,
    django_assert_num_queries: Any,
) -> None:
    make_season(gold, first_period=LATER)
    for number in range(count):
        join(person(f"Fan {number}"), gold)
    rows = list(Membership.objects.all())
    with django_assert_num_queries(2):
        found = standings(rows=rows, creator=mika, at=noon)
    assert list(found.values()) == ["starts on May 31"] * count
