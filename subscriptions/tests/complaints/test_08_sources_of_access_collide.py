"""Complaint 8: paid and given access collided: free for life after leaving, or gifts that vanished with a renewal."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.members import give_complimentary, take_back
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import Grant, Invoice, Membership, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.trials import trial_days
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import live_until

pytestmark = pytest.mark.usefixtures("books_proved")


def give(tier: Tier, fan: User, now: datetime, until: datetime | None) -> Grant:
    return give_complimentary(
        creator=tier.creator, fans=[fan], tier=tier, reason="A friend", until=until, now=now, key="form"
    )[0]


def test_given_and_paid_and_left_is_not_free_for_life(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    give(gold, sam, noon, noon + timedelta(days=50))
    cancel_membership(membership=join(sam, silver), by=sam, now=noon)
    live_until(box, deliver, noon + timedelta(days=49))
    assert Membership.objects.get().status == Membership.Status.CANCELED
    assert perks(viewer=sam, creator=gold.creator, at=box.today()).tier == gold, "what was given stays until its day"
    live_until(box, deliver, noon + timedelta(days=51))
    assert not perks(viewer=sam, creator=gold.creator, at=box.today()).is_member


def test_what_was_given_survives_renewals_and_ends_when_it_is_taken_back(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    grant = give(gold, sam, noon, None)
    join(sam, silver)
    live_until(box, deliver, noon + timedelta(days=70))
    assert perks(viewer=sam, creator=gold.creator, at=box.today()).tier == gold
    take_back(creator=gold.creator, grant=grant, reason="Agreed", now=box.today())
    later = box.today() + timedelta(minutes=1)
    assert perks(viewer=sam, creator=gold.creator, at=later).tier == silver, "what is paid for is untouched"


def test_money_given_back_is_no_trial_and_closes_nothing_by_itself(
    sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    Tier.objects.filter(pk=gold.pk).update(trial_days=7)
    gold.refresh_from_db()
    join(sam, gold, card="4242424242424242")
    assert Membership.objects.get().status == Membership.Status.TRIALING
    assert trial_days(fan=sam, tier=gold, at=noon) == 0, "a trial begun is a trial had, whatever comes of it"
    assert not Invoice.objects.filter(gross_minor__gt=0).exists()


def test_a_refund_beside_a_gift_takes_only_the_money(
    sam: User, silver: Tier, gold: Tier, join: Join, noon: datetime
) -> None:
    give(gold, sam, noon, None)
    join(sam, silver)
    refund_invoice(invoice=Invoice.objects.get(), amount_minor=None, by=gold.creator.user, now=noon)
    kinds = {grant.kind for grant in perks(viewer=sam, creator=gold.creator, at=noon).grants}
    assert kinds == {Grant.Kind.PAID, Grant.Kind.COMPLIMENTARY}
