from datetime import datetime

from django.test import Client

from portal.accounts.models import User
from subscriptions.models import GiftPool, PoolEntry, PoolSeat
from subscriptions.tests.pools.conftest import Fund, enter_many

ADMIN = "/admin/subscriptions"


def test_staff_see_all_of_it_and_change_nothing(
    client: Client, staff: User, sam: User, first_come: GiftPool, fund: Fund, noon: datetime
) -> None:
    fund(sam, first_come, 1, unnamed=True)
    enter_many(first_come, 1, noon)
    client.force_login(staff)
    for name, row in (
        ("giftpool", first_come),
        ("poolseat", PoolSeat.objects.get()),
        ("poolentry", PoolEntry.objects.get()),
    ):
        assert client.get(f"{ADMIN}/{name}/").status_code == 200
        shown = client.get(f"{ADMIN}/{name}/{row.pk}/change/")
        assert (shown.status_code, b'name="_save"' in shown.content) == (200, False)
        assert client.get(f"{ADMIN}/{name}/add/").status_code == 403
        assert client.post(f"{ADMIN}/{name}/{row.pk}/delete/").status_code == 403


def test_others_do_not(client: Client, lee: User) -> None:
    client.force_login(lee)
    assert client.get(f"{ADMIN}/giftpool/").status_code == 302
