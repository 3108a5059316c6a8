"""A gift or a pass goes back from the same page as any payment, and the page says what that does to it."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.gifts import claim_gift
from subscriptions.actions.purchases import start_pass
from subscriptions.actions.quotes import quote_join
from subscriptions.models import Gift, Grant, Purchase, RefundOrder, Tier
from subscriptions.queries.access import perks
from subscriptions.tests.gifts.conftest import Give

pytestmark = pytest.mark.usefixtures("books_proved")
ALL_BACK = {"expense:stripe_fee:usd": 74, "stripe:usd": -74}


@pytest.fixture
def gift(sam: User, silver: Tier, give: Give) -> Gift:
    return give(sam, silver, 3)


def address(payment: Purchase | None) -> str:
    assert payment is not None
    return f"/studio/payments/{payment.public_id}/refund/"


def plain(answer: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", answer.decode()).split())


def give_back(client: Client, payment: Purchase | None, minor: int, at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return client.post(address(payment), {"amount_minor": minor}).status_code


def test_a_part_leaves_the_gift_and_all_of_it_takes_it_back(
    client: Client, mika: Creator, gift: Gift, deliver: Deliver, noon: datetime
) -> None:
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        assert "The gift stays as it is" in plain(client.get(address(gift.purchase), {"amount": "5.00"}).content)
        assert "its link no longer works" in plain(client.get(address(gift.purchase)).content)
    assert give_back(client, gift.purchase, 500, noon) == 302
    deliver()
    gift.refresh_from_db()
    assert gift.state(noon) == "waiting"
    assert books() == {
        "creator:mika:held:usd": -900,
        "expense:stripe_fee:usd": 74,
        "income:platform_fee:usd": -100,
        "stripe:usd": 926,
    }
    assert [give_back(client, gift.purchase, minor, noon) for minor in (1_001, 400, 600)] == [422, 302, 302]
    deliver()
    gift.refresh_from_db()
    assert (gift.state(noon), gift.withdrawn_reason) == ("withdrawn", "refunded")
    assert books() == ALL_BACK
    assert RefundOrder.objects.filter(state=RefundOrder.State.DONE).count() == 3


def test_asking_once_more_gives_back_nothing_twice(
    client: Client, mika: Creator, gift: Gift, deliver: Deliver, noon: datetime
) -> None:
    client.force_login(mika.user)
    assert [give_back(client, gift.purchase, 1_500, noon) for _twice in range(2)] == [302, 422]
    deliver()
    assert (books(), RefundOrder.objects.count()) == (ALL_BACK, 1)
    assert "All of it has been given back" in plain(client.get(address(gift.purchase)).content)


def test_what_a_claimed_gift_opened_closes_with_it(
    client: Client, lee: User, mika: Creator, gift: Gift, deliver: Deliver, noon: datetime
) -> None:
    claim_gift(gift=gift, secret=gift.secret, by=lee, now=noon)
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        assert "what it opened for Lee closes at once" in plain(client.get(address(gift.purchase)).content)
    give_back(client, gift.purchase, 1_500, noon)
    deliver()
    assert books() == ALL_BACK
    assert not perks(viewer=lee, creator=mika, at=noon + timedelta(days=1)).is_member


def test_a_gift_that_is_used_up_takes_nothing_along(
    client: Client, lee: User, mika: Creator, gift: Gift, deliver: Deliver, noon: datetime
) -> None:
    claim_gift(gift=gift, secret=gift.secret, by=lee, now=noon)
    late = noon + timedelta(days=100)
    client.force_login(mika.user)
    with time_machine.travel(late, tick=False):
        assert "The gift has been used up" in plain(client.get(address(gift.purchase)).content)
    give_back(client, gift.purchase, 1_500, late)
    with time_machine.travel(late, tick=False):
        deliver()
    assert books() == ALL_BACK
    assert Grant.objects.get(source=gift.source).revoked_at is None
    assert not Notice.objects.filter(kind="subscriptions.gift_withdrawn").exists()


@pytest.mark.usefixtures("passes_only")
def test_a_pass_stays_open(
    client: Client, box: Sandbox, sam: User, mika: Creator, silver: Tier, deliver: Deliver, noon: datetime
) -> None:
    quote = quote_join(fan=sam, tier=silver, now=noon)
    bought = start_pass(quote=quote, signature=quote.signature, by=sam, now=noon)
    box.complete_checkout(bought.stripe_session_id, card="4242424242424242")
    deliver()
    client.force_login(mika.user)
    assert "Access stays as it is" in plain(client.get(address(bought)).content)
    assert bought.price.tier.name in plain(client.get(f"/studio/payments/{bought.public_id}/").content)
    give_back(client, bought, 500, noon)
    deliver()
    assert books() == {"expense:stripe_fee:usd": 45, "stripe:usd": -45}
    assert perks(viewer=sam, creator=mika, at=noon + timedelta(days=1)).is_member


def test_a_disputed_gift_is_not_given_back_beside_it(
    client: Client, box: Sandbox, mika: Creator, gift: Gift, deliver: Deliver, noon: datetime
) -> None:
    assert gift.purchase is not None and gift.purchase.charge is not None
    box.open_dispute(gift.purchase.charge.stripe_id)
    deliver()
    client.force_login(mika.user)
    assert "A bank is looking at this payment" in plain(client.get(address(gift.purchase)).content)
    assert give_back(client, gift.purchase, 400, noon) == 422
    assert not RefundOrder.objects.exists()


def test_staff_may_too_and_nobody_else(
    client: Client, sam: User, staff: User, noor: Creator, gift: Gift, noon: datetime
) -> None:
    assert gift.purchase is not None
    for somebody in (sam, noor.user):
        client.force_login(somebody)
        assert give_back(client, gift.purchase, 400, noon) == 404
    assert not RefundOrder.objects.exists()
    client.force_login(staff)
    assert address(gift.purchase) in client.get(f"/me/receipts/{gift.purchase.public_id}/").content.decode()
    assert give_back(client, gift.purchase, 400, noon) == 302
    assert client.delete(address(gift.purchase)).status_code == 405
