import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any, ClassVar

import pytest
from django import forms
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.template import RequestContext, Template
from django.test import RequestFactory

from portal.kit.tables import Column, FilterForm, Table, chosen, csv_response, look_up, unarmed

User: Any = get_user_model()


class PeopleFilter(FilterForm):
    word = forms.CharField(label="Name", required=False, max_length=10)
    country = forms.ChoiceField(
        label="Country", required=False, choices=[("", "all"), ("US", "America"), ("DE", "Germany")]
    )
    lookups: ClassVar = {"word": "name__icontains", "country": "country"}


PEOPLE = (
    Column("name", "Name", sort="name"),
    Column("joined", "Joined", "joined_at", kind="day", sort="joined_at"),
    Column("pays", "Pays", lambda _row: -1234, kind="money", currency="usd"),
    Column("email", "Email"),
)


@pytest.fixture
def people(db: None) -> list[Any]:
    names = [("Ada", "DE"), ("Bob", "US"), ("=cmd|'/c calc'!A0", "US"), ("Éva", "DE")]
    return [User.objects.create_user(f"{n}@example.com", name=name, country=c) for n, (name, c) in enumerate(names)]


def table(rf: RequestFactory, **asked: Any) -> Table:
    rows = User.objects.all()
    return Table(rf.get("/", asked), rows, PEOPLE, caption="People", sort="-name", filters=PeopleFilter, a_page=3)


def names(found: Table) -> list[str]:
    return [row.name for row in found.rows]


def cells(answer: HttpResponse) -> list[list[str]]:
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:])))


def test_it_is_sorted_by_what_may_be_sorted(rf: RequestFactory, people: list[Any]) -> None:
    assert names(table(rf))[0] == "Éva"
    assert names(table(rf, sort="name"))[1:3] == ["Ada", "Bob"]
    for wish in ("email", "password", "-", "pk; drop", "joined_at", "name__password"):
        assert names(table(rf, sort=wish)) == names(table(rf))


def test_heads_lead_to_the_other_direction_and_keep_the_filters(rf: RequestFactory, people: list[Any]) -> None:
    heads = {head.column.name: head for head in table(rf, sort="name", country="DE", page="2").heads()}
    assert heads["name"].direction == "ascending"
    assert heads["name"].url == "?country=DE&sort=-name"
    assert heads["joined"].url == "?country=DE&sort=joined"
    assert heads["email"].url == ""


def test_filters_narrow_and_can_be_taken_off(rf: RequestFactory, people: list[Any]) -> None:
    found = table(rf, word="a", country="DE", sort="name")
    assert names(found) == ["Ada", "Éva"]
    assert found.is_narrowed
    assert [(chip["label"], chip["value"], chip["url"]) for chip in found.chips()] == [
        ("Name", "a", "?country=DE&sort=name"),
        ("Country", "Germany", "?word=a&sort=name"),
    ]
    assert found.url_without_filters == "?sort=name"


def test_a_wrong_filter_narrows_nothing_and_says_so(rf: RequestFactory, people: list[Any]) -> None:
    found = table(rf, country="XX", word="Ada")
    assert names(found) == ["Ada"]
    assert found.filters is not None
    assert found.filters.errors["country"]
    assert not table(rf, country="XX").is_narrowed


def test_the_file_holds_what_is_shown_on_all_pages(rf: RequestFactory, people: list[Any]) -> None:
    found = table(rf, sort="name", format="csv")
    assert found.wants_csv
    answer = found.csv("people")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="people.csv"'
    assert "no-store" in answer.headers["Cache-Control"]
    rows = cells(answer)
    assert rows[0] == ["Name", "Joined", "Pays", "Pays ¤", "Email"]
    assert len(rows) == 5
    assert rows[1][0] == "'=cmd|'/c calc'!A0"
    assert rows[2][2:4] == ["-12.34", "USD"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_no_text_is_run_as_a_formula(text: str) -> None:
    assert unarmed(text) == f"'{text}"


def test_numbers_and_days_stay_themselves() -> None:
    assert unarmed(-5) == "-5"
    assert unarmed(Decimal("-5.10")) == "-5.10"
    assert unarmed(date(2026, 5, 1)) == "2026-05-01"
    assert unarmed(datetime(2026, 5, 1, 12, tzinfo=UTC)) == "2026-05-01T12:00:00+00:00"
    assert unarmed(None) == ""
    assert cells(csv_response("x", ["=A"], [["b,\nc"]])) == [["'=A"], ["b,\nc"]]


def test_only_rows_one_may_touch_are_chosen(rf: RequestFactory, people: list[Any]) -> None:
    wishes = [str(people[0].pk), str(people[1].pk), "x", "-1", "9" * 30]
    request = rf.post("/", {"chosen": wishes[:4]})
    assert list(chosen(request, User.objects.filter(country="DE"))) == [people[0]]


def test_a_path_that_ends_early_is_nothing() -> None:
    assert look_up({"a": None}, "a.b") is None
    assert look_up({"a": {"b": 3}}, "a.b") == 3


def test_it_is_drawn_with_a_caption_sort_links_and_labels(rf: RequestFactory, people: list[Any]) -> None:
    found = table(rf, sort="-name")
    found.bulk = "deed"
    html = Template('{% include "ui/table.html" %}').render(RequestContext(rf.get("/"), {"table": found}))
    assert "<caption>People</caption>" in html
    assert 'aria-sort="descending"' in html
    assert 'data-label="Joined"' in html
    assert html.count('name="chosen"') == 3
    assert "-$12.34" in html
    assert "4 rows" in html
