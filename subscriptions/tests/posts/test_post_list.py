from datetime import datetime

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import Creator, User
from subscriptions.actions.posts import write_post


def test_a_creator_sees_drafts_and_posts(client: Client, mika: Creator, noor: Creator, noon: datetime) -> None:
    write_post(creator=mika, title="Out", body="…", audience="public", now=noon, publish=True)
    write_post(creator=mika, title="Half", body="…", audience="public", now=noon)
    write_post(creator=noor, title="Theirs", body="…", audience="public", now=noon)
    client.force_login(mika.user)
    page = client.get("/studio/posts/").content.decode()
    assert "Out" in page
    assert "Half" in page
    assert "Theirs" not in page


def test_only_creators(client: Client, sam: User) -> None:
    assert client.get("/studio/posts/").status_code == 302
    client.force_login(sam)
    assert client.get("/studio/posts/").status_code == 302


def test_the_number_of_queries_does_not_grow(client: Client, mika: Creator, noon: datetime) -> None:
    client.force_login(mika.user)
    needed = []
    for count in (1, 3):
        while mika.posts.count() < count:
            write_post(creator=mika, title="Post", body="…", audience="public", now=noon)
        client.get("/studio/posts/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/studio/posts/").status_code == 200
        needed.append(len(asked))
    assert needed[0] == needed[1]
