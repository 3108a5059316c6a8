from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.notices.actions import tell
from portal.notices.models import Notice


def notice(to: User, noon: datetime, url: str = "/rules/") -> Notice:
    return tell(to=to, kind="a.b", subject="Told", body="", url=url, now=noon)


def test_opening_one_marks_it_and_goes_where_it_points(client: Client, sam: User, noon: datetime) -> None:
    one = notice(sam, noon)
    client.force_login(sam)
    assert client.post(reverse("notice_read", args=[one.pk]))["Location"] == "/rules/"
    one.refresh_from_db()
    first = one.read_at
    client.post(reverse("notice_read", args=[one.pk]))
    one.refresh_from_db()
    assert first is not None and one.read_at == first


@pytest.mark.parametrize("url", ["", "https://evil.example/", "//evil.example/"])
def test_it_leads_nowhere_outside(client: Client, sam: User, noon: datetime, url: str) -> None:
    one = notice(sam, noon, url)
    client.force_login(sam)
    assert client.post(reverse("notice_read", args=[one.pk]))["Location"] == reverse("notice_list")


def test_others_notices_are_not_found(client: Client, sam: User, lee: User, noon: datetime) -> None:
    one = notice(lee, noon)
    client.force_login(sam)
    assert client.post(reverse("notice_read", args=[one.pk])).status_code == 404
    one.refresh_from_db()
    assert one.read_at is None


def test_it_is_asked_by_post(client: Client, sam: User, noon: datetime) -> None:
    client.force_login(sam)
    assert client.get(reverse("notice_read", args=[notice(sam, noon).pk])).status_code == 405
