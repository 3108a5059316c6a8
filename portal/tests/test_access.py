"""Every page that needs no argument is opened by everybody: the answers match what its view declares."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from portal.accounts.models import Creator, User
from portal.testing.routes import Route, routes
from portal.tests.test_house import none
from shop.models import Brand

OPEN = {200, 204, 301, 302, 303, 400, 404, 405}
PEOPLE = ("stranger", "fan", "creator", "brand", "staff")
ALL_IN = dict.fromkeys(PEOPLE, "in")
STAFF_IN = {"stranger": "sign in", "fan": "no", "creator": "no", "brand": "no", "staff": "in"}
# Declared access → what each person is answered. Who is not named may be answered either way.
EXPECTED = {
    "public": ALL_IN,
    "signed in": {**ALL_IN, "stranger": "sign in"},
    "creator": {"stranger": "sign in", "fan": "become", "creator": "in", "brand": "become"},
    "brand": {"stranger": "sign in", "fan": "no", "creator": "no", "brand": "in"},
    "staff": STAFF_IN,
    "demo or staff": ALL_IN,
    # A machine without its key is refused; it is never sent to a sign-in page.
    "machine": dict.fromkeys(PEOPLE, "refused"),
}


def plain_routes() -> list[Route]:
    return [route for route in routes() if route.name and not route.arguments]


@pytest.fixture
def clients(lee: User, mika: Creator, juniper: Brand, staff: User) -> dict[str, Client]:
    users = {"stranger": None, "fan": lee, "creator": mika.user, "brand": juniper.members.get(), "staff": staff}
    made = {}
    for person, user in users.items():
        # A page that breaks is an answer too: 500, listed with the others.
        made[person] = Client(raise_request_exception=False)
        if user:
            made[person].force_login(user)
    return made


def kind_of(client: Client, route: Route) -> str:
    """ "in", "sign in", "become" (a creator), "no", "refused", or the status that nobody should see."""
    answer = client.get(reverse(str(route.name)))
    where = answer.headers.get("Location", "")
    if route.access == "machine":
        return "refused" if 400 <= answer.status_code < 500 or answer.status_code == 501 else str(answer.status_code)
    if answer.status_code == 302 and where.startswith(reverse("account_login")):
        return "sign in"
    if answer.status_code == 302 and where == reverse("become_creator"):
        return "become"
    if answer.status_code == 403:
        return "no"
    return "in" if answer.status_code in OPEN else str(answer.status_code)


def wrong_answers(clients: dict[str, Client], chosen: list[Route], expected: dict[str, dict[str, str]]) -> list[str]:
    wrong = []
    for route in chosen:
        for person, wanted in expected[str(route.access)].items():
            if (given := kind_of(clients[person], route)) != wanted:
                wrong.append(f"{route} ({route.access}): {person} gets {given!r}, not {wanted!r}")
    return wrong


def test_every_declaration_has_a_meaning() -> None:
    none(sorted({str(route.access) for route in routes()} - set(EXPECTED)))


def test_pages_open_for_those_they_declare(clients: dict[str, Client]) -> None:
    assert len(plain_routes()) > 40
    none(wrong_answers(clients, plain_routes(), EXPECTED))


def test_pages_of_the_demo_are_for_staff_once_it_is_over(clients: dict[str, Client], settings: Settings) -> None:
    settings.DEMO = False
    chosen = [route for route in plain_routes() if route.access == "demo or staff"]
    assert chosen
    none(wrong_answers(clients, chosen, {"demo or staff": STAFF_IN}))


def test_method_that_no_page_has_is_refused(clients: dict[str, Client]) -> None:
    """Answered 405, or refused before that; never by a page, a change or an error."""
    wrong = []
    for route in plain_routes():
        for person in ("stranger", "creator", "staff"):
            answer = clients[person].delete(reverse(str(route.name)))
            if answer.status_code not in {302, 400, 401, 403, 404, 405}:
                wrong.append(f"{route}: {person} gets {answer.status_code}")
    none(wrong)
