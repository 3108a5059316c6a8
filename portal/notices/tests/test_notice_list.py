from datetime import datetime, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.notices.actions import tell


def test_the_newest_comes_first_and_only_ones_own(client: Client, sam: User, lee: User, noon: datetime) -> None:
    tell(to=sam, kind="a.b", subject="Earlier", body="", now=noon)
    tell(to=sam, kind="a.b", subject="Later", body="Line one", now=noon + timedelta(hours=1))
    tell(to=lee, kind="a.b", subject="Not yours", body="", now=noon)
    client.force_login(sam)
    words = client.get(reverse("notice_list")).content.decode()
    assert words.index("Later") < words.index("Earlier")
    assert "Not yours" not in words


def test_an_empty_bell_says_so(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert "Nothing yet" in client.get(reverse("notice_list")).content.decode()


def test_the_page_costs_the_same_at_any_length(client: Client, sam: User, noon: datetime) -> None:
    client.force_login(sam)
    client.get(reverse("notice_list"))
    costs = []
    for count in (1, 2):
        for _time in range(count):
            tell(to=sam, kind="a.b", subject="Told", body="", now=noon)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("notice_list"))
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 10


def test_strangers_sign_in_first(db: None, client: Client) -> None:
    assert client.get(reverse("notice_list"))["Location"].startswith(reverse("account_login"))


def test_other_methods_are_refused(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.post(reverse("notice_list")).status_code == 405
