from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import User
from subscriptions.actions.grants import give_grant
from subscriptions.actions.posts import write_post
from subscriptions.models import Grant, Post, Tier
from subscriptions.queries.posts import library_posts


@pytest.fixture
def posts(silver: Tier, gold: Tier, noon: datetime) -> None:
    for audience, tier in (("public", None), ("members", None), ("tier", silver), ("tier", gold)):
        title = f"For {tier or audience}"
        write_post(creator=gold.creator, title=title, body="…", audience=audience, tier=tier, now=noon, publish=True)
    write_post(creator=gold.creator, title="Draft", body="…", audience="members", now=noon)


def test_it_holds_what_the_tier_opens(
    client: Client, sam: User, staff: User, silver: Tier, gold: Tier, posts: None, noon: datetime
) -> None:
    give_grant(
        fan=sam, kind=Grant.Kind.STAFF, by=staff, reason="Test", now=noon, tier=silver, until=noon.replace(month=6)
    )
    titles = {post.title for post in library_posts(fan=sam, at=noon)}
    assert titles == {"For members", "For Silver"}
    give_grant(
        fan=sam, kind=Grant.Kind.STAFF, by=staff, reason="Test", now=noon, tier=gold, until=noon.replace(month=6)
    )
    assert {post.title for post in library_posts(fan=sam, at=noon)} == titles | {"For Gold"}
    assert library_posts(fan=sam, at=noon.replace(month=6)) == []
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        assert b"For Gold" in client.get("/me/library/").content


def test_it_is_empty_for_others(client: Client, lee: User, posts: None) -> None:
    assert client.get("/me/library/").status_code == 302
    client.force_login(lee)
    assert b"Nothing here yet" in client.get("/me/library/").content
    assert client.post("/me/library/").status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(
    sam: User, staff: User, gold: Tier, noon: datetime, count: int, django_assert_num_queries: object
) -> None:
    give_grant(fan=sam, kind=Grant.Kind.STAFF, by=staff, reason="Test", now=noon, tier=gold)
    for n in range(count):
        write_post(creator=gold.creator, title=f"{n}", body="…", audience="members", now=noon, publish=True)
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert len(library_posts(fan=sam, at=noon + timedelta(days=1))) == count
    assert Post.objects.count() == count
