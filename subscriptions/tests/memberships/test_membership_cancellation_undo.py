from datetime import datetime

import time_machine
from django.test import Client

from portal.accounts.models import User
from subscriptions.actions.memberships import cancel_membership
from subscriptions.models import Membership, Tier
from subscriptions.tests.conftest import Join


def address(membership: Membership) -> str:
    return f"/me/memberships/{membership.public_id}/cancellation/undo/"


def test_one_press_and_it_goes_on(client: Client, sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    membership = join(sam, gold)
    cancel_membership(membership=membership, by=sam, now=noon)
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        for _twice in range(2):
            assert client.post(address(membership)).status_code == 302
            membership.refresh_from_db()
            assert not membership.cancel_at_period_end


def test_only_the_member_and_only_by_a_press(
    client: Client, sam: User, lee: User, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    cancel_membership(membership=membership, by=sam, now=noon)
    client.force_login(lee)
    assert client.post(address(membership)).status_code == 404
    client.force_login(sam)
    assert client.get(address(membership)).status_code == 405
    membership.refresh_from_db()
    assert membership.cancel_at_period_end
