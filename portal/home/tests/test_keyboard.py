from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator
from portal.home.navigation import ALWAYS, GO_KEYS, SIDE


def test_the_list_is_a_page_and_the_body_of_a_dialog(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    page = client.get(reverse("keyboard")).content.decode()
    assert "data-dialog-body" in page
    assert "<kbd>g</kbd> <kbd>e</kbd>" in page
    assert 'data-go="e"' in page


def test_turned_off_they_stay_off_for_the_person(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    client.post(reverse("choose_shortcuts"), {"shortcuts": "0"})
    elsewhere = Client()
    elsewhere.force_login(mika.user)
    assert 'data-keys="off"' in elsewhere.get(reverse("keyboard")).content.decode()
    client.post(reverse("choose_shortcuts"), {"shortcuts": "1"})
    assert 'data-keys="off"' not in elsewhere.get(reverse("keyboard")).content.decode()


def test_a_stranger_turns_them_off_for_this_browser(client: Client, db: None) -> None:
    client.post(reverse("choose_shortcuts"), {"shortcuts": "0"})
    assert 'data-keys="off"' in client.get(reverse("keyboard")).content.decode()


def test_within_a_role_no_key_has_two_meanings() -> None:
    for groups in SIDE.values():
        names = [place.name for group in groups for place in group.places] + [place.name for place in ALWAYS]
        keys = [GO_KEYS[name] for name in names if name in GO_KEYS]
        assert len(keys) == len(set(keys)), sorted(keys)


def test_only_looking(client: Client, db: None) -> None:
    assert client.post(reverse("keyboard")).status_code == 405
    assert client.get(reverse("choose_shortcuts")).status_code == 405
