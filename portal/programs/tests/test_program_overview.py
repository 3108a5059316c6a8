from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import Creator, User


def test_each_requirement_shows_ones_own_number_and_the_gap(noors: Client) -> None:
    words = noors.get(reverse("program_overview")).content.decode()
    assert "1,200 of 1,000" in words and "Join Shop" in words
    assert "1,200 of 10,000" in words and "8,800 to go" in words
    assert "rule 2, since May 1, 2024" in words
    assert '<progress aria-label="Followers" value="1200" max="10000">' in words


def test_who_is_in_is_told_so(mikas: Client) -> None:
    words = mikas.get(reverse("program_overview")).content.decode()
    assert words.count("You are in") == 3 and "Join" not in words


def test_unknown_age_leads_to_the_settings(noors: Client, noor: Creator) -> None:
    User.objects.filter(pk=noor.user_id).update(birth_date=None)
    assert "Tell us your date of birth" in noors.get(reverse("program_overview")).content.decode()


def test_the_page_is_bounded(noors: Client) -> None:
    noors.get(reverse("program_overview"))
    with CaptureQueriesContext(connection) as queries:
        noors.get(reverse("program_overview"))
    assert len(queries) <= 45


def test_fans_are_sent_to_become_creators(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.get(reverse("program_overview"))["Location"] == reverse("become_creator")


def test_strangers_sign_in_first(db: None, client: Client) -> None:
    assert client.get(reverse("program_overview"))["Location"].startswith(reverse("account_login"))


def test_other_methods_are_refused(noors: Client) -> None:
    assert noors.post(reverse("program_overview")).status_code == 405
