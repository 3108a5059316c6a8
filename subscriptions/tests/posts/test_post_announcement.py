"""Planned posts, the pin, and that members hear of a post exactly once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.notices.models import Notice
from subscriptions import tasks
from subscriptions.actions import posts as deeds
from subscriptions.models import Post, Tier
from subscriptions.tests.posts.conftest import LetIn
from subscriptions.tests.posts.things import post_of

FORM = {"title": "Hello", "teaser": "", "body": "**Hi**", "audience": "members", "takes_comments": "on"}


def told(post: Post) -> list[str]:
    rows = Notice.objects.filter(kind="subscriptions.post_published", url__contains=post.public_id)
    return sorted(str(row.user) for row in rows.select_related("user"))


def test_who_may_read_it_is_told_once(
    sam: User, lee: User, silver: Tier, gold: Tier, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    let_in(lee, silver)
    secret = post_of(gold.creator, noon, audience="tier", tier=gold)
    public = post_of(gold.creator, noon, audience="public")
    with time_machine.travel(noon, tick=False):
        for _twice in range(2):
            tasks.announce_posts()
    assert (told(secret), told(public)) == (["Sam"], ["Lee", "Sam"])
    secret.refresh_from_db()
    assert secret.announced_at == noon


def test_it_goes_on_where_it_was_cut_off(
    sam: User, lee: User, gold: Tier, let_in: LetIn, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(sam, gold)
    let_in(lee, gold)
    post = post_of(gold.creator, noon)
    monkeypatch.setattr(deeds, "TOLD_AT_ONCE", 1)
    assert deeds.announce_post(post=post, now=noon) == 2
    # As after a crash before the end was written down: everybody is looked at again, and nobody is told again.
    Post.objects.update(announced_at=None, announced_to=0)
    deeds.announce_post(post=Post.objects.get(), now=noon)
    assert told(post) == ["Lee", "Sam"]
    assert Post.objects.get().announced_at == noon


def test_the_clock_publishes_what_is_planned(
    client: Client, mika: Creator, sam: User, gold: Tier, let_in: LetIn, noon: datetime
) -> None:
    mika.user.time_zone = "America/New_York"
    mika.user.save()
    let_in(sam, gold)
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        client.post("/studio/posts/new/", FORM | {"publish": "yes", "publish_at": "2026-05-16T09:30"})
        post = Post.objects.get()
        # Half past nine in New York.
        assert post.published_at == datetime(2026, 5, 16, 13, 30, tzinfo=UTC)
        edit = client.get(f"/studio/posts/{post.public_id}/").content.decode()
        assert 'value="2026-05-16T09:30"' in edit
        client.force_login(sam)
        address = f"/@mika/posts/{post.public_id}/"
        assert client.get(address).status_code == 404
        tasks.announce_posts()
        assert told(post) == []
    with time_machine.travel(post.published_at, tick=False):
        client.force_login(sam)
        assert client.get(address).status_code == 200
        tasks.announce_posts()
    assert told(post) == ["Sam"]


def test_a_plan_can_be_moved_made_now_and_taken_back(client: Client, mika: Creator, noon: datetime) -> None:
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        client.post("/studio/posts/new/", FORM | {"publish": "yes", "publish_at": "2026-05-20T10:00"})
        post = Post.objects.get()
        address = f"/studio/posts/{post.public_id}/"
        client.post(address, FORM | {"publish_at": "2026-05-21T10:00"})
        post.refresh_from_db()
        assert post.published_at == datetime(2026, 5, 21, 10, 0, tzinfo=UTC)
        client.post(address, FORM | {"publish_at": "2026-05-21T10:00", "withdraw": "yes"})
        post.refresh_from_db()
        assert post.published_at is None
        client.post(address, FORM | {"publish": "yes", "publish_at": "2026-05-22T10:00"})
        client.post(address, FORM | {"publish_at": "2026-05-22T10:00", "publish_now": "yes"})
        post.refresh_from_db()
        assert post.published_at == noon
        client.post(address, FORM | {"publish": "yes", "publish_at": "2026-05-30T10:00"})
        post.refresh_from_db()
        assert post.published_at == noon


def test_old_posts_are_no_news(sam: User, gold: Tier, let_in: LetIn, noon: datetime) -> None:
    let_in(sam, gold)
    post = post_of(gold.creator, noon)
    with time_machine.travel(noon + timedelta(days=4), tick=False):
        tasks.announce_posts()
    assert told(post) == []


def test_one_post_is_pinned_and_stands_first(client: Client, mika: Creator, noor: Creator, noon: datetime) -> None:
    old = post_of(mika, noon - timedelta(days=30), title="Old one", audience="public")
    new = post_of(mika, noon, title="New one", audience="public")
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        for post in (new, old, old):
            assert client.post(reverse("post_pin", args=[post.public_id]), {"on": "1"}).status_code == 302
        page = client.get("/@mika/").content.decode()
        assert page.index("Old one") < page.index("New one")
        assert list(Post.objects.filter(pinned_at__isnull=False)) == [old]
        client.post(f"/studio/posts/{old.public_id}/pin/", {"on": "0"})
        page = client.get("/@mika/").content.decode()
    assert page.index("New one") < page.index("Old one")
    assert client.get(f"/studio/posts/{old.public_id}/pin/").status_code == 405
    client.force_login(noor.user)
    assert client.post(f"/studio/posts/{old.public_id}/pin/", {"on": "1"}).status_code == 404
