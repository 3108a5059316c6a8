from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.testing.cast import person
from subscriptions.actions import polls as deeds
from subscriptions.models import Poll, PollOption, PollVote, Post, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.polls import PollView, poll_view
from subscriptions.tests.posts.conftest import LetIn
from subscriptions.tests.posts.things import post_of

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def at_noon(noon: datetime) -> object:
    with time_machine.travel(noon, tick=False):
        yield


@pytest.fixture
def poll(gold: Tier, noon: datetime) -> Poll:
    post = post_of(gold.creator, noon)
    closes = noon + timedelta(days=2)
    return deeds.ask_poll(post=post, question="Rice?", options=["Yes", "No", "Both"], now=noon, closes_at=closes)


def seen(poll: Poll, viewer: User, at: datetime) -> PollView:
    mine = perks(viewer=viewer, creator=poll.post.creator, at=at)
    found = poll_view(post=poll.post, viewer=viewer, mine=mine, at=at)
    assert found is not None
    return found


def test_one_vote_and_then_the_counts(
    client: Client, sam: User, gold: Tier, poll: Poll, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    yes, no, _both = poll.options.all()
    client.force_login(sam)
    address = f"/@mika/posts/{poll.post.public_id}/"
    before = client.get(address).content.decode()
    assert ("The counts show once you have voted" in before, "100 %" in before) == (True, False)
    for _twice in range(2):
        assert client.post(f"{address}vote/", {"option": yes.pk}).status_code == 302
    assert client.post(f"{address}vote/", {"option": no.pk}, follow=True).content.decode().count("it stays") == 1
    assert list(PollVote.objects.values_list("option__text", flat=True)) == ["Yes"]
    after = client.get(address).content.decode()
    assert ("your vote" in after, "100 % · 1" in after, "1 vote, one for each person" in after) == (True, True, True)


def test_htmx_gets_the_poll_alone(client: Client, sam: User, gold: Tier, poll: Poll, let_in: LetIn) -> None:
    let_in(sam, gold)
    client.force_login(sam)
    answer = client.post(
        f"/@mika/posts/{poll.post.public_id}/vote/", {"option": poll.options.first().pk}, headers=HTMX
    ).content.decode()
    assert ("<html" in answer, 'id="poll"' in answer, "100 %" in answer) == (False, True, True)


def test_counts_are_for_who_voted_for_who_asked_and_for_all_at_the_end(
    sam: User, lee: User, mika: Creator, gold: Tier, poll: Poll, let_in: LetIn, noon: datetime
) -> None:
    let_in(sam, gold)
    let_in(lee, gold)
    deeds.vote(poll=poll, option=poll.options.first(), voter=sam, now=noon)
    later = poll.closes_at
    assert [seen(poll, who, noon).shows_counts for who in (sam, lee, mika.user)] == [True, False, True]
    assert [answer.votes for answer in seen(poll, lee, noon).answers] == [None, None, None]
    assert seen(poll, lee, later).shows_counts
    assert (seen(poll, lee, noon).may_vote, seen(poll, lee, later).may_vote) == (True, False)
    with pytest.raises(deeds.PollIsClosed):
        deeds.vote(poll=poll, option=poll.options.first(), voter=lee, now=later)


def test_percents_add_up_to_a_hundred(mika: Creator, noon: datetime) -> None:
    poll = deeds.ask_poll(post=post_of(mika, noon, audience="public"), question="?", options=["a", "b", "c"], now=noon)
    for n, option in enumerate(poll.options.all()):
        deeds.vote(poll=poll, option=option, voter=person(f"Fan{n}"), now=noon)
    assert [answer.percent for answer in seen(poll, mika.user, noon).answers] == [34, 33, 33]


@pytest.mark.parametrize("who", ["stranger", "fan without grant"])
def test_only_readers_vote(client: Client, lee: User, poll: Poll, who: str) -> None:
    if who != "stranger":
        client.force_login(lee)
    option = poll.options.first()
    for headers in ({}, HTMX):
        answer = client.post(f"/@mika/posts/{poll.post.public_id}/vote/", {"option": option.pk}, headers=headers)
        assert "Rice?" not in answer.content.decode()
    assert PollVote.objects.count() == 0


@pytest.mark.parametrize("option", ["", "x", "99999", "9" * 40, "other"])
def test_odd_votes_are_refused(
    client: Client, sam: User, gold: Tier, poll: Poll, let_in: LetIn, noon: datetime, option: str
) -> None:
    let_in(sam, gold)
    other = deeds.ask_poll(post=post_of(gold.creator, noon), question="?", options=["a", "b"], now=noon)
    client.force_login(sam)
    key = str(other.options.first().pk) if option == "other" else option
    answer = client.post(f"/@mika/posts/{poll.post.public_id}/vote/", {"option": key}, follow=True)
    assert "Choose one of the answers." in answer.content.decode()
    assert PollVote.objects.count() == 0


@pytest.mark.parametrize("lines", ["one", "\n \n", "a\nA", "1\n2\n3\n4\n5\n6\n7", "a\n" + "x" * 81])
def test_a_poll_has_two_to_six_answers(client: Client, mika: Creator, noon: datetime, lines: str) -> None:
    post = post_of(mika, noon)
    client.force_login(mika.user)
    answer = client.post(f"/studio/posts/{post.public_id}/poll/", {"question": "?", "options": lines})
    assert (answer.status_code, "options" in answer.context["form"].errors) == (422, True)
    assert Poll.objects.count() == 0


def test_the_page_asks_changes_and_takes_away_until_somebody_voted(
    client: Client, mika: Creator, lee: User, noon: datetime
) -> None:
    post = post_of(mika, noon, audience="public")
    client.force_login(mika.user)
    page = reverse("post_poll", args=[post.public_id])
    for lines in ("a\nb", "a\nb\nc", "a\nb\nc"):
        assert client.post(page, {"question": "Which?", "options": lines}).status_code == 302
    assert PollOption.objects.count() == 3
    past = {"question": "Which?", "options": "a\nb\nc", "closes_at": "2026-05-01T10:00"}
    assert "closes_at" in client.post(page, past).context["form"].errors
    client.post(page, {"remove": "yes"})
    assert Poll.objects.count() == 0
    client.post(page, {"question": "Which?", "options": "a\nb"})
    poll = Poll.objects.get()
    deeds.vote(poll=poll, option=poll.options.first(), voter=lee, now=noon)
    assert client.post(page, {"question": "Which?", "options": "a\nc"}).status_code == 422
    assert client.post(page, {"remove": "yes"}).status_code == 422
    later = {"question": "Which?", "options": "a\nb", "closes_at": "2026-06-01T10:00"}
    assert client.post(page, later).status_code == 302


def test_only_its_creator_asks(client: Client, noor: Creator, sam: User, poll: Poll) -> None:
    page = f"/studio/posts/{poll.post.public_id}/poll/"
    for who, status in ((noor.user, 404), (sam, 302)):
        client.force_login(who)
        assert client.post(page, {"remove": "yes"}).status_code == status
    assert Poll.objects.count() == 1
    assert client.get(f"/@mika/posts/{poll.post.public_id}/vote/").status_code == 405


def test_posts_without_a_poll_have_none(client: Client, sam: User, gold: Tier, let_in: LetIn, noon: datetime) -> None:
    let_in(sam, gold)
    post = post_of(gold.creator, noon)
    client.force_login(sam)
    assert client.post(f"/@mika/posts/{post.public_id}/vote/", {"option": "1"}).status_code == 404
    assert 'id="poll"' not in client.get(f"/@mika/posts/{post.public_id}/").content.decode()
    assert isinstance(post, Post)
