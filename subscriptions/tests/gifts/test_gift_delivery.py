from datetime import datetime, timedelta

import time_machine
from django.core import mail
from django.test import Client

from portal.accounts.models import User
from subscriptions import tasks
from subscriptions.models import Tier
from subscriptions.tests.gifts.conftest import Give


def test_another_recipient_until_the_mail_is_out_then_only_again(
    client: Client, sam: User, silver: Tier, give: Give, noon: datetime
) -> None:
    day = noon + timedelta(days=30)
    gift = give(sam, silver, 3, recipient_email="ana@example.com", deliver_at=day)
    address = f"/me/gifts/{gift.public_id}/delivery/"
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        client.post(address, {"recipient_email": "ben@example.com", "recipient_name": "Ben"})
        gift.refresh_from_db()
        assert (gift.recipient_email, gift.deliver_at, gift.state(noon)) == ("ben@example.com", None, "waiting")
        mail.outbox.clear()
        tasks.deliver_gift(gift_id=gift.pk)
        client.post(address, {"recipient_email": "cleo@example.com"})
        gift.refresh_from_db()
        assert gift.recipient_email == "ben@example.com"
        assert "once more" in client.post(address, {"again": "yes"}, follow=True).content.decode()
        tasks.deliver_gift(gift_id=gift.pk, again=True)
    assert [letter.to for letter in mail.outbox if "gift for you" in letter.subject] == [["ben@example.com"]] * 2


def test_only_the_buyer_may_and_only_with_an_address(
    client: Client, sam: User, lee: User, silver: Tier, give: Give, noon: datetime
) -> None:
    gift = give(sam, silver, 3)
    address = f"/me/gifts/{gift.public_id}/delivery/"
    with time_machine.travel(noon, tick=False):
        client.force_login(lee)
        assert client.post(address, {"recipient_email": "lee@example.com"}).status_code == 404
        client.force_login(sam)
        client.post(address, {"recipient_email": "nobody"})
    gift.refresh_from_db()
    assert gift.recipient_email == ""
    with time_machine.travel(noon, tick=False):
        assert client.get(address).status_code == 405
