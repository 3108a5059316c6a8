import csv
import io
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.testing.cast import person
from subscriptions.actions.memberships import cancel_membership
from subscriptions.models import Grant, Membership, Tier, TierPrice
from subscriptions.queries.members import MemberFilter, found_members, member_page
from subscriptions.queries.memberships import creator_summary, with_tenure
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
        assert "Sam" in page and "$10.00" in page
        assert "Sam" not in client.get("/studio/members/?status=past_due").content.decode()
        assert "Sam" in client.get("/studio/members/?word=sa&status=").content.decode()
        numbers = client.get(reverse("member_summary"), headers={"HX-Request": "true"}).content.decode()
        assert "$10.00" in numbers and "<html" not in numbers


def members(creator: Creator, noon: datetime, count: int) -> tuple[Tier, list[Membership]]:
    """So many members of one tier, each joined a day after the one before."""
    tier = Tier.objects.create(creator=creator, name="One", rank=1, created_at=noon)
    price = TierPrice.objects.create(tier=tier, version=1, amount_minor=500, currency="usd", effective_at=noon)
    rows = [
        Membership(
            fan=person(f"Fan{n:02}"),
            creator=creator,
            tier=tier,
            price=price,
            joined_at=noon - timedelta(days=count - n),
            status="active",
        )
        for n in range(count)
    ]
    return tier, Membership.objects.bulk_create(rows)


@pytest.mark.parametrize("sort", ["newest", "oldest", "name", "pays"])
def test_pages_follow_each_other_without_gap_or_repeat(mika: Creator, noon: datetime, sort: str) -> None:
    members(mika, noon, 7)
    wish, after, seen = MemberFilter(sort=sort), "", []
    for _page in range(4):
        found = member_page(creator=mika, chosen=wish, now=noon, after=after, size=2)
        seen += [row.pk for row in found.rows]
        after = found.after
    assert seen == [row.pk for row in found_members(creator=mika, chosen=wish, now=noon)]
    assert after == "" and len(seen) == 7


def test_each_filter_narrows(
    mika: Creator, sam: User, lee: User, silver: Tier, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    join(lee, silver)
    Grant.objects.create(
        fan=lee, creator=mika, tier=gold, kind="complimentary", source="complimentary:1", from_at=noon, reason="Thanks"
    )
    cancel_membership(membership=membership, by=sam, now=noon)

    def names(**wish: object) -> list[str]:
        return sorted(str(row.fan) for row in found_members(creator=mika, chosen=MemberFilter(**wish), now=noon))  # type: ignore[arg-type]

    assert names() == ["Lee", "Sam"]
    assert names(tier=gold.public_id) == ["Sam"]
    assert names(status="ending") == ["Sam"]
    assert names(status="canceled") == []
    assert names(given="complimentary") == ["Lee"]
    assert names(given="gifted") == []
    assert names(interval="year") == []
    assert names(tenure_months=1) == []
    assert names(word="EE") == ["Lee"]


def test_the_file_holds_what_is_shown_and_no_formula(
    client: Client, mika: Creator, sam: User, lee: User, gold: Tier, join: Join, noon: datetime
) -> None:
    User.objects.filter(pk=sam.pk).update(name='=HYPERLINK("https://evil.example")')
    sam.refresh_from_db()
    join(sam, gold)
    join(lee, gold)
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        answer = client.get("/studio/members/?format=csv&word=hyper")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ['\'=HYPERLINK("https://evil.example")']
    assert (rows[0]["tier"], rows[0]["price_minor"], rows[0]["currency"]) == ("Gold", "1000", "usd")
    assert answer["Content-Type"].startswith("text/csv") and "no-store" in answer["Cache-Control"]


def test_others_do_not_see_them(client: Client, sam: User, noor: Creator, gold: Tier, join: Join) -> None:
    join(sam, gold)
    assert client.get("/studio/members/")["Location"].startswith("/accounts/login/")
    client.force_login(sam)
    assert client.get("/studio/members/").status_code == 302
    client.force_login(noor.user)
    assert b"No member yet" in client.get("/studio/members/").content
    assert client.post("/studio/members/").status_code == 405


@pytest.mark.parametrize(
    "query", ["status=nonsense", "after=x", "after=1~nan", "after=9~1e99", "after=²~1", "tenure=x&sort=y"]
)
def test_a_wrong_filter_is_ignored(client: Client, mika: Creator, query: str) -> None:
    client.force_login(mika.user)
    assert client.get(f"/studio/members/?{query}").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(
    mika: Creator, noon: datetime, count: int, django_assert_num_queries: object
) -> None:
    members(mika, noon, count)
    with django_assert_num_queries(3):  # type: ignore[operator]
        found = member_page(creator=mika, chosen=MemberFilter(), now=noon)
        rows = with_tenure(rows=found.rows, creator=mika, at=noon)
        assert [f"{row.fan} {row.tier} {row.price.amount_minor}" for row, _months, _badge in rows]
    assert len(rows) == count
