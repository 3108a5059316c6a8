from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User


def test_one_leaves_and_the_row_stays(mikas: Client, mika: Creator) -> None:
    for _time in range(2):
        assert mikas.post(reverse("program_leave", args=["shop"])).status_code == 302
    row = mika.enrollments.get(program="shop")
    assert row.left_at is not None and row.left_reason == "left by themselves"
    assert mika.enrollments.filter(left_at=None).count() == 2


def test_nobody_leaves_for_somebody_else(noors: Client, mika: Creator) -> None:
    noors.post(reverse("program_leave", args=["shop"]))
    assert mika.enrollments.filter(left_at=None).count() == 3


def test_fans_leave_nothing(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.post(reverse("program_leave", args=["shop"]))["Location"] == reverse("become_creator")


def test_it_is_asked_by_post(mikas: Client) -> None:
    assert mikas.get(reverse("program_leave", args=["shop"])).status_code == 405
