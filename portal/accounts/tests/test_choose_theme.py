from django.test import Client
from django.urls import reverse

from portal.accounts.models import User


def test_a_stranger_keeps_a_cookie(db: None, client: Client) -> None:
    client.post(reverse("choose_theme"), {"theme": "dark"})
    assert 'data-theme="dark"' in client.get(reverse("account_login")).content.decode()


def test_a_person_keeps_it_on_the_row(client: Client, sam: User) -> None:
    client.force_login(sam)
    client.post(reverse("choose_theme"), {"theme": "light"})
    sam.refresh_from_db()
    assert sam.theme == User.Theme.LIGHT


def test_an_unknown_theme_changes_nothing(client: Client, sam: User) -> None:
    client.force_login(sam)
    answer = client.post(reverse("choose_theme"), {"theme": "neon"})
    sam.refresh_from_db()
    assert (sam.theme, "theme" in answer.cookies) == (User.Theme.SYSTEM, False)


def test_it_is_asked_by_post(db: None, client: Client) -> None:
    assert client.get(reverse("choose_theme")).status_code == 405
