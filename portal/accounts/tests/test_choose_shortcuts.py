from django.test import Client
from django.urls import reverse

from portal.accounts.models import User


def test_the_choice_is_kept_and_nothing_but_zero_turns_them_off(client: Client, lee: User) -> None:
    client.force_login(lee)
    for wish, kept in (("0", False), ("0", False), ("1", True), ("nonsense", True)):
        assert client.post(reverse("choose_shortcuts"), {"shortcuts": wish}).status_code == 302
        lee.refresh_from_db()
        assert lee.shortcuts is kept


def test_it_leads_nowhere_else(client: Client, db: None) -> None:
    answer = client.post(reverse("choose_shortcuts"), {"shortcuts": "0", "next": "https://evil.example/"})
    assert "evil" not in answer.headers["Location"]
