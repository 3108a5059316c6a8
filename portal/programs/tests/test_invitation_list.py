import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.programs.models import Invitation

GOOD = {"program": "subscriptions", "to_email": "Friend@example.com"}


@pytest.fixture
def giver(mikas: Client, mika: Creator) -> Client:
    """Mika lives where subscriptions are invite only, and has three invitations to hand out."""
    mika.region = "BR"
    mika.save()
    return mikas


def test_a_creator_hands_out_an_invitation(giver: Client, mika: Creator) -> None:
    assert "Subscriptions: 3 left" in giver.get(reverse("invitation_list")).content.decode()
    for _time in range(2):
        answer = giver.post(reverse("invitation_list"), GOOD, follow=True)
    made = mika.invitations_given.get()
    assert made.to_email == "friend@example.com"
    words = answer.content.decode()
    assert made.get_absolute_url() in words and "Subscriptions: 2 left" in words


def test_where_nothing_is_left_it_is_said(mikas: Client, mika: Creator) -> None:
    assert "You have none right now" in mikas.get(reverse("invitation_list")).content.decode()
    answer = mikas.post(reverse("invitation_list"), GOOD)
    assert answer.status_code == 422 and "no invitations left" in answer.content.decode()
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("program", "lottery"), ("to_email", "nobody"), ("to_email", "")])
def test_bad_answers_are_named_beside_their_field(giver: Client, field: str, value: str) -> None:
    answer = giver.post(reverse("invitation_list"), GOOD | {field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_fans_have_none(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.get(reverse("invitation_list"))["Location"] == reverse("become_creator")


def test_other_methods_are_refused(mikas: Client) -> None:
    assert mikas.delete(reverse("invitation_list")).status_code == 405


def test_a_handle_or_an_open_link_do_as_well(giver: Client, mika: Creator, noor: Creator) -> None:
    giver.post(reverse("invitation_list"), {"program": "subscriptions", "to_creator": "@Noor"})
    giver.post(reverse("invitation_list"), {"program": "subscriptions", "open_link": "on"})
    named, held = mika.invitations_given.order_by("pk")
    assert (named.to_creator, held.to_creator, held.to_email) == (noor, None, "")
    words = giver.get(reverse("invitation_list")).content.decode()
    assert "whoever holds the link" in words and "@noor" in words and "Subscriptions: 1 left" in words


@pytest.mark.parametrize(
    ("field", "change"),
    [("to_creator", {"to_email": "", "to_creator": "@nobody"}), ("to_email", {"open_link": "on"})],
)
def test_one_way_and_only_one(giver: Client, field: str, change: dict[str, str]) -> None:
    answer = giver.post(reverse("invitation_list"), GOOD | change)
    assert answer.status_code == 422 and list(answer.context["form"].errors) == [field]
    assert not Invitation.objects.exists()
