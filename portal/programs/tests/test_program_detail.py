from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.programs import actions


def words(client: Client, program: str) -> str:
    return client.get(reverse("program_detail", args=[program])).content.decode()


def test_those_who_are_in_see_since_when_and_under_which_rule(mikas: Client) -> None:
    page = words(mikas, "shop")
    assert "You are part of it" in page and "rule 2, with 182,000 followers" in page and "Leave this program" in page


def test_where_one_may_join_there_is_a_button(noors: Client) -> None:
    assert "Join Shop" in words(noors, "shop")
    assert "Join Rewards" not in words(noors, "rewards")


def test_where_access_is_invite_only_one_may_apply(noors: Client, grown_in_brazil: Creator) -> None:
    page = words(noors, "subscriptions")
    assert "Apply" in page and reverse("program_apply", args=["subscriptions"]) in page


def test_where_it_is_closed_it_says_so(noors: Client, grown_in_brazil: Creator) -> None:
    assert "not open in your region yet" in words(noors, "shop")


def test_an_invitation_is_shown(noors: Client, grown_in_brazil: Creator, staff: User, today: datetime) -> None:
    made = actions.invite(program="subscriptions", by=staff, now=today, to_creator=grown_in_brazil)
    assert made.get_absolute_url() in words(noors, "subscriptions")


def test_a_suspension_says_why_and_until_when(noors: Client, noor: Creator, staff: User, today: datetime) -> None:
    until = today.date() + timedelta(days=3)
    actions.suspend(creator=noor, program="shop", reason="Copied reviews", now=today, by=staff, until=until)
    page = words(noors, "shop")
    assert "Copied reviews" in page and "The last day is" in page and "Join Shop" not in page


@pytest.mark.parametrize("program", ["nothing", "SHOP"])
def test_other_programs_are_not_found(noors: Client, program: str) -> None:
    assert noors.get(reverse("program_detail", args=[program])).status_code == 404


def test_other_methods_are_refused(noors: Client) -> None:
    assert noors.post(reverse("program_detail", args=["shop"])).status_code == 405
