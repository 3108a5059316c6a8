from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.chat import open_room, remove_message, send_message
from subscriptions.actions.posts import withdraw_post, write_post
from subscriptions.actions.promises import MonthGoesOn, PromiseIsTooLarge, close_promises, state_promise
from subscriptions.models import Message, Post, PromiseOutcome, Tier, TierPromise
from subscriptions.queries.promises import MESSAGES_OF_A_SESSION, Progress, promise_boards
from subscriptions.tasks import close_promises as close_job

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
Promise = Callable[..., TierPromise]


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def promise(silver: Tier, mika: Creator, noon: datetime) -> TierPromise:
    """Silver promises two posts a month from June on."""
    stated = state_promise(tier=silver, kind="posts", a_month=2, by=mika.user, now=noon)
    assert stated is not None
    return stated


def post(creator: Creator, when: datetime, *, audience: str = "members", tier: Tier | None = None) -> Post:
    return write_post(
        creator=creator, title=f"Post of {when:%d}", body="…", audience=audience, tier=tier, now=when, publish=True
    )


def talk(creator: Creator, when: datetime, messages: int) -> list[Message]:
    room = open_room(creator=creator)
    return [
        send_message(room=room, author=creator.user, text="Hi", nonce=f"{when:%d}-{number}", now=when + timedelta(minutes=number))
        for number in range(messages)
    ]  # fmt: skip


def only(creator: Creator, when: datetime) -> Progress:
    [board] = promise_boards(creator=creator, at=when)
    [progress] = board.current
    return progress


def test_a_creator_states_it_and_it_holds_from_next_month(client: Client, mika: Creator, silver: Tier) -> None:
    path = f"/studio/tiers/{silver.public_id}/promises/"
    client.force_login(mika.user)
    with time_machine.travel(at(5, 15), tick=False):
        assert client.get(path).status_code == 200
        for _twice in range(2):
            assert client.post(path, {"posts": 3, "chats": 0})["Location"] == path
        assert "From June 1, 2026: 3 posts for members a month" in client.get(path).content.decode()
    assert list(TierPromise.objects.values_list("kind", "a_month", "from_date")) == [("posts", 3, JUNE)]


def test_posts_for_members_tick_it(
    mika: Creator, silver: Tier, gold: Tier, promise: TierPromise, noon: datetime
) -> None:
    post(mika, at(5, 30))
    post(mika, at(6, 2), audience="public")
    post(mika, at(6, 3), audience="tier", tier=gold)
    draft = write_post(creator=mika, title="Draft", body="…", audience="members", now=at(6, 4))
    progress = only(mika, at(6, 10))
    assert (progress.state, progress.done, progress.missing, progress.days_left) == ("due", 0, 2, 20)
    post(mika, at(6, 11))
    post(mika, at(6, 12), audience="tier", tier=silver)
    write_post(creator=mika, post=draft, title="Later", body="…", audience="members", now=at(6, 20), publish=True)
    assert only(mika, at(6, 11, 13)).done == 1, "what is still to come does not count"
    progress = only(mika, at(6, 30))
    assert (progress.state, progress.done, progress.shown, progress.days_left) == ("kept", 3, 2, 0)
    assert [tick.title for tick in progress.ticks] == ["Post of 11", "Post of 12", "Later"]


def test_a_chat_session_is_a_day_with_enough_of_the_creators_messages(
    mika: Creator, silver: Tier, noon: datetime
) -> None:
    state_promise(tier=silver, kind="chats", a_month=1, by=mika.user, now=noon)
    talk(mika, at(6, 3), MESSAGES_OF_A_SESSION - 1)
    said = talk(mika, at(6, 9), MESSAGES_OF_A_SESSION)
    assert only(mika, at(6, 20)).done == 1
    remove_message(message=said[0], by=mika.user, now=at(6, 20))
    assert only(mika, at(6, 20)).state == "due"


def test_a_month_is_closed_once_and_stays_as_it_was(mika: Creator, silver: Tier, promise: TierPromise) -> None:
    written = [post(mika, at(6, 3)), post(mika, at(6, 20))]
    with pytest.raises(MonthGoesOn):
        close_promises(creator=mika, month=JUNE, now=at(6, 30))
    [outcome] = close_promises(creator=mika, month=JUNE, now=at(7, 1))
    assert (outcome.state, outcome.done, [one["post"] for one in outcome.counted]) == (
        "kept", 2, [one.public_id for one in written],
    )  # fmt: skip
    withdraw_post(post=written[0])
    assert close_promises(creator=mika, month=JUNE, now=at(7, 2)) == []
    [board] = promise_boards(creator=mika, at=at(7, 2))
    assert [(past.state, past.done, past.ticks[0].title) for past in board.past] == [("kept", 2, "Post of 03")]
    assert (board.kept, board.current[0].state) == (1, "due")


def test_a_missed_month_says_so(mika: Creator, promise: TierPromise) -> None:
    post(mika, at(6, 3))
    [outcome] = close_promises(creator=mika, month=JUNE, now=at(7, 1))
    assert (outcome.state, outcome.done) == ("missed", 1)
    assert close_promises(creator=mika, month=MAY, now=at(7, 1)) == [], "nothing was promised for May"


def test_a_change_never_touches_the_month_that_runs(mika: Creator, silver: Tier, promise: TierPromise) -> None:
    post(mika, at(6, 3))
    state_promise(tier=silver, kind="posts", a_month=1, by=mika.user, now=at(6, 29))
    assert only(mika, at(6, 29)).promise.a_month == 2
    assert close_promises(creator=mika, month=JUNE, now=at(7, 1))[0].state == "missed"
    assert only(mika, at(7, 1)).promise.a_month == 1
    state_promise(tier=silver, kind="posts", a_month=5, by=mika.user, now=at(7, 5))
    assert state_promise(tier=silver, kind="posts", a_month=1, by=mika.user, now=at(7, 6)) is not None
    assert not TierPromise.objects.filter(from_date=date(2026, 8, 1)).exists(), "the planned change is dropped"
    assert state_promise(tier=silver, kind="posts", a_month=0, by=mika.user, now=at(7, 7)) is not None
    assert close_promises(creator=mika, month=JULY, now=at(8, 1))[0].promise.a_month == 1
    assert close_promises(creator=mika, month=date(2026, 8, 1), now=at(9, 1)) == []


def test_the_job_closes_what_was_left_and_nothing_twice(mika: Creator, promise: TierPromise) -> None:
    for _twice in range(2):
        with time_machine.travel(at(8, 20), tick=False):
            close_job()
    assert list(PromiseOutcome.objects.order_by("month_date").values_list("month_date", "state")) == [
        (JUNE, "missed"), (JULY, "missed"),
    ]  # fmt: skip


def test_fans_see_it_on_the_creators_page(client: Client, mika: Creator, promise: TierPromise) -> None:
    post(mika, at(6, 3))
    with time_machine.travel(at(6, 10), tick=False):
        text = client.get("/@mika/").content.decode()
    assert "2 posts for members a month" in text and "due: 1 of 2" in text


def test_only_its_creator(client: Client, silver: Tier, sam: User, noor: Creator) -> None:
    path = f"/studio/tiers/{silver.public_id}/promises/"
    assert client.get(path).status_code == 302
    client.force_login(sam)
    assert client.post(path, {"posts": 3, "chats": 0})["Location"] != path
    client.force_login(noor.user)
    assert client.post(path, {"posts": 3, "chats": 0}).status_code == 404
    assert TierPromise.objects.count() == 0


@pytest.mark.parametrize("wrong", [{"posts": -1}, {"posts": 32}, {"posts": "many"}, {"posts": ""}])
def test_a_promise_that_cannot_be_kept(client: Client, mika: Creator, silver: Tier, wrong: dict[str, object]) -> None:
    client.force_login(mika.user)
    response = client.post(f"/studio/tiers/{silver.public_id}/promises/", {"chats": 0} | wrong)
    assert (response.status_code, TierPromise.objects.count()) == (422, 0)
    with pytest.raises(PromiseIsTooLarge):
        state_promise(tier=silver, kind="posts", a_month=32, by=mika.user, now=at(5, 1))
    assert client.delete(f"/studio/tiers/{silver.public_id}/promises/").status_code == 405


def test_many_posts_ask_no_more(
    mika: Creator, silver: Tier, gold: Tier, promise: TierPromise, django_assert_num_queries: Callable[..., object]
) -> None:
    for number in range(1, 10):
        post(mika, at(6, number))
    state_promise(tier=gold, kind="posts", a_month=3, by=mika.user, now=at(5, 20))
    with django_assert_num_queries(4):  # type: ignore[attr-defined]
        assert len(promise_boards(creator=mika, at=at(6, 15))) == 2
