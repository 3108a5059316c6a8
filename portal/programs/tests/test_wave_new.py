from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.programs.actions import accept_invitation, open_wave
from portal.programs.models import Enrollment, Invitation, Program
from portal.programs.queries import rulebook
from portal.programs.waves import next_in_line, waves

GOOD = {"program": "subscriptions", "wave": "first-fifty", "handles": "@noor\nmika\n"}


def test_a_wave_invites_those_who_are_not_in_and_says_why_of_the_others(
    client: Client, mika: Creator, noor: Creator, staff: User
) -> None:
    client.force_login(staff)
    for _twice in range(2):
        page = client.post(reverse("wave_new"), GOOD).content.decode()
    assert "1 creator is invited" in page and "already part of the program" in page
    made = Invitation.objects.get()
    assert (made.to_creator, made.by_staff, made.wave) == (noor, staff, "first-fifty")
    assert "first-fifty" in client.get(reverse("wave_list")).content.decode()


def test_who_is_next_meets_the_rule_and_is_the_most_followed(
    grown_in_brazil: Creator, mika: Creator, today: datetime
) -> None:
    assert next_in_line(program=Program.SUBSCRIPTIONS, region="BR", most=5, now=today) == [grown_in_brazil]
    assert next_in_line(program=Program.SUBSCRIPTIONS, region="US", most=5, now=today) == []


def test_it_is_told_who_invited_whom(client: Client, grown_in_brazil: Creator, staff: User, today: datetime) -> None:
    opened = open_wave(program="subscriptions", wave="w1", creators=[grown_in_brazil], by=staff, now=today)
    accept_invitation(invitation=opened.invitations[0], creator=grown_in_brazil, now=today)
    (wave,) = waves(now=today)
    assert (wave.name, wave.made, wave.used, wave.open, wave.over) == ("w1", 1, 1, 0, 0)
    assert Enrollment.objects.get(creator=grown_in_brazil).way == "invitation"
    client.force_login(staff)
    page = client.get(reverse("wave_list")).content.decode()
    assert "@noor" in page and "Robin" in page and "Who invited whom" in page


def test_where_cards_are_not_charged_again_the_row_says_so(rules: None, today: datetime) -> None:
    book = rulebook(Program.SUBSCRIPTIONS, today.date())
    assert [book.may_recur(region) for region in ("IN", "US", "BR")] == [False, True, True]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("handles", {"handles": "@nobody"}),
        ("handles", {"handles": ""}),
        ("handles", {"region": "BR", "most": "3"}),
        ("wave", {"wave": "no spaces"}),
        ("most", {"handles": "", "region": "BR", "most": "501"}),
    ],
)
def test_bad_answers_are_named_beside_their_field(
    client: Client, mika: Creator, noor: Creator, staff: User, field: str, change: dict[str, str]
) -> None:
    client.force_login(staff)
    answer = client.post(reverse("wave_new"), GOOD | change)
    assert answer.status_code == 422 and list(answer.context["form"].errors) == [field]
    assert not Invitation.objects.exists()


def test_only_staff(mikas: Client) -> None:
    for name in ("wave_list", "wave_new"):
        assert mikas.get(reverse(name)).status_code in (302, 403, 404)
        assert mikas.post(reverse(name), GOOD).status_code in (302, 403, 404, 405)
    assert not Invitation.objects.exists()
