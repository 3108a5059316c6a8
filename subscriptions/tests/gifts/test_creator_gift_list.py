from datetime import datetime

import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.gifts import claim_gift
from subscriptions.models import Tier
from subscriptions.tests.gifts.conftest import Give


def test_the_creator_sees_who_gave_and_who_came(
    client: Client, sam: User, lee: User, mika: Creator, silver: Tier, give: Give, noon: datetime
) -> None:
    gift = give(sam, silver, 3)
    claim_gift(gift=gift, secret=gift.secret, by=lee, now=noon)
    with time_machine.travel(noon, tick=False):
        client.force_login(sam)
        assert client.get("/studio/members/gifts/").status_code != 200
        client.force_login(mika.user)
        shown = client.get("/studio/members/gifts/").content.decode()
        assert gift.purchase is not None
        assert gift.purchase.number in client.get("/studio/payments/").content.decode()
        assert client.post("/studio/members/gifts/").status_code == 405
    for words in ("3 months of Silver", "Sam", "Lee", "claimed"):
        assert words in shown
    assert gift.secret not in shown
