from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User

GOOD = {
    "name": "Sam B.",
    "country": "ES",
    "birth_date": "1990-02-28",
    "language": "es",
    "time_zone": "Europe/Madrid",
    "theme": "dark",
}


@pytest.fixture
def sams(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


def test_settings_are_saved_and_really_applied(sams: Client, sam: User) -> None:
    assert sams.post(reverse("settings"), GOOD).status_code == 302
    sam.refresh_from_db()
    assert (sam.name, sam.birth_date, sam.time_zone) == ("Sam B.", date(1990, 2, 28), "Europe/Madrid")
    answer = sams.get(reverse("settings"), headers={"accept-language": "ar"})
    assert answer.headers["Content-Language"] == "es"
    assert '<html lang="es" dir="ltr" data-theme="dark">' in answer.content.decode()


def test_saving_twice_is_harmless(sams: Client, sam: User) -> None:
    for _time in range(2):
        sams.post(reverse("settings"), GOOD)
    assert User.objects.filter(email=sam.email, name="Sam B.").count() == 1


def test_strangers_have_no_settings(db: None, client: Client) -> None:
    assert client.get(reverse("settings"))["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "ZZ"),
        ("birth_date", "1890-01-01"),
        ("birth_date", "2999-01-01"),
        ("birth_date", "yesterday"),
        ("language", "xx"),
        ("time_zone", "Mars/Olympus"),
        ("theme", "neon"),
        ("name", "x" * 81),
    ],
)
def test_bad_values_are_named_beside_their_field(sams: Client, sam: User, field: str, value: str) -> None:
    answer = sams.post(reverse("settings"), GOOD | {field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    before = sam.country, sam.theme
    sam.refresh_from_db()
    assert (sam.country, sam.theme) == before


def test_nobody_makes_themselves_staff(sams: Client, sam: User) -> None:
    sams.post(reverse("settings"), GOOD | {"is_staff": "on", "email": "boss@example.com"})
    sam.refresh_from_db()
    assert (sam.is_staff, sam.email) == (False, "sam@example.com")


def test_other_methods_are_refused(sams: Client) -> None:
    assert sams.delete(reverse("settings")).status_code == 405
