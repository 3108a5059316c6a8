"""What was paid once and opened nothing raises an alarm, and it goes away once the door or the money is where it belongs."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.models import User
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.gifts import begin_gift, claim_gift
from subscriptions.actions.passes import open_pass
from subscriptions.actions.purchases import start_pass
from subscriptions.actions.quotes import quote_join
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import Alarm, ChargeRefund, Gift, Grant, Purchase, Tier
from subscriptions.tests.alarms.test_watch import look
from subscriptions.tests.gifts.conftest import Give

Kind = Alarm.Kind
SOON = timedelta(minutes=11)


@pytest.mark.usefixtures("passes_only")
def test_a_pass_without_its_grant(box: Sandbox, sam: User, silver: Tier, deliver: Deliver, noon: datetime) -> None:
    quote = quote_join(fan=sam, tier=silver, now=noon)
    bought = start_pass(quote=quote, signature=quote.signature, by=sam, now=noon)
    assert look(noon + SOON) == []
    box.complete_checkout(bought.stripe_session_id, card="4242424242424242")
    deliver()
    assert look(noon + SOON) == []
    Grant.objects.all().delete()
    assert look(noon + timedelta(minutes=9)) == []
    assert look(noon + SOON) == look(noon + SOON) == [(Kind.PAID_CLOSED, bought.source)]
    bought.refresh_from_db()
    open_pass(purchase=bought, now=noon)
    assert look(noon + SOON) == []
    assert Alarm.objects.get().resolved_at == noon + SOON


@pytest.mark.usefixtures("passes_only")
def test_a_pass_that_went_back_needs_no_door(
    box: Sandbox, sam: User, silver: Tier, deliver: Deliver, noon: datetime
) -> None:
    quote = quote_join(fan=sam, tier=silver, now=noon)
    bought = start_pass(quote=quote, signature=quote.signature, by=sam, now=noon)
    box.complete_checkout(bought.stripe_session_id, card="4242424242424242")
    deliver()
    bought.refresh_from_db()
    Grant.objects.all().delete()
    refund_invoice(invoice=bought, amount_minor=499, by=None, now=noon)
    assert look(noon + SOON) == [(Kind.PAID_CLOSED, bought.source)]
    refund_invoice(invoice=bought, amount_minor=1, by=None, now=noon)
    assert look(noon + SOON) == []


def test_a_gift_that_never_began(sam: User, silver: Tier, give: Give, noon: datetime) -> None:
    gift = give(sam, silver, 1)
    assert look(noon + SOON) == []
    Gift.objects.update(expires_at=None)
    bought = Purchase.objects.get()
    assert look(noon + SOON) == [(Kind.PAID_CLOSED, bought.source)]
    begin_gift(purchase=bought, now=noon)
    assert look(noon + SOON) == []
    gift.delete()
    assert look(noon + SOON) == [(Kind.PAID_CLOSED, bought.source)]


def test_a_gift_taken_back_for_a_refund_that_failed(
    sam: User, lee: User, staff: User, silver: Tier, give: Give, deliver: Deliver, noon: datetime
) -> None:
    gift = give(sam, silver, 1)
    claim_gift(gift=gift, secret=gift.secret, by=lee, now=noon)
    assert gift.purchase is not None
    refund_invoice(invoice=gift.purchase, amount_minor=None, by=staff, now=noon)
    deliver()
    assert look(noon + SOON) == []
    ChargeRefund.objects.update(status="failed", rank=ChargeRefund.RANKS["failed"])
    assert look(noon + SOON) == [(Kind.PAID_CLOSED, gift.purchase.source)]
    Grant.objects.create(
        fan=lee, creator=gift.creator, tier=silver, kind=Grant.Kind.STAFF, source="staff:1", from_at=noon + SOON
    )
    assert look(noon + SOON) == []


def test_a_gift_that_was_claimed_has_its_grant_the_database_says_so(
    sam: User, lee: User, silver: Tier, give: Give, noon: datetime
) -> None:
    gift = give(sam, silver, 1)
    claim_gift(gift=gift, secret=gift.secret, by=lee, now=noon)
    with pytest.raises(IntegrityError), transaction.atomic():
        Gift.objects.update(grant=None)
