from datetime import date

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.programs.models import Policy


def test_staff_find_drafts_and_what_is_published(rules: None, client: Client, staff: User) -> None:
    draft = Policy.objects.create(program="shop", valid_from=date(2030, 1, 1), min_followers=777, min_age=18)
    client.force_login(staff)
    words = client.get(reverse("policy_list")).content.decode()
    assert reverse("policy_preview", args=[draft.pk]) in words and "Shop, everywhere else, version 2" in words


def test_only_staff(client: Client, sam: User) -> None:
    assert client.get(reverse("policy_list"))["Location"].startswith(reverse("account_login"))
    client.force_login(sam)
    assert client.get(reverse("policy_list")).status_code == 403


def test_other_methods_are_refused(client: Client, staff: User) -> None:
    client.force_login(staff)
    assert client.post(reverse("policy_list")).status_code == 405
