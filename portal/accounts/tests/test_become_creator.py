from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts import actions
from portal.accounts.models import Creator, User

GOOD = {
    "handle": "@Sam.Bakes",
    "display_name": "Sam bakes",
    "region": "DE",
    "languages": ["de", "en"],
    "intro": "Bread.",
}


@pytest.fixture
def sams(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


def test_a_fan_becomes_a_creator(sams: Client, sam: User) -> None:
    assert sams.get(reverse("become_creator")).status_code == 200
    assert sams.post(reverse("become_creator"), GOOD)["Location"] == reverse("program_overview")
    creator = Creator.objects.get(user=sam)
    assert (creator.handle, creator.region, creator.languages) == ("sam.bakes", "DE", ["de", "en"])
    assert sams.session["role"] == "creator"
    assert sams.get(reverse("program_overview")).status_code == 200


def test_becoming_one_twice_is_one_creator(sam: User, noon: datetime) -> None:
    answers: dict[str, Any] = {"display_name": "Sam", "region": "US", "languages": ["en"], "now": noon}
    first = actions.become_creator(user=sam, handle="sam.bakes", **answers)
    assert actions.become_creator(user=sam, handle="another", **answers) == first
    assert first.handle == "sam.bakes"


def test_who_is_one_already_is_sent_on(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert client.post(reverse("become_creator"), GOOD)["Location"] == reverse("program_overview")
    mika.refresh_from_db()
    assert mika.handle == "mika"


def test_a_taken_handle_is_said_beside_the_field(sams: Client, sam: User, mika: Creator) -> None:
    answer = sams.post(reverse("become_creator"), GOOD | {"handle": "MIKA"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"handle": ["The handle @mika belongs to somebody else."]}
    assert not Creator.objects.filter(user=sam).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("handle", "admin"),
        ("handle", "ab"),
        ("handle", "1st"),
        ("handle", "ends."),
        ("handle", "with space"),
        ("handle", "x" * 31),
        ("handle", "ünï"),
        ("region", "ZZ"),
        ("languages", ["xx"]),
        ("languages", []),
        ("display_name", ""),
        ("intro", "x" * 401),
    ],
)
def test_bad_answers_are_named_beside_their_field(sams: Client, field: str, value: object) -> None:
    answer = sams.post(reverse("become_creator"), GOOD | {field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Creator.objects.exists()


def test_strangers_sign_in_first(db: None, client: Client) -> None:
    assert client.get(reverse("become_creator"))["Location"].startswith(reverse("account_login"))


def test_other_methods_are_refused(sams: Client) -> None:
    assert sams.put(reverse("become_creator")).status_code == 405
