from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.programs.queries import NotEnrolled
from subscriptions.actions.posts import write_post
from subscriptions.models import Post, Tier

FORM = {"title": "Hello", "teaser": "", "body": "**Hi**", "audience": "members"}


@pytest.fixture(autouse=True)
def at_noon(noon: datetime) -> object:
    with time_machine.travel(noon, tick=False):
        yield


def test_a_draft_and_a_post(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert client.get("/studio/posts/new/").status_code == 200
    assert client.post("/studio/posts/new/", FORM).status_code == 302
    assert Post.objects.get().published_at is None
    client.post("/studio/posts/new/", FORM | {"title": "Out", "publish": "yes"})
    assert Post.objects.get(title="Out").published_at is not None


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("tier", {"audience": "tier"}),
        ("audience", {"audience": "friends"}),
        ("title", {"title": ""}),
        ("title", {"title": "x" * 121}),
        ("body", {"body": ""}),
        ("body", {"body": "x" * 40_001}),
        ("tier", {"audience": "tier", "tier": "99999"}),
    ],
)
def test_bad_input_is_told_beside_the_field(client: Client, mika: Creator, field: str, values: dict[str, str]) -> None:
    client.force_login(mika.user)
    response = client.post("/studio/posts/new/", FORM | values)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert Post.objects.count() == 0


def test_the_tier_of_somebody_else_is_no_choice(client: Client, noor: Creator, gold: Tier) -> None:
    client.force_login(noor.user)
    response = client.post("/studio/posts/new/", FORM | {"audience": "tier", "tier": gold.pk})
    assert "tier" in response.context["form"].errors


def test_who_is_not_enrolled_writes_for_everybody_only(client: Client, noor: Creator, noon: datetime) -> None:
    write_post(creator=noor, title="Open", body="…", audience="public", now=noon, publish=True)
    with pytest.raises(NotEnrolled):
        write_post(creator=noor, title="Closed", body="…", audience="members", now=noon, publish=True)
    client.force_login(noor.user)
    assert client.post("/studio/posts/new/", FORM | {"publish": "yes"}).status_code == 422


def test_only_creators(client: Client, sam: User) -> None:
    assert client.post("/studio/posts/new/", FORM).status_code == 302
    client.force_login(sam)
    assert client.post("/studio/posts/new/", FORM).status_code == 302
    assert Post.objects.count() == 0
