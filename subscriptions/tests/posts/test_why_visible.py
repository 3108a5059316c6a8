from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import User
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.posts import write_post
from subscriptions.models import Post, Tier
from subscriptions.queries.why import why_visible
from subscriptions.tests.conftest import Join


@pytest.fixture
def post(gold: Tier, noon: datetime) -> Post:
    return write_post(
        creator=gold.creator, title="Secret", body="…", audience="tier", tier=gold, now=noon, publish=True
    )


def test_it_names_the_grants_and_what_a_cancel_would_change(
    client: Client, sam: User, gold: Tier, post: Post, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    why = why_visible(viewer=sam, post=post, at=noon)
    assert (why.visible, why.ends_at, [grant.kind for grant in why.grants]) == (True, noon.replace(month=6), ["paid"])
    cancel_membership(membership=membership, by=sam, now=noon)
    assert why_visible(viewer=sam, post=post, at=noon).ends_at == noon.replace(month=6)
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        page = client.get(f"/@mika/posts/{post.public_id}/why/").content.decode()
    assert "nothing would change before June 15, 2026" in page


@pytest.mark.parametrize("who", ["stranger", "lapsed", "lower tier", "creator"])
def test_every_answer_has_its_sentence(
    sam: User, silver: Tier, post: Post, join: Join, noon: datetime, who: str
) -> None:
    at, viewer = noon, sam
    if who in ("lapsed", "lower tier"):
        join(sam, silver)
    if who == "lapsed":
        at = noon + timedelta(days=60)
    if who == "creator":
        viewer = post.creator.user
    sentence = {
        "stranger": "This post is for members of Gold and above.",
        "lapsed": "This post is for members of Gold and above.",
        "lower tier": "Your membership is below Gold, which this post needs.",
        "creator": "You wrote this.",
    }[who]
    why = why_visible(viewer=viewer, post=post, at=at)
    assert (why.sentence, why.visible) == (sentence, who == "creator")


def test_strangers_may_ask_too(client: Client, post: Post, noon: datetime) -> None:
    path = f"/@mika/posts/{post.public_id}/why/"
    with time_machine.travel(noon, tick=False):
        assert b"for members of Gold" in client.get(path).content
        assert client.post(path).status_code == 405
        assert client.get("/@noor/posts/x/why/").status_code == 404
