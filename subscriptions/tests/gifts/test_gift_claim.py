from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions.gifts import (
    GiftHasExpired,
    GiftIsDisputed,
    GiftIsNotPaid,
    GiftIsTaken,
    GiftIsWithdrawn,
    GiftLinkIsWrong,
    GiftOfOwnTier,
    claim_gift,
    write_gift,
)
from subscriptions.actions.quotes import quote_gift
from subscriptions.actions.refunds import refund_invoice, refund_suspicious
from subscriptions.models import Gift, Grant, Purchase, TenureMonth, Tier
from subscriptions.queries.access import perks
from subscriptions.tests.gifts.conftest import Give

pytestmark = pytest.mark.usefixtures("books_proved")
# Three months of Silver: $15.00, of which the provider keeps 2.9 % + 30 ¢ and the portal a tenth.
HELD = {
    "creator:mika:held:usd": -1_350,
    "expense:stripe_fee:usd": 74,
    "income:platform_fee:usd": -150,
    "stripe:usd": 1_426,
}
CLAIMED = {**{k: v for k, v in HELD.items() if "held" not in k}, "creator:mika:pending:usd": -1_350}
BACK = {"expense:stripe_fee:usd": 74, "stripe:usd": -74}


def claim(gift: Gift, by: User, now: datetime) -> Gift:
    return claim_gift(gift=gift, secret=gift.secret, by=by, now=now)


def test_bought_paid_claimed_and_taken_back_with_the_money(
    sam: User, lee: User, mika: Creator, silver: Tier, give: Give, deliver: Deliver, noon: datetime
) -> None:
    gift = give(sam, silver, 3)
    assert gift.purchase is not None
    assert (gift.state(noon), gift.expires_at, books()) == ("waiting", noon + timedelta(days=365), HELD)
    assert not perks(viewer=lee, creator=mika, at=noon).is_member

    later = noon + timedelta(days=10)
    claimed = claim(gift, lee, later)
    grant = Grant.objects.get()
    assert (grant.kind, grant.source, grant.fan, grant.granted_by) == ("gifted", f"gift:{gift.public_id}", lee, sam)
    assert (grant.from_at, grant.until_at) == (later, datetime(2026, 8, 25, 12, tzinfo=later.tzinfo))
    assert perks(viewer=lee, creator=mika, at=later).tier == silver
    assert books() == CLAIMED
    assert [month.kind for month in TenureMonth.objects.filter(fan=lee)] == ["gifted"] * 3

    with time_machine.travel(later + timedelta(days=6, hours=23), tick=False):
        tasks.mature_invoices()
    assert books() == CLAIMED
    with time_machine.travel(later + timedelta(days=7), tick=False):
        tasks.mature_invoices()
    assert books() == {name.replace("pending", "available"): amount for name, amount in CLAIMED.items()}

    refund_invoice(invoice=gift.purchase, amount_minor=None, by=mika.user, now=later)
    deliver()
    claimed.refresh_from_db()
    assert (claimed.state(later), claimed.withdrawn_reason, books()) == ("withdrawn", "refunded", BACK)
    grant.refresh_from_db()
    assert grant.revoked_reason == "gift refunded"
    assert not perks(viewer=lee, creator=mika, at=later + timedelta(seconds=1)).is_member
    kinds = list(Notice.objects.filter(user=lee).values_list("kind", flat=True))
    assert kinds == ["subscriptions.gift_withdrawn"]


def test_everything_twice_is_harmless(
    sam: User, lee: User, silver: Tier, give: Give, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    gift = give(sam, silver, 3)
    first, second = claim(gift, lee, noon), claim(gift, lee, noon + timedelta(days=2))
    assert first.claimed_at == second.claimed_at
    assert (Grant.objects.count(), Purchase.objects.count(), books()) == (1, 1, CLAIMED)
    assert Notice.objects.filter(kind="subscriptions.gift_claimed").count() == 2


def test_a_part_given_back_leaves_the_gift(
    sam: User, lee: User, mika: Creator, silver: Tier, give: Give, deliver: Deliver, noon: datetime
) -> None:
    gift = give(sam, silver, 3)
    assert gift.purchase is not None
    refund_invoice(invoice=gift.purchase, amount_minor=500, by=mika.user, now=noon)
    deliver()
    claim(gift, lee, noon)
    assert books() == {
        "creator:mika:pending:usd": -900,
        "expense:stripe_fee:usd": 74,
        "income:platform_fee:usd": -100,
        "stripe:usd": 926,
    }


def test_each_no_has_its_name(
    sam: User, lee: User, mika: Creator, silver: Tier, give: Give, deliver: Deliver, noon: datetime
) -> None:
    gift, year = give(sam, silver, 3), timedelta(days=365)
    with pytest.raises(GiftLinkIsWrong):
        claim_gift(gift=gift, secret="0" * 40, by=lee, now=noon)
    with pytest.raises(GiftOfOwnTier):
        claim(gift, mika.user, noon)
    # The deadline itself counts; no job has run.
    with pytest.raises(GiftHasExpired):
        claim(gift, lee, noon + year)
    claim(gift, lee, noon + year - timedelta(seconds=1))
    with pytest.raises(GiftIsTaken):
        claim(gift, sam, noon)
    second = give(sam, silver, 1)
    assert second.purchase is not None
    refund_invoice(invoice=second.purchase, amount_minor=None, by=None, now=noon)
    with pytest.raises(GiftIsWithdrawn):
        claim(second, lee, noon)
    quote = quote_gift(fan=lee, tier=silver, months=6, now=noon)
    with pytest.raises(GiftIsNotPaid):
        claim(write_gift(quote=quote, now=noon), sam, noon)


def test_a_dispute_holds_the_gift_and_a_lost_one_takes_it(
    sam: User, lee: User, mika: Creator, silver: Tier, give: Give, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    gift, claimed = give(sam, silver, 3), give(sam, silver, 1)
    claim(claimed, lee, noon)
    assert gift.purchase is not None
    assert gift.purchase.charge is not None
    dispute = box.open_dispute(gift.purchase.charge.stripe_id)
    deliver()
    with pytest.raises(GiftIsDisputed):
        claim(gift, lee, noon)
    assert books()["asset:disputed:usd"] == 1_500
    box.close_dispute(dispute["id"], won=False)
    deliver()
    gift.refresh_from_db()
    assert (gift.withdrawn_reason, books()["creator:mika:pending:usd"]) == ("disputed", -450)
    assert "creator:mika:held:usd" not in books()
    with pytest.raises(GiftIsWithdrawn):
        claim(gift, lee, noon)


def test_a_bank_that_suspects_takes_the_gift_back(
    sam: User, lee: User, silver: Tier, give: Give, deliver: Deliver, noon: datetime
) -> None:
    gift = give(sam, silver, 3)
    assert gift.purchase is not None
    claim(gift, lee, noon)
    refund_suspicious(invoice=gift.purchase, now=noon)
    deliver()
    assert (books(), Grant.objects.get().revoked_at is not None) == (BACK, True)


def test_two_gifts_follow_each_other(sam: User, lee: User, silver: Tier, give: Give, noon: datetime) -> None:
    claim(give(sam, silver, 1), lee, noon)
    claim(give(sam, silver, 3), lee, noon)
    first, second = Grant.objects.order_by("from_at")
    assert (first.until_at, second.from_at) == (second.from_at, datetime(2026, 6, 15, 12, tzinfo=noon.tzinfo))
    assert second.until_at == datetime(2026, 9, 15, 12, tzinfo=noon.tzinfo)


def test_the_page_asks_to_sign_in_and_then_claims(
    client: Client, sam: User, lee: User, mika: Creator, silver: Tier, give: Give, noon: datetime
) -> None:
    gift = give(sam, silver, 3, message="For your rainy days")
    address = f"/gifts/{gift.public_id}/{gift.secret}/"
    with time_machine.travel(noon, tick=False):
        shown = client.get(address)
        assert (shown.status_code, shown["Referrer-Policy"]) == (200, "no-referrer")
        assert "For your rainy days" in shown.content.decode()
        assert "Sign in and claim it" in shown.content.decode()
        assert client.post(address).status_code == 302
        assert Grant.objects.count() == 0
        client.force_login(lee)
        assert client.post(address).status_code == 302
        assert "It is yours" in client.get(address).content.decode()
        client.force_login(sam)
        assert "claimed this gift already" in client.get(address).content.decode()
        assert client.put(address).status_code == 405


def test_wrong_links_are_counted(client: Client, sam: User, silver: Tier, give: Give) -> None:
    cache.clear()
    gift = give(sam, silver)
    wrong = f"/gifts/{gift.public_id}/{'0' * 40}/"
    assert [client.get(wrong).status_code for _time in range(21)] == [404] * 20 + [429]
    cache.clear()
    assert client.get(f"/gifts/{gift.public_id}/é/").status_code == 404
