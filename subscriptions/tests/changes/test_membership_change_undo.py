from datetime import datetime

import time_machine
from django.test import Client

from portal.accounts.models import User
from subscriptions.models import PlanChange, Tier
from subscriptions.tests.changes.conftest import Agree
from subscriptions.tests.conftest import Join


def test_one_press_and_the_plan_stays(
    client: Client, sam: User, lee: User, silver: Tier, gold: Tier, join: Join, agree: Agree, noon: datetime
) -> None:
    membership = join(sam, gold)
    agree("change", membership, tier=silver)
    address = f"/me/memberships/{membership.public_id}/change/undo/"
    client.force_login(lee)
    assert client.post(address).status_code == 404
    client.force_login(sam)
    assert client.get(address).status_code == 405
    with time_machine.travel(noon, tick=False):
        assert b"Take it back" in client.get("/me/memberships/").content
        assert b"Your plan stays as it is." in client.post(address, follow=True).content
        assert b"No change of this membership is waiting." in client.post(address, follow=True).content
    change = PlanChange.objects.get()
    assert (change.dropped_reason, change.released_at) == ("taken_back", noon)
