from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.programs import actions
from portal.programs.models import Invitation


@pytest.fixture
def link(rules: None, staff: User, today: datetime) -> Invitation:
    return actions.invite(program="subscriptions", by=staff, now=today)


def test_whoever_holds_the_link_may_look(client: Client, link: Invitation) -> None:
    words = client.get(link.get_absolute_url()).content.decode()
    assert "You are invited: Subscriptions" in words and "Sign up" in words
    assert client.post(link.get_absolute_url())["Location"] == reverse("account_login")


def test_a_creator_accepts_with_one_click(noors: Client, grown_in_brazil: Creator, link: Invitation) -> None:
    assert "Accept and join" in noors.get(link.get_absolute_url()).content.decode()
    for _time in range(2):
        answer = noors.post(link.get_absolute_url(), follow=True)
        assert "Welcome to Subscriptions." in answer.content.decode()
    assert grown_in_brazil.enrollments.get().way == "invitation"


def test_who_misses_the_rule_sees_what_is_missing(noors: Client, noor: Creator, link: Invitation) -> None:
    noor.region = "BR"
    noor.save()
    assert "8,800 to go" in noors.get(link.get_absolute_url()).content.decode()
    assert "Not every requirement" in noors.post(link.get_absolute_url(), follow=True).content.decode()
    link.refresh_from_db()
    assert link.used_at is None


def test_a_fan_is_led_to_become_a_creator(client: Client, sam: User, link: Invitation) -> None:
    client.force_login(sam)
    assert reverse("become_creator") in client.get(link.get_absolute_url()).content.decode()
    assert client.post(link.get_absolute_url())["Location"] == reverse("become_creator")


def test_one_that_is_over_says_so(noors: Client, grown_in_brazil: Creator, link: Invitation, today: datetime) -> None:
    actions.revoke_invitation(invitation=link, now=today)
    assert "has run out" in noors.get(link.get_absolute_url()).content.decode()
    noors.post(link.get_absolute_url())
    assert not grown_in_brazil.enrollments.exists()


def test_a_guessed_link_is_not_found(db: None, client: Client) -> None:
    assert client.get(reverse("invitation", args=["guess"])).status_code == 404


def test_other_methods_are_refused(client: Client, link: Invitation) -> None:
    assert client.delete(link.get_absolute_url()).status_code == 405
