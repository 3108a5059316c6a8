from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.testing.stripe import Deliver
from subscriptions.actions.gifts import claim_gift
from subscriptions.models import RefundOrder, Tier
from subscriptions.tests.gifts.conftest import Give

pytestmark = pytest.mark.usefixtures("books_proved")


def test_the_buyer_has_the_money_back_within_two_weeks(
    client: Client, sam: User, silver: Tier, give: Give, deliver: Deliver, noon: datetime
) -> None:
    gift = give(sam, silver, 3)
    client.force_login(sam)
    with time_machine.travel(noon + timedelta(days=14), tick=False):
        for _twice in range(2):
            client.post(f"/me/gifts/{gift.public_id}/return/")
    deliver()
    gift.refresh_from_db()
    assert (gift.state(noon), RefundOrder.objects.count()) == ("withdrawn", 1)
    assert books() == {"expense:stripe_fee:usd": 74, "stripe:usd": -74}


def test_not_later_not_once_claimed_and_not_by_others(
    client: Client, sam: User, lee: User, silver: Tier, give: Give, noon: datetime
) -> None:
    late, claimed = give(sam, silver, 3), give(sam, silver, 1)
    claim_gift(gift=claimed, secret=claimed.secret, by=lee, now=noon)
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        client.post(f"/me/gifts/{claimed.public_id}/return/")
    with time_machine.travel(noon + timedelta(days=14, seconds=1), tick=False):
        client.post(f"/me/gifts/{late.public_id}/return/")
        client.force_login(lee)
        assert client.post(f"/me/gifts/{late.public_id}/return/").status_code == 404
    assert not RefundOrder.objects.exists()
    with time_machine.travel(noon, tick=False):
        assert client.get(f"/me/gifts/{late.public_id}/return/").status_code == 405
