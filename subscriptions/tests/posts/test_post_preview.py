import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.models import Post

TYPED = {"title": "Half", "body": "Some **bold** words <script>alert(1)</script>", "audience": "members"}
HTMX = {"HX-Request": "true"}


def test_htmx_gets_the_text_alone(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    page = client.post("/studio/posts/preview/", TYPED, headers=HTMX).content.decode()
    assert "<strong>bold</strong>" in page
    assert "<html" not in page
    assert "<script>alert" not in page


def test_without_scripts_nothing_that_was_typed_is_lost(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    typed = TYPED | {"publish_at": "2026-06-01T10:00", "opens_to": "public"}
    page = client.post("/studio/posts/preview/", typed).content.decode()
    for text in ("<strong>bold</strong>", 'value="Half"', "Some **bold** words", 'value="2026-06-01T10:00"'):
        assert text in page
    assert Post.objects.count() == 0


def test_it_begins_with_the_form_and_follows_the_typing(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    page = client.get("/studio/posts/new/").content.decode()
    assert 'hx-post="/studio/posts/preview/"' in page
    assert 'formaction="/studio/posts/preview/"' in page


@pytest.mark.parametrize("values", [{}, {"body": "x" * 60_000}, {"tiers": ["x", "9" * 30]}, {"post": "nothing"}])
def test_odd_input_is_no_error(client: Client, mika: Creator, values: dict[str, object]) -> None:
    client.force_login(mika.user)
    for headers in (HTMX, {}):
        assert client.post("/studio/posts/preview/", values, headers=headers).status_code == 200


def test_only_creators_and_only_post(client: Client, sam: User, mika: Creator) -> None:
    assert client.post("/studio/posts/preview/", TYPED).status_code == 302
    client.force_login(sam)
    assert client.post("/studio/posts/preview/", TYPED).status_code == 302
    client.force_login(mika.user)
    assert client.get("/studio/posts/preview/").status_code == 405
