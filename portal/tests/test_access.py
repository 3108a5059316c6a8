"""Every page that needs no argument is opened by everybody: the answers match what its view declares."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.testing.routes import Route, routes

OPEN = {200, 204, 301, 302, 303, 400, 404, 405}
# declared access → what each person is answered: "in", "sign in" or "no"
EXPECTED = {
    "public": {"stranger": "in", "fan": "in", "creator": "in", "staff": "in"},
    "signed in": {"stranger": "sign in", "fan": "in", "creator": "in", "staff": "in"},
    "creator": {"stranger": "sign in", "fan": "become", "creator": "in"},
    "staff": {"stranger": "sign in", "fan": "no", "creator": "no", "staff": "in"},
    "machine": {"stranger": "machine", "fan": "machine", "creator": "machine", "staff": "machine"},
}


def plain_routes() -> list[Route]:
    return [route for route in routes() if route.name and not route.arguments]


@pytest.fixture
def clients(lee: User, mika: Creator, staff: User) -> dict[str, Client]:
    made = {"stranger": Client()}
    for role, user in (("fan", lee), ("creator", mika.user), ("staff", staff)):
        made[role] = Client()
        made[role].force_login(user)
    return made


def kind_of(client: Client, path: str) -> str:
    answer = client.get(path)
    where = answer.headers.get("Location", "")
    if answer.status_code == 302 and where.startswith(reverse(settings.LOGIN_URL)):
        return "sign in"
    if answer.status_code == 302 and where == reverse("become_creator"):
        return "become"
    if answer.status_code == 403:
        return "no"
    if answer.status_code in OPEN:
        return "in"
    return str(answer.status_code)


@pytest.mark.django_db
@pytest.mark.parametrize("route", plain_routes(), ids=lambda route: route.name)
def test_page_opens_for_those_it_declares(route: Route, clients: dict[str, Client]) -> None:
    assert route.access in EXPECTED, f"{route} declares {route.access!r}: say in EXPECTED what that means"
    path = reverse(str(route.name))
    for person, expected in EXPECTED[str(route.access)].items():
        if expected == "machine":
            # A machine without its key is refused, never sent to a sign-in page, and never breaks anything.
            answer = clients[person].get(path)
            assert 400 <= answer.status_code < 500 or answer.status_code == 501, f"{person}: {answer.status_code}"
        else:
            assert kind_of(clients[person], path) == expected, f"{person} at {path}"


@pytest.mark.django_db
@pytest.mark.parametrize("route", plain_routes(), ids=lambda route: route.name)
def test_page_knows_its_methods(route: Route, clients: dict[str, Client]) -> None:
    """A method that no page has is answered 405 (or refused before), never by an error or a change."""
    for person in ("stranger", "staff"):
        answer = clients[person].delete(reverse(str(route.name)))
        assert answer.status_code in {302, 400, 401, 403, 404, 405}, f"{person}: {answer.status_code}"
