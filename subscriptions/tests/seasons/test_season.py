"""The creator's pages: seasons listed, planned, changed, called off; the cohort with its filters, ticks and file."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import Creator, User
from subscriptions.actions.places import fill_place
from subscriptions.models import Place, Season, Tier
from subscriptions.tests.conftest import Join
from subscriptions.tests.seasons.conftest import LAST_MOMENT, Live, MakeSeason

ADDRESS = "/studio/seasons/"
CLOSED = LAST_MOMENT + timedelta(minutes=1)
FORM = {
    "name": "Winter box",
    "opens_on": "2026-05-16",
    "closes_on": "2026-05-20",
    "billing_on": "2026-05-31",
    "first_period": "prorated",
    "places": "50",
    "owes": "A parcel with a print",
    "asks": "address",
    "question": "",
}


@pytest.fixture
def studio(client: Client, mika: Creator) -> Client:
    client.force_login(mika.user)
    return client


def page_at(client: Client, moment: datetime, path: str, form: dict[str, Any] | None = None) -> Any:
    with time_machine.travel(moment, tick=False):
        return client.get(path) if form is None else client.post(path, form)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_season_is_planned_and_listed(studio: Client, gold: Tier, noon: datetime) -> None:
    assert "No season yet" in text(page_at(studio, noon, ADDRESS))
    assert page_at(studio, noon, ADDRESS + "new/").status_code == 200
    assert page_at(studio, noon, ADDRESS + "new/", FORM | {"tier": gold.pk}).status_code == 302
    season = Season.objects.get()
    assert (season.opens_at, season.closes_at) == (noon.replace(day=16, hour=0), LAST_MOMENT)
    assert (season.billing_date, season.places, season.state(noon)) == (date(2026, 5, 31), 50, "planned")
    shown = text(page_at(studio, noon, ADDRESS))
    assert "Winter box" in shown and "0 / 50" in shown and "planned" in shown


def test_one_that_begins_today_begins_now(studio: Client, gold: Tier, noon: datetime) -> None:
    page_at(studio, noon, ADDRESS + "new/", FORM | {"tier": gold.pk, "opens_on": "2026-05-15"})
    assert Season.objects.get().opens_at == noon


def test_the_same_time_twice_is_refused(studio: Client, gold: Tier, noon: datetime) -> None:
    answers = [page_at(studio, noon, ADDRESS + "new/", FORM | {"tier": gold.pk}) for _twice in range(2)]
    assert [answer.status_code for answer in answers] == [302, 422]
    assert "in that time already" in text(answers[1])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"opens_on": "2026-05-14"}, "in the past"),
        ({"closes_on": "2026-05-15"}, "close after they open"),
        ({"billing_on": "2026-05-22"}, "three days or more"),
        ({"billing_on": "2026-06-20"}, "nearer billing day"),
        ({"billing_on": "2027-06-20", "first_period": "later"}, "within a year"),
        ({"asks": "note"}, "Write the question"),
        ({"owes": ""}, "Say what you send"),
        ({"places": "0"}, "1"),
        ({"tier": "0"}, "valid choice"),
    ],
)
def test_bad_terms_are_told(studio: Client, gold: Tier, noon: datetime, wrong: dict[str, str], words: str) -> None:
    answer = page_at(studio, noon, ADDRESS + "new/", FORM | {"tier": gold.pk} | wrong)
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Season.objects.exists()


def test_terms_are_changed_until_it_opens_and_not_after(
    studio: Client, gold: Tier, make_season: MakeSeason, noon: datetime
) -> None:
    season = make_season(gold, opens_at=noon + timedelta(days=1))
    path = f"{ADDRESS}{season.public_id}/terms/"
    assert "Winter box" in text(page_at(studio, noon, path))
    for _twice in range(2):
        assert page_at(studio, noon, path, FORM | {"name": "Spring box"}).status_code == 302
    season.refresh_from_db()
    assert (season.name, season.places) == ("Spring box", 50)
    answer = page_at(studio, noon + timedelta(days=2), path, FORM | {"name": "Other"})
    assert answer.status_code == 422 and "stay as they are" in text(answer)


def test_it_is_called_off_while_nobody_is_in_it(
    studio: Client, sam: User, silver: Tier, gold: Tier, make_season: MakeSeason, join: Join, noon: datetime
) -> None:
    empty, full = make_season(silver), make_season(gold)
    join(sam, gold)
    for season in (empty, full):
        path = f"{ADDRESS}{season.public_id}/cancellation/"
        assert page_at(studio, noon, path).status_code == 200
        for _twice in range(2):
            page_at(studio, noon, path, {})
    assert list(Season.objects.kept()) == [full]
    assert "called off" in text(page_at(studio, noon, ADDRESS))


def test_a_tier_is_for_seasons_only_or_not(studio: Client, gold: Tier) -> None:
    path = f"/studio/tiers/{gold.public_id}/seasons/"
    for only, wanted in [("yes", True), ("yes", True), ("no", False)]:
        assert studio.post(path, {"only": only}).status_code == 302
        gold.refresh_from_db()
        assert gold.seasons_only is wanted
    assert studio.get(path).status_code == 405


def test_the_list_is_filtered_ticked_and_taken_along(
    studio: Client,
    sam: User,
    lee: User,
    gold: Tier,
    make_season: MakeSeason,
    join: Join,
    live: Live,
    noon: datetime,
) -> None:
    season = make_season(gold, owes="A parcel with a print", asks="address")
    here = f"{ADDRESS}{season.public_id}/"
    assert "Nobody is in it yet" in text(page_at(studio, noon, here))
    for fan in (sam, lee):
        join(fan, gold)
    fill_place(place=Place.objects.get(fan=sam), by=sam, name="Sam", address="=1 Main Street", now=noon)
    preview = text(page_at(studio, noon, here))
    assert "as a preview" in preview and "not locked yet" in preview and "missing" in preview
    live(CLOSED)
    line = Place.objects.get(fan=sam).fulfillment
    sent = {"sent_on": "2026-05-20", "note": "DHL 123", "only": "due"}
    for _twice in range(2):
        answer = page_at(studio, CLOSED, reverse("fulfillment_sent", args=[line.pk]), sent)
        assert answer.headers["Location"] == f"{here}?only=due"
    assert "DHL 123" not in text(page_at(studio, CLOSED, here + "?only=due"))
    assert "DHL 123" in text(page_at(studio, CLOSED, here + "?only=sent"))
    rows = page_at(studio, CLOSED, here + "export/?only=sent").content.decode("utf-8-sig").splitlines()
    assert rows[0].startswith("name,email,address")
    told = "Sam,sam@example.com,'=1 Main Street,,Gold,2026-05-15,516,usd,A parcel with a print,sent,2026-05-20,DHL 123"
    assert rows[1:] == [f"{told},,'=1 Main Street,"]
    page_at(studio, CLOSED, reverse("fulfillment_undo", args=[line.pk]), {})
    assert "DHL 123" not in text(page_at(studio, CLOSED, here))
    page_at(studio, CLOSED, reverse("fulfillment_sent", args=[line.pk]), {"sent_on": "never"})
    assert not line.dispatches.filter(undone_at__isnull=True).exists()


def test_nobody_else_sees_or_ticks_it(
    client: Client,
    sam: User,
    noor: Creator,
    gold: Tier,
    make_season: MakeSeason,
    join: Join,
    live: Live,
    noon: datetime,
) -> None:
    season = make_season(gold, owes="A print")
    join(sam, gold)
    live(CLOSED)
    line = Place.objects.get(fan=sam).fulfillment
    gets = [f"{ADDRESS}{season.public_id}/{part}" for part in ("", "terms/", "cancellation/", "export/")]
    posts = [reverse("fulfillment_sent", args=[line.pk]), reverse("fulfillment_undo", args=[line.pk])]
    posts += [f"/studio/tiers/{gold.public_id}/seasons/", f"{ADDRESS}{season.public_id}/cancellation/"]
    for user, wanted in [(None, 302), (sam, 302), (noor.user, 404)]:
        client.logout()
        if user:
            client.force_login(user)
        assert {client.get(path).status_code for path in gets} == {wanted}
        assert {client.post(path, {"sent_on": "2026-05-20"}).status_code for path in posts} == {wanted}
    assert not line.dispatches.exists()
    client.force_login(noor.user)
    assert client.get(posts[0]).status_code == 405
    assert client.post(f"{ADDRESS}{season.public_id}/export/").status_code == 405


def test_who_may_not_sell_plans_no_season(client: Client, noor: Creator, gold: Tier, noon: datetime) -> None:
    client.force_login(noor.user)
    assert page_at(client, noon, ADDRESS + "new/", FORM | {"tier": gold.pk}).status_code == 422
    assert not Season.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_few_questions(
    studio: Client,
    sam: User,
    lee: User,
    staff: User,
    silver: Tier,
    gold: Tier,
    make_season: MakeSeason,
    join: Join,
    noon: datetime,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    season = make_season(gold)
    for number in range(count - 1):
        make_season(silver, opens_at=noon + timedelta(days=40 * number + 40), **_later(noon, 40 * number + 41))
    for fan in (sam, lee, staff)[:count]:
        join(fan, gold)
    with time_machine.travel(noon, tick=False), django_assert_num_queries(LIST_QUERIES):
        assert studio.get(ADDRESS).status_code == 200
    with time_machine.travel(noon, tick=False), django_assert_num_queries(DETAIL_QUERIES):
        assert studio.get(f"{ADDRESS}{season.public_id}/").status_code == 200


LIST_QUERIES, DETAIL_QUERIES = 15, 13


def _later(noon: datetime, days: int) -> dict[str, Any]:
    closes = noon + timedelta(days=days)
    return {"closes_at": closes, "billing_date": (closes + timedelta(days=5)).date()}
