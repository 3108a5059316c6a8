"""The pages of rewards: reward_overview, clip_detail, reward_statement, reward_appeal, reward_rules."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import Creator, User
from rewards.actions import close_month, rate_stale
from rewards.models import Appeal, Clip, DailyRating, RateCard, StatementLine
from rewards.queries import FunnelDoesNotAddUp, why
from rewards.rating import rules
from rewards.tests.conftest import JUNE_3, MAY, Take, row

JUNE_1 = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def clips(mika: Creator, make_clip: Callable[..., Clip], card: RateCard, take: Take) -> list[Clip]:
    """Three clips of Mika; each has one qualified view and one that was too short."""
    made = [make_clip(mika, str(number), f"Clip number {number}") for number in (1, 2, 3)]
    for number in (1, 2, 3):
        take([row(1, number, 5), row(2, number, 5, watched=100)])
    rate_stale(until=JUNE_1.date().replace(month=5, day=31), now=JUNE_1)
    return made


OVERVIEW, STATEMENT = 5, 4


@contextmanager
def own_queries(count: int) -> Iterator[None]:
    """Exactly so many queries of our own tables; what the frame and the standing ask is counted where they live."""
    with CaptureQueriesContext(connection) as asked:
        yield
    ours = [query["sql"] for query in asked.captured_queries if '"rewards_' in query["sql"]]
    assert len(ours) == count, "\n".join(ours)


def sign_in(client: Client, who: User) -> Client:
    client.force_login(who)
    return client


@pytest.mark.parametrize("name", ["reward_overview", "clip_detail", "reward_statement"])
def test_pages_tell_what_became_of_each_view(client: Client, clips: list[Clip], name: str) -> None:
    close_month(month=MAY, now=JUNE_1)
    args = {"reward_overview": [], "clip_detail": [clips[0].public_id], "reward_statement": ["2026-05"]}[name]
    html = sign_in(client, clips[0].creator.user).get(reverse(name, args=args), {"month": "2026-05"}).content.decode()
    assert "The clip was watched for at least 5 seconds." in html
    assert "Clip number 1" in html


@pytest.mark.parametrize("count", [1, 3])
def test_the_overview_asks_the_same_number_of_questions_for_any_number_of_clips(
    client: Client, clips: list[Clip], count: int
) -> None:
    DailyRating.objects.exclude(clip__in=clips[:count]).delete()
    sign_in(client, clips[0].creator.user)
    client.get(reverse("reward_overview"))
    with own_queries(OVERVIEW):
        html = client.get(reverse("reward_overview"), {"month": "2026-05"}).content.decode()
    assert html.count("Clip number") == count


@pytest.mark.parametrize("count", [1, 3])
def test_the_statement_asks_the_same_number_of_questions_for_any_number_of_lines(
    client: Client, clips: list[Clip], count: int
) -> None:
    DailyRating.objects.exclude(clip__in=clips[:count]).delete()
    close_month(month=MAY, now=JUNE_1) if count == 3 else _close_with(clips[:count])
    sign_in(client, clips[0].creator.user)
    client.get(reverse("reward_rules"))
    with own_queries(STATEMENT):
        html = client.get(reverse("reward_statement", args=["2026-05"])).content.decode()
    assert html.count("Clip number") == count


def _close_with(clips: list[Clip]) -> None:
    close_month(month=MAY, now=JUNE_1)
    StatementLine.objects.exclude(clip__in=clips).delete()


def test_an_estimate_is_called_one_until_the_month_is_closed(client: Client, clips: list[Clip]) -> None:
    page = reverse("reward_overview") + "?month=2026-05"
    sign_in(client, clips[0].creator.user)
    assert "nothing is in the books before the month is closed" in client.get(page).content.decode()
    close_month(month=MAY, now=JUNE_1)
    html = client.get(page).content.decode()
    assert "nothing is in the books" not in html
    assert "Becomes final on June 3." in html


def test_the_statement_can_be_computed_again(client: Client, clips: list[Clip]) -> None:
    close_month(month=MAY, now=JUNE_1)
    page = reverse("reward_statement", args=["2026-05"]) + "?again=1"
    html = sign_in(client, clips[0].creator.user).get(page).content.decode()
    assert "Computed again from 6 views: equal, to the cent." in html


def test_who_is_not_enrolled_sees_where_to_go(client: Client, noor: Creator) -> None:
    html = sign_in(client, noor.user).get(reverse("reward_overview")).content.decode()
    assert "You are not part of the rewards program yet" in html
    assert "No views in this month" in html


def test_the_rules_page_shows_the_opening_sentence_of_every_rule_and_step(client: Client, card: RateCard) -> None:
    html = client.get(reverse("reward_rules")).content.decode()
    for rule in rules.rules():
        assert rule.sentence(card.card()).replace("'", "&#x27;") in html
    for step in rules.steps().values():
        assert step.sentence(card.card()).replace("'", "&#x27;") in html


def test_an_appeal_is_sent_from_the_statement(client: Client, clips: list[Clip]) -> None:
    close_month(month=MAY, now=JUNE_1)
    line = StatementLine.objects.get(clip=clips[0])
    sign_in(client, clips[0].creator.user)
    for _time in range(2):
        assert client.post(reverse("reward_appeal", args=[line.pk]), {"message": "Look again."}).status_code == 302
    assert Appeal.objects.get().message == "Look again."
    answer = client.post(reverse("reward_appeal", args=[line.pk]), {"message": " "}, follow=True)
    assert "Say why; the creator reads it." in answer.content.decode()


# --- Who may not --------------------------------------------------------------
def test_strangers_sign_in_and_fans_become_creators_first(client: Client, clips: list[Clip], lee: User) -> None:
    close_month(month=MAY, now=JUNE_1)
    line = StatementLine.objects.first()
    assert line is not None
    pages = [
        reverse("reward_overview"),
        reverse("clip_detail", args=[clips[0].public_id]),
        reverse("reward_statement", args=["2026-05"]),
    ]
    for page in pages:
        assert client.get(page).url.startswith(reverse("account_login"))  # type: ignore[attr-defined]
    assert client.post(reverse("reward_appeal", args=[line.pk])).url.startswith(reverse("account_login"))  # type: ignore[attr-defined]
    sign_in(client, lee)
    for page in pages:
        assert client.get(page).url == reverse("become_creator")  # type: ignore[attr-defined]


def test_nobody_sees_the_clips_statements_or_lines_of_others(client: Client, clips: list[Clip], noor: Creator) -> None:
    close_month(month=MAY, now=JUNE_1)
    line = StatementLine.objects.first()
    assert line is not None
    sign_in(client, noor.user)
    assert client.get(reverse("clip_detail", args=[clips[0].public_id])).status_code == 404
    assert client.get(reverse("reward_statement", args=["2026-05"])).status_code == 404
    assert client.post(reverse("reward_appeal", args=[line.pk]), {"message": "Mine."}).status_code == 404
    assert "Clip number" not in client.get(reverse("reward_overview") + "?month=2026-05").content.decode()


# --- Bad input, wrong method --------------------------------------------------
@pytest.mark.parametrize("month", ["2026-13", "x", "2026", "2026-05-01", "99999-01", "0000-01"])
def test_a_month_that_is_none_is_not_found(client: Client, mika: Creator, month: str) -> None:
    sign_in(client, mika.user)
    assert client.get(reverse("reward_statement", args=[month])).status_code == 404
    assert client.get(reverse("reward_overview"), {"month": month}).status_code == 404


def test_reading_pages_take_no_post_and_the_appeal_no_get(client: Client, mika: Creator) -> None:
    sign_in(client, mika.user)
    assert client.post(reverse("reward_overview")).status_code == 405
    assert client.post(reverse("reward_rules")).status_code == 405
    assert client.get(reverse("reward_appeal", args=[1])).status_code == 405


def test_a_total_that_its_children_do_not_add_up_to_is_not_shown(clips: list[Clip]) -> None:
    DailyRating.objects.filter(clip=clips[0]).update(reasons={"repeat": 5})
    with pytest.raises(FunnelDoesNotAddUp):
        why(clip=clips[0], day=JUNE_3.date().replace(month=5, day=5))
