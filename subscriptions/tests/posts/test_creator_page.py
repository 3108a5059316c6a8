from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.posts import write_post
from subscriptions.models import Post, Tier
from subscriptions.queries.access import perks
from subscriptions.tests.conftest import Join


@pytest.fixture(autouse=True)
def at_noon(noon: datetime) -> object:
    with time_machine.travel(noon, tick=False):
        yield


def write(tier: Tier, noon: datetime, count: int = 1) -> None:
    for n in range(count):
        write_post(
            creator=tier.creator, title=f"Post {n}", body="secret", teaser="A taste", audience="tier", tier=tier, now=noon,
            publish=True,
        )  # fmt: skip


def test_strangers_see_tiers_first_and_locks_on_posts(client: Client, gold: Tier, noon: datetime) -> None:
    write(gold, noon)
    page = client.get("/@mika/").content.decode()
    assert page.index("Silver") < page.index("Gold") < page.index("Post 0")
    for text in ("$5.00", "$10.00", "A taste", "For Gold and above", "Sign in to join Gold"):
        assert text in page
    assert "secret" not in page


def test_members_see_their_tier_and_no_locks(client: Client, sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    write(gold, noon)
    join(sam, gold)
    client.force_login(sam)
    page = client.get("/@mika/").content.decode()
    assert "You are in this tier." in page
    assert "For Gold and above" not in page
    assert "/@mika/chat/" in page


def test_it_is_never_kept_on_the_way(client: Client, mika: Creator) -> None:
    assert client.get("/@mika/")["Cache-Control"] == "private, no-cache"
    assert client.get("/@nobody/").status_code == 404
    assert client.post("/@mika/").status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_strangers_cost_at_most_six_queries(
    client: Client, gold: Tier, noon: datetime, count: int, django_assert_num_queries: object
) -> None:
    write(gold, noon, count)
    with django_assert_num_queries(6):  # type: ignore[operator]
        assert client.get("/@mika/").status_code == 200


@pytest.mark.parametrize("count", [1, 50])
def test_access_to_any_number_of_posts_is_two_queries(
    sam: User, gold: Tier, join: Join, noon: datetime, count: int, django_assert_num_queries: object
) -> None:
    join(sam, gold)
    write(gold, noon, count)
    posts = list(Post.objects.select_related("tier"))
    with django_assert_num_queries(2):  # type: ignore[operator]
        mine = perks(viewer=sam, creator=gold.creator, at=noon)
        assert all(mine.may_read(post) for post in posts)
