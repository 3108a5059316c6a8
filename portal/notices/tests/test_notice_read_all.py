from datetime import datetime, timedelta

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.undo import read_undo
from portal.notices.actions import mark_read, tell
from portal.notices.models import Notice
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


def test_it_can_be_taken_back_and_takes_nothing_else_along(client: Client, sam: User, noon: datetime) -> None:
    old = tell(to=sam, kind="feedback.answered", subject="Old", body="", now=noon)
    mark_read(user=sam, now=noon + timedelta(hours=1))
    new = tell(to=sam, kind="feedback.answered", subject="New", body="", now=noon)
    client.force_login(sam)
    page = client.post(reverse("notice_read_all"), follow=True)
    undo = read_undo(next(iter(page.context["messages"])).extra_tags)
    assert undo is not None
    for nonsense in ("", "soon", "2026-13-45T00:00+00:00", "2026-05-15T12:00"):
        client.post(str(undo["url"]), {"back": nonsense})
        assert not Notice.objects.unread().exists()
    for _again in range(2):
        client.post(str(undo["url"]), undo["fields"])
        assert list(Notice.objects.unread()) == [new]
    assert Notice.objects.get(pk=old.pk).read_at is not None
