from datetime import datetime

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.notices.actions import tell
from portal.notices.kinds import kind_name, name_kind
from portal.notices.models import NoticePreference


def test_choices_are_kept_and_shown(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.post(reverse("notice_settings"), {"bell:programs.invited": "on"}).status_code == 302
    wish = NoticePreference.objects.get(user=sam, kind="programs.invited")
    assert (wish.bell, wish.email) == (True, False)
    assert NoticePreference.objects.get(user=sam, kind="programs.lifted").bell is False
    client.post(reverse("notice_settings"), {"bell:programs.invited": "on"})
    assert NoticePreference.objects.filter(user=sam, kind="programs.invited").count() == 1
    words = client.get(reverse("notice_settings")).content.decode()
    assert 'name="bell:programs.invited" aria-label="In the bell: You are invited to a program" checked' in words


def test_a_kind_one_has_met_can_be_chosen_too(client: Client, sam: User, noon: datetime) -> None:
    tell(to=sam, kind="shop.lamp_sold", subject="Sold", body="", now=noon)
    client.force_login(sam)
    assert "Shop: lamp sold" in client.get(reverse("notice_settings")).content.decode()


def test_a_kind_that_does_not_exist_is_not_kept(client: Client, sam: User) -> None:
    client.force_login(sam)
    client.post(reverse("notice_settings"), {"bell:made.up": "on"})
    assert not NoticePreference.objects.filter(kind="made.up").exists()


def test_kinds_have_names() -> None:
    name_kind("tests.named", "Something of the tests")
    assert (kind_name("tests.named"), kind_name("odd")) == ("Something of the tests", "Odd")


def test_strangers_sign_in_first(db: None, client: Client) -> None:
    assert client.get(reverse("notice_settings"))["Location"].startswith(reverse("account_login"))


def test_other_methods_are_refused(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.delete(reverse("notice_settings")).status_code == 405


def test_what_is_about_money_that_may_be_lost_stays_in_the_bell(client: Client, sam: User) -> None:
    client.force_login(sam)
    client.post(reverse("notice_settings"), {})
    wish = NoticePreference.objects.get(user=sam, kind="subscriptions.payment_failed")
    assert (wish.bell, wish.email) == (True, False)
    words = client.get(reverse("notice_settings")).content.decode()
    assert 'name="bell:subscriptions.payment_failed"' in words and "checked disabled" in words
