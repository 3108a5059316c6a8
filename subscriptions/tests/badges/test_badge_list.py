from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from subscriptions.actions.grants import give_grant
from subscriptions.models import Grant, HiddenBadge, Tier
from subscriptions.queries.tenure import Badge, badge_of, badges
from subscriptions.tests.conftest import Join


@pytest.fixture
def member(sam: User, staff: User, gold: Tier, noon: datetime) -> User:
    """Sam has had Gold for fourteen months, as a gift."""
    start, until = noon - timedelta(days=410), noon + timedelta(days=10)
    give_grant(fan=sam, kind=Grant.Kind.GIFTED, by=staff, reason="Gift", now=start, tier=gold, until=until)
    return sam


def test_a_member_reads_both_numbers_and_every_month(client: Client, member: User, noon: datetime) -> None:
    client.force_login(member)
    with time_machine.travel(noon, tick=False):
        text = client.get("/me/badges/").content.decode()
    assert "14 months in all" in text and "14 in a row" in text
    assert "The next badge comes at 18 months: 4 more." in text
    assert text.count("given as a gift") == 14


def test_a_badge_stands_beside_the_name_and_can_be_hidden(
    client: Client, member: User, mika: Creator, noon: datetime
) -> None:
    assert badge_of(fan=member, creator=mika, at=noon) == Badge("GOLD", 14, 14, 12, 0)
    client.force_login(member)
    for _twice in range(2):
        response = client.post(reverse("badge_choice", args=["mika"]), {"shown": ["founder"]})
        assert response["Location"] == "/me/badges/"
    assert list(HiddenBadge.objects.values_list("kind", flat=True)) == ["tenure"]
    assert not badge_of(fan=member, creator=mika, at=noon)
    client.post("/me/badges/mika/", {"shown": ["founder", "tenure"]})
    assert badge_of(fan=member, creator=mika, at=noon).symbol == "rung-12"


def test_a_founder_may_hide_the_seat(client: Client, sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    join(sam, gold)
    client.force_login(sam)
    client.post("/me/badges/mika/", {"shown": ["tenure"]})
    badge = badge_of(fan=sam, creator=gold.creator, at=noon)
    assert (badge.word, badge.founder) == ("GOLD", 0)


def test_a_tier_without_the_badge_shows_none(sam: User, lee: User, staff: User, mika: Creator, noon: datetime) -> None:
    from subscriptions.models import Benefit
    from subscriptions.tests.conftest import make_tier

    plain = make_tier(mika, noon, name="Plain", amount=300, kinds=(Benefit.Kind.CONTENT,), badge="NO")
    give_grant(fan=sam, kind=Grant.Kind.GIFTED, by=staff, reason="Gift", now=noon, tier=plain)
    assert badges(fans=[sam, lee], creator=mika, at=noon) == {}


def test_any_number_of_names_is_three_questions(
    sam: User, lee: User, staff: User, silver: Tier, member: User, noon: datetime, django_assert_num_queries: object
) -> None:
    give_grant(fan=lee, kind=Grant.Kind.GIFTED, by=staff, reason="Gift", now=noon, tier=silver)
    with django_assert_num_queries(3):  # type: ignore[operator]
        found = badges(fans=[sam, lee, staff], creator=silver.creator, at=noon)
    assert {fan: badge.word for fan, badge in found.items()} == {sam.pk: "GOLD", lee.pk: "SILVER"}


def test_who_may_not_and_bad_input(client: Client, lee: User, mika: Creator) -> None:
    assert client.get("/me/badges/")["Location"].startswith("/accounts/login/")
    assert client.post("/me/badges/mika/", {})["Location"].startswith("/accounts/login/")
    client.force_login(lee)
    assert "No badge yet" in client.get("/me/badges/").content.decode()
    client.post("/me/badges/mika/", {"shown": ["crown"]})
    assert HiddenBadge.objects.count() == 0
    assert client.post("/me/badges/nobody/", {}).status_code == 404
    assert client.get("/me/badges/mika/").status_code == 405
