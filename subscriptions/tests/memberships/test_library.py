from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import User
from subscriptions.actions.grants import give_grant
from subscriptions.actions.media import add_media
from subscriptions.actions.polls import ask_poll
from subscriptions.actions.posts import note_reading, write_post
from subscriptions.models import Grant, Post, PostReading, Tier
from subscriptions.queries.posts import library, library_posts
from subscriptions.tests.posts.conftest import own_media_folder  # noqa: F401  # a fixture
from subscriptions.tests.posts.things import picture, post_of, upload, video


@pytest.fixture
def posts(silver: Tier, gold: Tier, noon: datetime) -> None:
    for audience, tier in (("public", None), ("members", None), ("tier", silver), ("tier", gold)):
        title = f"For {tier or audience}"
        write_post(creator=gold.creator, title=title, body="…", audience=audience, tier=tier, now=noon, publish=True)
    write_post(creator=gold.creator, title="Draft", body="…", audience="members", now=noon)


def give(fan: User, by: User, tier: Tier, noon: datetime) -> None:
    give_grant(fan=fan, kind=Grant.Kind.STAFF, by=by, reason="Test", now=noon, tier=tier, until=noon.replace(month=6))


def test_it_holds_what_the_tier_opens(
    client: Client, sam: User, staff: User, silver: Tier, gold: Tier, posts: None, noon: datetime
) -> None:
    give(sam, staff, silver, noon)
    titles = {post.title for post in library_posts(fan=sam, at=noon)}
    assert titles == {"For members", "For Silver"}
    give(sam, staff, gold, noon)
    assert {post.title for post in library_posts(fan=sam, at=noon)} == titles | {"For Gold"}
    assert library_posts(fan=sam, at=noon.replace(month=6)) == []
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        assert b"For Gold" in client.get("/me/library/").content


@pytest.fixture
def shelf(sam: User, staff: User, gold: Tier, noon: datetime) -> dict[str, Post]:
    """One post of each kind."""
    give(sam, staff, gold, noon)
    mika = gold.creator
    found = {kind: post_of(mika, noon, title=f"A {kind}") for kind in ("text", "picture", "video", "file", "poll")}
    for kind, content in (("picture", picture(size=(90, 40))), ("video", video()), ("file", b"%PDF-1")):
        add_media(post=found[kind], file=upload(content), now=noon)
    ask_poll(post=found["poll"], question="?", options=["a", "b"], now=noon)
    return found


def test_it_is_narrowed_by_kind_creator_and_unread(
    client: Client, sam: User, shelf: dict[str, Post], noon: datetime
) -> None:
    for kind, post in shelf.items():
        assert list(library(fan=sam, at=noon, kind=kind)) == [post]
    assert len(library(fan=sam, at=noon, handle="mika")) == 5
    assert len(library(fan=sam, at=noon, handle="noor")) == 0
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        for _twice in range(2):
            client.get(f"/@mika/posts/{shelf['text'].public_id}/")
        assert PostReading.objects.count() == 1
        unread = client.get("/me/library/?unread=1&kind=").content.decode()
        assert ("A text<" in unread, "A poll<" in unread) == (False, True)
        page = client.get("/me/library/?kind=text&unread=1").content.decode()
        assert ("Nothing fits" in page, "?kind=text" in page, "?unread=1" in page) == (True, True, True)
        assert client.get("/me/library/?kind=nonsense&page=x&creator=%00").status_code in (200, 400)


def test_looking_does_not_read(client: Client, sam: User, lee: User, shelf: dict[str, Post], noon: datetime) -> None:
    post = shelf["text"]
    with time_machine.travel(noon, tick=False):
        for who in (lee, post.creator.user):
            client.force_login(who)
            client.get(f"/@mika/posts/{post.public_id}/")
        client.force_login(sam)
        client.head(f"/@mika/posts/{post.public_id}/")
    assert PostReading.objects.count() == 0
    for _twice in range(2):
        note_reading(post=post, reader=sam, now=noon)
    assert PostReading.objects.count() == 1


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


def test_the_page_costs_the_same_with_many_posts(
    client: Client, sam: User, staff: User, gold: Tier, noon: datetime
) -> None:
    give(sam, staff, gold, noon)
    client.force_login(sam)
    needed = []
    with time_machine.travel(noon, tick=False):
        for count in (1, 3, 30):
            while Post.objects.count() < count:
                post_of(gold.creator, noon)
            client.get("/me/library/")
            with CaptureQueriesContext(connection) as asked:
                assert client.get("/me/library/").status_code == 200
            needed.append(len(asked))
        assert b"Page 1 of 2" in client.get("/me/library/").content
    assert len(set(needed)) == 1, needed
