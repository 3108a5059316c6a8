import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.accounts.queries import roles_of


def test_roles_are_what_a_person_is(mika: Creator, sam: User, staff: User) -> None:
    assert (roles_of(mika.user), roles_of(sam), roles_of(staff)) == (["fan", "creator"], ["fan"], ["fan", "staff"])


def test_the_choice_stays_in_the_session(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert client.post(reverse("switch_role"), {"role": "fan"})["Location"] == reverse("home")
    assert client.session["role"] == "fan"


@pytest.mark.parametrize("role", ["staff", "creator", "emperor", ""])
def test_nobody_switches_to_what_they_are_not(client: Client, sam: User, role: str) -> None:
    client.force_login(sam)
    client.post(reverse("switch_role"), {"role": role})
    assert "role" not in client.session


def test_strangers_have_no_role(db: None, client: Client) -> None:
    assert client.post(reverse("switch_role"), {"role": "fan"})["Location"].startswith(reverse("account_login"))


def test_it_is_asked_by_post(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.get(reverse("switch_role")).status_code == 405
