from datetime import datetime

from django.test import Client

from portal.accounts.models import User
from subscriptions.models import Alarm

ADDRESS = "/staff/alarms/"


def an_alarm(noon: datetime) -> Alarm:
    return Alarm.objects.create(
        kind=Alarm.Kind.RENEWAL_MISSED,
        about="membership:m1",
        sentence="The membership of Sam was due.",
        since_at=noon,
        raised_at=noon,
    )


def test_staff_see_what_is_wrong_on_every_page_for_it(client: Client, staff: User, noon: datetime) -> None:
    client.force_login(staff)
    assert b"All is well" in client.get(ADDRESS).content
    alarm = an_alarm(noon)
    assert b"The membership of Sam was due." in client.get(ADDRESS).content
    assert b"Alarms" in client.get("/").content
    Alarm.objects.filter(pk=alarm.pk).update(resolved_at=noon)
    shown = client.get(ADDRESS).content
    assert b"All is well" in shown and b"The membership of Sam was due." in shown


def test_it_is_for_staff(client: Client, sam: User, staff: User) -> None:
    assert client.get(ADDRESS).status_code == 302
    client.force_login(sam)
    assert client.get(ADDRESS).status_code == 403
    client.force_login(staff)
    assert client.post(ADDRESS).status_code == 405
