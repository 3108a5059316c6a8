from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User


def join(client: Client, program: str) -> str:
    return client.post(reverse("program_join", args=[program]), follow=True).content.decode()


def test_the_eligible_join_with_one_click(noors: Client, noor: Creator) -> None:
    assert "You are in: Shop." in join(noors, "shop")
    join(noors, "shop")
    assert noor.enrollments.filter(program="shop").count() == 1


def test_others_read_why_not(noors: Client, noor: Creator) -> None:
    assert "Not every requirement of this program is met yet." in join(noors, "rewards")
    assert not noor.enrollments.exists()


def test_an_unknown_program_is_not_found(noors: Client) -> None:
    assert noors.post(reverse("program_join", args=["lottery"])).status_code == 404


def test_fans_join_nothing(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.post(reverse("program_join", args=["shop"]))["Location"] == reverse("become_creator")


def test_it_is_asked_by_post(noors: Client) -> None:
    assert noors.get(reverse("program_join", args=["shop"])).status_code == 405
