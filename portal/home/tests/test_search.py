from datetime import datetime

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from academy.models import Course
from portal.accounts.models import Creator, User
from subscriptions.actions.posts import write_post
from subscriptions.models import Post, Tier


def titles(client: Client, words: str) -> dict[str, list[str]]:
    groups = client.get(reverse("search"), {"q": words}).context["groups"]
    return {str(group.title): [hit.title for hit in group.hits] for group in groups}


def a_post(creator: Creator, title: str, *, published_at: datetime | None) -> Post:
    post = write_post(creator=creator, title=title, body="Words.", audience="public", now=timezone.now())
    Post.objects.filter(pk=post.pk).update(published_at=published_at)
    return post


def test_creators_posts_and_courses_are_found(client: Client, mika: Creator, noon: datetime) -> None:
    a_post(mika, "Rye bread on Sundays", published_at=noon)
    found = titles(client, "bread")
    assert found["Posts"] == ["Rye bread on Sundays"]
    assert titles(client, "mika")["Creators"] == ["Mika"]
    course = Course.objects.live(timezone.now()).first()
    if course:
        assert course.title in titles(client, course.title.split()[-1])["Courses"]


def test_every_word_has_to_occur(client: Client, mika: Creator, noon: datetime) -> None:
    a_post(mika, "Rye bread on Sundays", published_at=noon)
    assert titles(client, "sundays RYE") == {"Posts": ["Rye bread on Sundays"]}
    page = client.get(reverse("search"), {"q": "rye mondays"}).content.decode()
    assert "Nothing with “rye mondays”" in page


def test_drafts_and_drafts_of_others_stay_hidden(client: Client, mika: Creator, noor: Creator, lee: User) -> None:
    a_post(mika, "Secret sourdough", published_at=None)
    Tier.objects.create(creator=mika, name="Secret tier", rank=1, created_at=timezone.now())
    assert titles(client, "secret") == {}
    client.force_login(lee)
    assert titles(client, "secret") == {}
    client.force_login(noor.user)
    assert titles(client, "secret") == {}
    client.force_login(mika.user)
    assert titles(client, "secret") == {"Your posts": ["Secret sourdough"], "Your tiers": ["Secret tier"]}


def test_pages_are_those_of_the_role(client: Client, mika: Creator, lee: User) -> None:
    assert "Payouts" not in titles(client, "payouts").get("Pages", [])
    client.force_login(mika.user)
    assert titles(client, "payouts")["Pages"] == ["Payouts"]
    client.force_login(lee)
    assert titles(client, "memberships")["Pages"] == ["Memberships"]


def test_odd_questions_have_an_answer(client: Client, db: None) -> None:
    for words in ("", "a", " ", "%", "_" * 300, "<script>", "'; drop table", "٪ مرحبا"):
        page = client.get(reverse("search"), {"q": words})
        assert page.status_code == 200
        assert b"<script>'" not in page.content
    assert "Two letters at least." in client.get(reverse("search"), {"q": "a"}).content.decode()


def test_only_looking(client: Client, db: None) -> None:
    assert client.post(reverse("search")).status_code == 405
