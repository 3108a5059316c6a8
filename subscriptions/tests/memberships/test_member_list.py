from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.testing.cast import person
from subscriptions.models import Membership, Tier, TierPrice
from subscriptions.queries.memberships import creator_summary, members_of, with_tenure
from subscriptions.tests.conftest import Join


def test_a_creator_sees_members_and_what_a_month_brings(
    client: Client, mika: Creator, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    summary = creator_summary(creator=mika, now=noon)
    assert (summary.members, summary.mrr_minor, summary.past_due, summary.ending) == (1, {"usd": 1_000}, 0, 0)
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        page = client.get("/studio/members/").content.decode()
        assert "Sam" in page
        assert "$10.00" in page
        assert "Sam" not in client.get("/studio/members/?status=past_due").content.decode()
        assert "Sam" in client.get("/studio/members/?word=sa&status=").content.decode()


def test_others_do_not_see_them(client: Client, sam: User, noor: Creator, gold: Tier, join: Join) -> None:
    join(sam, gold)
    assert client.get("/studio/members/")["Location"].startswith("/accounts/login/")
    client.force_login(sam)
    assert client.get("/studio/members/").status_code == 302
    client.force_login(noor.user)
    assert b"No member yet" in client.get("/studio/members/").content
    assert client.post("/studio/members/").status_code == 405


def test_a_wrong_filter_is_ignored(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert client.get("/studio/members/?status=nonsense&page=99").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(
    mika: Creator, noon: datetime, count: int, django_assert_num_queries: object
) -> None:
    tier = Tier.objects.create(creator=mika, name="One", rank=1, created_at=noon)
    price = TierPrice.objects.create(tier=tier, version=1, amount_minor=500, currency="usd", effective_at=noon)
    for n in range(count):
        Membership.objects.create(
            fan=person(f"Fan{n}"), creator=mika, tier=tier, price=price, joined_at=noon, status="active"
        )
    with django_assert_num_queries(2):  # type: ignore[operator]
        rows = with_tenure(rows=members_of(creator=mika), creator=mika, at=noon)
        assert [f"{row.fan} {row.tier} {row.price.amount_minor}" for row, _months in rows]
