from typing import Any

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User


def test_one_click_stands_in_for_the_second_factor(settings: Any, client: Client, sam: User) -> None:
    settings.DEMO = True
    client.force_login(sam)
    assert client.get(reverse("confirm_in_demo")).status_code == 200
    answer = client.post(reverse("confirm_in_demo"), {"next": reverse("settings")})
    assert answer["Location"] == reverse("settings")
    assert "confirmed_in_demo_at" in client.session


def test_outside_the_demo_it_confirms_nothing(settings: Any, client: Client, sam: User) -> None:
    settings.DEMO = False
    client.force_login(sam)
    assert client.post(reverse("confirm_in_demo"))["Location"] == reverse("mfa_index")
    assert "confirmed_in_demo_at" not in client.session


def test_it_does_not_send_people_to_strangers(settings: Any, client: Client, sam: User) -> None:
    settings.DEMO = True
    client.force_login(sam)
    assert client.post(reverse("confirm_in_demo"), {"next": "//evil.example"})["Location"] == reverse("home")


def test_strangers_sign_in_first(db: None, client: Client) -> None:
    assert client.get(reverse("confirm_in_demo"))["Location"].startswith(reverse("account_login"))
