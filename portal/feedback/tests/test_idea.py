from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import User
from portal.feedback.actions import IDEAS_A_DAY, TooManyIdeas, answer, suggest, vote
from portal.feedback.models import Answer, Idea, Vote
from portal.notices.models import Notice

FORM = {"title": "Show my rank", "body": "So that I know where I stand.", "area": "rewards"}


@pytest.fixture
def idea(sam: User, noon: datetime) -> Idea:
    return suggest(author=sam, now=noon, **FORM)


def test_an_idea_is_put_up_with_its_authors_vote(client: Client, sam: User) -> None:
    client.force_login(sam)
    made = client.post("/feedback/new/", {**FORM, "page": "/studio/rewards/"})
    idea = Idea.objects.get()
    assert made.headers["Location"] == f"/feedback/{idea.public_id}/"
    assert (idea.author, idea.page, idea.votes.count()) == (sam, "/studio/rewards/", 1)


def test_suggesting_twice_is_one_idea(idea: Idea, sam: User, noon: datetime) -> None:
    assert suggest(author=sam, now=noon + timedelta(hours=1), **FORM) == idea


def test_voting_twice_counts_once_and_can_be_taken_back(client: Client, idea: Idea, lee: User) -> None:
    client.force_login(lee)
    for _again in range(2):
        client.post(f"/feedback/{idea.public_id}/vote/")
    assert idea.votes.count() == 2
    client.post(f"/feedback/{idea.public_id}/vote/", {"undo": "1"})
    assert list(Vote.objects.values_list("user__name", flat=True)) == ["Sam"]


def test_an_answer_tells_everybody_who_voted_once(idea: Idea, lee: User, staff: User, noon: datetime) -> None:
    vote(user=lee, idea=idea, now=noon)
    for _again in range(2):
        answer(idea=idea, by=staff, outcome=Answer.Outcome.PLANNED, text="In spring.", now=noon)
    assert sorted(Notice.objects.values_list("user__name", flat=True)) == ["Lee", "Sam"]
    assert Idea.objects.told().get().outcome == "planned"
    answer(idea=idea, by=staff, outcome=Answer.Outcome.DONE, text="It is there.", now=noon + timedelta(days=1))
    assert Idea.objects.told().get().outcome == "done"
    assert Notice.objects.count() == 4


def test_only_staff_answer(client: Client, idea: Idea, lee: User, staff: User) -> None:
    url = f"/feedback/{idea.public_id}/answer/"
    reply = {"outcome": "done", "text": "It is there."}
    assert client.post(url, reply).headers["Location"].startswith("/accounts/login/")
    client.force_login(lee)
    assert client.post(url, reply).status_code == 403
    assert not Answer.objects.exists()
    client.force_login(staff)
    assert client.post(url, reply).status_code == 302
    assert Answer.objects.get().author == staff


def test_strangers_read_and_are_asked_to_sign_in(client: Client, idea: Idea) -> None:
    assert client.get("/feedback/").status_code == 200
    assert client.get(f"/feedback/{idea.public_id}/").status_code == 200
    assert client.get("/feedback/new/").status_code == 302
    assert client.post(f"/feedback/{idea.public_id}/vote/").status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"title": "x" * 101}, {"body": ""}, {"body": "x" * 4001}, {"area": "moon"}]
)
def test_a_form_that_cannot_be_used_is_told_so(client: Client, sam: User, wrong: dict[str, str]) -> None:
    client.force_login(sam)
    page = client.post("/feedback/new/", FORM | wrong)
    assert page.status_code == 422
    assert b"Something needs another look" in page.content
    assert not Idea.objects.exists()


def test_a_flood_is_refused_with_a_sentence(client: Client, sam: User, noon: datetime) -> None:
    for i in range(IDEAS_A_DAY):
        suggest(author=sam, title=f"Idea {i}", body="More", area="other", now=noon)
    with pytest.raises(TooManyIdeas, match="10 ideas within a day"):
        suggest(author=sam, title="One more", body="More", area="other", now=noon)
    assert suggest(author=sam, title="Next day", body="More", area="other", now=noon + timedelta(days=2))


def test_an_answer_without_a_reason_is_refused(client: Client, idea: Idea, staff: User) -> None:
    client.force_login(staff)
    assert client.post(f"/feedback/{idea.public_id}/answer/", {"outcome": "done", "text": ""}).status_code == 422


def test_unknown_idea_is_no_page(client: Client, db: None, sam: User) -> None:
    client.force_login(sam)
    assert client.get("/feedback/nope/").status_code == 404
    assert client.post("/feedback/nope/vote/").status_code == 404


@pytest.mark.parametrize("n", [1, 3])
def test_list_asks_the_same_however_many(
    n: int, client: Client, sam: User, noon: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for i in range(n):
        suggest(author=sam, title=f"Idea {i}", body="More", area="other", now=noon)
    with django_assert_num_queries(2):
        page = client.get("/feedback/")
    assert page.content.count(b'class="card card--link"') == n


def test_filters_find_what_stands_there(client: Client, idea: Idea, staff: User, noon: datetime) -> None:
    assert b"Show my rank" in client.get("/feedback/?outcome=open").content
    assert b"No idea stands here" in client.get("/feedback/?outcome=done").content
    answer(idea=idea, by=staff, outcome=Answer.Outcome.DONE, text="It is there.", now=noon)
    assert b"Show my rank" in client.get("/feedback/?outcome=done").content
