"""Who proves what before which door."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from portal import urls
from portal.accounts.access import payout_details_guard
from portal.accounts.models import User
from portal.kit.access import signed_in

PASSWORD = "correct horse battery"


@signed_in
@payout_details_guard
def bank_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("the bank account")


def second_factor(user: User) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})


class UrlsWithBank:
    urlpatterns = (path("bank/", bank_page), *urls.urlpatterns)


@pytest.fixture
def with_bank(settings: Any) -> None:
    settings.ROOT_URLCONF = UrlsWithBank
    settings.DEMO = False


def test_strangers_are_sent_to_sign_in(with_bank: None, db: None, client: Client) -> None:
    assert client.get("/bank/")["Location"].startswith(reverse("account_login"))


def test_without_a_second_factor_one_is_sent_to_set_it_up(with_bank: None, client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.get("/bank/")["Location"] == reverse("mfa_index")


def test_with_a_second_factor_one_proves_it_again(with_bank: None, client: Client, sam: User) -> None:
    second_factor(sam)
    client.force_login(sam)
    assert client.get("/bank/")["Location"].startswith(reverse("mfa_reauthenticate"))


def test_who_proved_it_a_moment_ago_goes_on(with_bank: None, client: Client, sam: User) -> None:
    sam.set_password(PASSWORD)
    sam.save()
    second_factor(sam)
    client.force_login(sam)
    asked = client.get("/bank/")
    done = client.post(asked["Location"], {"password": PASSWORD}, follow=True)
    assert done.content == b"the bank account"


def test_the_demo_shows_where_it_would_be_asked(with_bank: None, settings: Any, client: Client, sam: User) -> None:
    settings.DEMO = True
    client.force_login(sam)
    asked = client.get("/bank/?currency=eur")
    assert asked["Location"].startswith(reverse("confirm_in_demo"))
    done = client.post(asked["Location"], {"next": "/bank/?currency=eur"}, follow=True)
    assert done.content == b"the bank account"


def test_even_in_the_demo_a_second_factor_that_is_there_counts(
    with_bank: None, settings: Any, client: Client, sam: User
) -> None:
    settings.DEMO = True
    second_factor(sam)
    client.force_login(sam)
    assert client.get("/bank/")["Location"].startswith(reverse("mfa_reauthenticate"))


@pytest.mark.parametrize("door", ["admin:index", "policy_list"])
def test_staff_without_a_second_factor_find_no_staff_door(
    settings: Any, client: Client, staff: User, door: str
) -> None:
    settings.DEMO = False
    client.force_login(staff)
    assert client.get(reverse(door))["Location"] == reverse("mfa_index")
    second_factor(staff)
    assert client.get(reverse(door)).status_code == 200


@pytest.mark.parametrize("door", ["admin:index", "policy_list"])
def test_the_demo_lets_its_staff_in_on_purpose(settings: Any, client: Client, staff: User, door: str) -> None:
    settings.DEMO = True
    client.force_login(staff)
    assert client.get(reverse(door)).status_code == 200


def test_staff_see_other_pages_without_a_second_factor(settings: Any, client: Client, staff: User) -> None:
    settings.DEMO = False
    client.force_login(staff)
    assert client.get(reverse("settings")).status_code == 200


def test_the_back_office_has_no_sign_in_of_its_own(db: None, client: Client, sam: User) -> None:
    asked = client.get(reverse("admin:login"))
    assert asked["Location"].startswith(reverse("account_login"))
    client.force_login(sam)
    assert client.get(reverse("admin:login")).status_code == 403
