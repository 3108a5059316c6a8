"""A gift and a paid membership of the same creator: no day is lost, nothing is charged before it was shown."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions.gifts import claim_gift
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.quotes import quote_join
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import Gift, Invoice, Membership, Tier, Trial
from subscriptions.queries.access import opens_at, perks
from subscriptions.queries.gifts import claim_effect
from subscriptions.queries.members import standings
from subscriptions.tests.conftest import Join
from subscriptions.tests.gifts.conftest import Give
from subscriptions.tests.passing import live_until

pytestmark = pytest.mark.usefixtures("books_proved")
JUNE, SEPTEMBER = datetime(2026, 6, 15, 12, tzinfo=UTC), datetime(2026, 9, 15, 12, tzinfo=UTC)


def claim(gift: Gift, by: User, now: datetime) -> Gift:
    claimed = claim_gift(gift=gift, secret=gift.secret, by=by, now=now)
    with time_machine.travel(now, tick=False):
        tasks.move_charge(gift_id=gift.pk)
        tasks.move_charge(gift_id=gift.pk)
    claimed.refresh_from_db()
    return claimed


def test_who_pays_already_is_charged_that_much_later(
    sam: User, lee: User, mika: Creator, silver: Tier, join: Join, give: Give, box: Sandbox, deliver: Deliver
) -> None:
    membership, now = join(sam, silver), box.today()
    gift = give(lee, silver, 3)
    effect = claim_effect(gift=gift, fan=sam, at=now)
    assert (effect.from_at, effect.until_at, effect.charge_at) == (JUNE, SEPTEMBER, SEPTEMBER)
    claimed = claim(gift, sam, now)
    deliver()
    membership.refresh_from_db()
    assert claimed.charge_moved_at is not None
    assert (membership.period_end_at, membership.is_going_on) == (SEPTEMBER, True)
    assert standings(rows=[membership], creator=mika, at=now) == {membership.pk: "charged from September 15"}
    assert opens_at(membership=membership, mine=perks(viewer=sam, creator=mika, at=now)) is None
    # No day without access, no charge and no trial in between.
    live_until(box, deliver, SEPTEMBER - timedelta(hours=1))
    for day in range((SEPTEMBER - now).days):
        assert perks(viewer=sam, creator=mika, at=now + timedelta(days=day, hours=1)).is_member, day
    assert (Invoice.objects.filter(gross_minor__gt=0).count(), Trial.objects.count()) == (1, 0)
    live_until(box, deliver, SEPTEMBER + timedelta(hours=3))
    membership.refresh_from_db()
    assert Invoice.objects.filter(gross_minor__gt=0).count() == 2
    assert (membership.status, membership.period_end_at) == ("active", datetime(2026, 10, 15, 12, tzinfo=UTC))
    assert books() == {
        "creator:mika:pending:usd": -(450 + 1_350 + 450),
        "expense:stripe_fee:usd": 45 + 74 + 45,
        "income:platform_fee:usd": -(50 + 150 + 50),
        "stripe:usd": 2_500 - 164,
    }


def test_what_is_taken_back_pays_for_no_time(
    sam: User, lee: User, mika: Creator, silver: Tier, join: Join, give: Give, box: Sandbox, deliver: Deliver
) -> None:
    membership, now = join(sam, silver), box.today()
    gift = claim(give(lee, silver, 3), sam, now)
    deliver()
    assert gift.purchase is not None
    refund_invoice(invoice=gift.purchase, amount_minor=None, by=mika.user, now=now)
    deliver()
    with time_machine.travel(now, tick=False):
        tasks.move_charge(gift_id=gift.pk)
        tasks.follow_gifts()
    membership.refresh_from_db()
    gift.refresh_from_db()
    assert (membership.period_end_at, gift.charge_returned_at) == (JUNE, now)
    assert Notice.objects.filter(user=sam, key=f"gift-charge:{gift.public_id}").count() == 1
    live_until(box, deliver, JUNE + timedelta(hours=3))
    assert Invoice.objects.filter(gross_minor__gt=0).count() == 2


def test_a_membership_about_to_end_is_followed_by_the_gift(
    sam: User, lee: User, silver: Tier, join: Join, give: Give, box: Sandbox
) -> None:
    membership, now = join(sam, silver), box.today()
    cancel_membership(membership=membership, by=sam, now=now)
    gift = claim(give(lee, silver, 3), sam, now)
    assert gift.grant is not None
    assert (gift.grant.from_at, gift.grant.until_at, gift.moves_charge_of) == (JUNE, SEPTEMBER, "")


def test_who_joins_with_a_gift_keeps_the_days_that_are_left(
    sam: User,
    lee: User,
    mika: Creator,
    silver: Tier,
    gold: Tier,
    join: Join,
    give: Give,
    box: Sandbox,
    deliver: Deliver,
) -> None:
    now = box.today()
    gift = claim(give(lee, silver, 1), sam, now)
    assert quote_join(fan=sam, tier=gold, now=now).charge_now_minor == 1_000
    offer = quote_join(fan=sam, tier=silver, now=now)
    assert (offer.charge_now_minor, offer.next_charge_at, offer.inputs["gift"]) == (0, JUNE, gift.source)
    membership = join(sam, silver)
    assert (membership.status, membership.period_end_at, Trial.objects.count()) == ("trialing", JUNE, 0)
    assert gift.purchase is not None
    # A gift that is given back leaves no free days behind.
    refund_invoice(invoice=gift.purchase, amount_minor=None, by=mika.user, now=now)
    deliver()
    with time_machine.travel(now, tick=False):
        tasks.move_charge(gift_id=gift.pk)
    deliver()
    membership.refresh_from_db()
    assert membership.period_end_at == now + timedelta(days=3)
    assert not perks(viewer=sam, creator=mika, at=now + timedelta(seconds=1)).is_member
    live_until(box, deliver, now + timedelta(days=3, hours=3))
    assert Invoice.objects.filter(gross_minor__gt=0).count() == 1
    assert perks(viewer=sam, creator=mika, at=box.today()).is_member
    assert Membership.objects.get().status == "active"
