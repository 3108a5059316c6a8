from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator
from subscriptions.actions.posts import write_post
from subscriptions.models import Post

FORM = {"title": "Hello", "teaser": "", "body": "**Hi**", "audience": "members"}


@pytest.fixture
def post(mika: Creator, noon: datetime) -> Post:
    return write_post(creator=mika, title="Old", body="…", audience="public", now=noon, publish=True)


def test_saving_keeps_the_day_it_went_out(client: Client, mika: Creator, post: Post, noon: datetime) -> None:
    client.force_login(mika.user)
    with time_machine.travel(noon.replace(day=20), tick=False):
        for _twice in range(2):
            assert client.post(f"/studio/posts/{post.public_id}/", FORM | {"publish": "yes"}).status_code == 302
    post.refresh_from_db()
    assert (post.title, post.audience, post.published_at) == ("Hello", "members", noon)
    assert b"<strong>Hi</strong>" in client.get(f"/studio/posts/{post.public_id}/").content


def test_back_to_a_draft(client: Client, mika: Creator, post: Post) -> None:
    client.force_login(mika.user)
    client.post(f"/studio/posts/{post.public_id}/", FORM | {"withdraw": "yes"})
    post.refresh_from_db()
    assert post.published_at is None


def test_nobody_edits_the_post_of_somebody_else(client: Client, noor: Creator, post: Post) -> None:
    client.force_login(noor.user)
    assert client.get(f"/studio/posts/{post.public_id}/").status_code == 404
    assert client.post(f"/studio/posts/{post.public_id}/", FORM).status_code == 404
