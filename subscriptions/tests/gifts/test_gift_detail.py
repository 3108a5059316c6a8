from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.notices.models import Notice
from subscriptions import tasks
from subscriptions.models import Gift, Tier
from subscriptions.tests.gifts.conftest import Give

pytestmark = pytest.mark.usefixtures("books_proved")
YEAR = timedelta(days=365)


def follow(now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        tasks.follow_gifts()
        tasks.follow_gifts()


def test_the_link_stands_there_and_a_receipt(
    client: Client, sam: User, lee: User, silver: Tier, give: Give, noon: datetime
) -> None:
    gift = give(sam, silver, 3)
    assert gift.purchase is not None
    address = f"/me/gifts/{gift.public_id}/"
    with time_machine.travel(noon, tick=False):
        client.force_login(lee)
        assert client.get(address).status_code == 404
        assert client.get(f"/me/receipts/{gift.purchase.public_id}/").status_code == 404
        client.force_login(sam)
        assert gift.secret in client.get(address).content.decode()
        receipt = client.get(f"/me/receipts/{gift.purchase.public_id}/").content.decode()
        paper = client.get(f"/me/receipts/{gift.purchase.public_id}/pdf/")
        assert gift.purchase.number in client.get("/me/receipts/").content.decode()
    assert "3 months, paid once" in receipt
    assert paper.content.startswith(b"%PDF")
    with time_machine.travel(noon, tick=False):
        assert client.post(address).status_code == 405


def test_a_scheduled_gift_goes_out_on_its_day_and_once(sam: User, silver: Tier, give: Give, noon: datetime) -> None:
    day = noon + timedelta(days=30)
    gift = give(sam, silver, 3, recipient_email="ana@example.com", deliver_at=day, message="Later")
    assert (gift.state(noon), gift.expires_at) == ("scheduled", day + YEAR)
    mail.outbox.clear()
    with time_machine.travel(day, tick=False):
        for _twice in range(2):
            tasks.deliver_gift(gift_id=gift.pk)
    gift.refresh_from_db()
    [letter] = mail.outbox
    assert (letter.to, gift.delivered_at) == (["ana@example.com"], day)
    assert gift.secret in letter.body
    assert "Later" in letter.body
    assert list(Gift.objects.to_deliver(day)) == []


def test_one_reminder_then_the_end_and_the_creator_is_paid(sam: User, silver: Tier, give: Give, noon: datetime) -> None:
    gift = give(sam, silver, 3)
    follow(noon + YEAR - timedelta(days=8))
    assert not Notice.objects.filter(kind="subscriptions.gift_reminder").exists()
    follow(noon + YEAR - timedelta(days=7))
    assert Notice.objects.filter(kind="subscriptions.gift_reminder").count() == 1
    follow(noon + YEAR)
    gift.refresh_from_db()
    assert (gift.state(noon), gift.expired_at) == ("expired", noon + YEAR)
    assert Notice.objects.filter(kind="subscriptions.gift_expired", user=sam).count() == 1
    with time_machine.travel(noon + YEAR + timedelta(days=7), tick=False):
        tasks.mature_invoices()
    assert books() == {
        "creator:mika:available:usd": -1_350,
        "expense:stripe_fee:usd": 74,
        "income:platform_fee:usd": -150,
        "stripe:usd": 1_426,
    }
