"""Each moment is told once, in time, and may be switched off by kind and channel."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import User
from portal.notices.actions import prefer
from portal.notices.models import Notice
from portal.payments.gateway import client as provider
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions.memberships import cancel_membership
from subscriptions.models import PaymentCard, Tier
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import fail_renewal


def announce(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        tasks.announce_dates()


def count(kind: str) -> int:
    return Notice.objects.filter(kind=f"subscriptions.{kind}").count()


@pytest.mark.parametrize(("interval", "before"), [("month", timedelta(days=1)), ("year", timedelta(days=7))])
def test_a_renewal_is_told_once_before_it_comes(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime, interval: str, before: timedelta
) -> None:
    from subscriptions.actions.tiers import add_price, publish_tier

    if interval == "year":
        add_price(tier=gold, amount_minor=10_000, interval="year", now=noon)
        publish_tier(tier=gold, now=noon)
    membership = join(sam, gold, interval=interval)
    due = membership.period_end_at
    assert due is not None
    for moment, told in [(due - before - timedelta(minutes=1), 0), (due - before, 1), (due - timedelta(hours=1), 1)]:
        box.advance_to(moment)
        announce(moment)
        assert count("renewal_soon") == told


def test_who_leaves_is_not_told_of_a_renewal(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    cancel_membership(membership=join(sam, gold), by=sam, now=noon)
    announce(noon.replace(month=6) - timedelta(hours=2))
    assert count("renewal_soon") == 0


def test_a_card_that_expires_is_told_once_within_its_last_thirty_days(
    sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    join(sam, gold)
    method = provider().v1.payment_methods.create(
        {"type": "card", "card": {"number": "5555555555554444", "exp_month": 7, "exp_year": 2026}}
    )
    provider().v1.payment_methods.attach(method.id, {"customer": Customer.objects.get(user=sam).stripe_id})
    deliver()
    card = PaymentCard.objects.get(stripe_id=method.id)
    assert (card.user, card.last4, card.exp_month) == (sam, "4444", 7)
    for moment, told in [(datetime(2026, 7, 1, tzinfo=noon.tzinfo), 0), (datetime(2026, 7, 3, tzinfo=noon.tzinfo), 1)]:
        announce(moment)
        announce(moment + timedelta(hours=1))
        assert count("card_expiring") == told
    assert "July 31" in Notice.objects.get(kind="subscriptions.card_expiring").body


def test_what_was_switched_off_stays_silent_and_money_stays_on_the_page(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    for kind in ("renewal_soon", "payment_failed"):
        prefer(user=sam, kind=f"subscriptions.{kind}", bell=False, email=False)
    join(sam, gold)
    due = noon.replace(month=6)
    announce(due - timedelta(hours=2))
    fail_renewal(box, sam, due, deliver)
    soon = Notice.objects.get(kind="subscriptions.renewal_soon")
    failed = Notice.objects.get(kind="subscriptions.payment_failed")
    assert (soon.in_bell, soon.by_email) == (False, False)
    assert (failed.in_bell, failed.by_email) == (True, False)
