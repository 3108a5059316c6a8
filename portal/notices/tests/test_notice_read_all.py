from datetime import datetime

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.notices.actions import tell
from portal.notices.queries import unread_count


def test_all_of_ones_own_are_read(client: Client, sam: User, lee: User, noon: datetime) -> None:
    for person in (sam, sam, lee):
        tell(to=person, kind="a.b", subject="Told", body="", now=noon)
    client.force_login(sam)
    for _time in range(2):
        assert client.post(reverse("notice_read_all"))["Location"] == reverse("notice_list")
    assert (unread_count(sam), unread_count(lee)) == (0, 1)


def test_strangers_sign_in_first(db: None, client: Client) -> None:
    assert client.post(reverse("notice_read_all"))["Location"].startswith(reverse("account_login"))


def test_it_is_asked_by_post(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.get(reverse("notice_read_all")).status_code == 405
