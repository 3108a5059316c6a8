from datetime import datetime, timedelta

import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.tiers import add_price, publish_tier
from subscriptions.models import Tier
from subscriptions.tests.changes.test_tier_price_change import announce
from subscriptions.tests.conftest import Join


def test_one_press_and_only_the_creators(
    client: Client, sam: User, mika: Creator, noor: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    price = add_price(tier=gold, amount_minor=1_200, now=noon)
    publish_tier(tier=gold, now=noon)
    change = announce(price, noon, noon + timedelta(days=8))
    address = f"/studio/price-changes/{change.public_id}/withdrawal/"
    client.force_login(noor.user)
    assert client.post(address).status_code == 404
    client.force_login(mika.user)
    assert client.get(address).status_code == 405
    with time_machine.travel(noon, tick=False):
        for _twice in range(2):
            assert client.post(address).status_code == 302
    change.refresh_from_db()
    assert change.withdrawn_at == noon
    assert change.changes.get().dropped_reason == "taken_back"
