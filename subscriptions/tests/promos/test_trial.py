"""A free trial: once a person, told before it ends, and never a charge that nobody agreed to."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.cast import person
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.models import Grant, Invoice, Membership, Tier, Trial
from subscriptions.queries.access import perks
from subscriptions.queries.tenure import tenure_months
from subscriptions.queries.trials import has_had_trial, trial_days
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")
MY_CARD, OTHER_CARD = "4242424242424242", "5555555555554444"
PAID_ONCE = {
    "creator:mika:pending:usd": -900,
    "expense:stripe_fee:usd": 59,
    "income:platform_fee:usd": -100,
    "stripe:usd": 941,
}


@pytest.fixture
def gold_on_trial(gold: Tier) -> Tier:
    """Gold, free for its first 14 days."""
    gold.trial_days = 14
    gold.save(update_fields=["trial_days"])
    return gold


def judge(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        tasks.sweep_offers()


def test_a_trial_opens_the_doors_without_money(sam: User, gold_on_trial: Tier, join: Join, noon: datetime) -> None:
    membership = join(sam, gold_on_trial)
    assert (membership.status, membership.period_end_at) == ("trialing", noon + timedelta(days=14))
    grant = Grant.objects.get(kind=Grant.Kind.TRIAL)
    assert (grant.from_at, grant.until_at) == (noon, noon + timedelta(days=14))
    assert perks(viewer=sam, creator=gold_on_trial.creator, at=noon).tier == gold_on_trial
    assert tenure_months(fans=[sam], creator=gold_on_trial.creator, at=noon).get(sam.pk, 0) == 0
    assert (Invoice.objects.get().is_trial, Trial.objects.get().ends_at) == (True, noon + timedelta(days=14))
    assert books() == {}


def test_after_the_trial_the_price_is_charged(
    box: Sandbox, sam: User, gold_on_trial: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    join(sam, gold_on_trial)
    box.advance_to(noon + timedelta(days=14, hours=2))
    deliver()
    assert Membership.objects.get().status == "active"
    assert books() == PAID_ONCE


def test_one_trial_per_person_by_mailbox(sam: User, lee: User, gold_on_trial: Tier, join: Join, noon: datetime) -> None:
    assert trial_days(fan=sam, tier=gold_on_trial, at=noon) == 14
    join(sam, gold_on_trial)
    twin = person("Twin", public_id="twin")
    twin.email = "sam+again@example.com"
    assert has_had_trial(fan=sam, creator=gold_on_trial.creator)
    assert [trial_days(fan=fan, tier=gold_on_trial, at=noon) for fan in (sam, twin, lee)] == [0, 0, 14]


def test_who_has_paid_before_has_no_trial(sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    join(sam, gold)
    gold.trial_days = 14
    assert trial_days(fan=sam, tier=gold, at=noon + timedelta(days=60)) == 0


def test_a_second_trial_with_the_same_card_ends_without_a_charge(
    box: Sandbox, sam: User, lee: User, gold_on_trial: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    join(sam, gold_on_trial, card=MY_CARD)
    judge(noon)
    membership = join(lee, gold_on_trial, card=MY_CARD)
    for _twice in range(2):
        judge(noon + timedelta(minutes=5))
        deliver()
        membership.refresh_from_db()
        assert membership.status == Membership.Status.CANCELED
    second = Trial.objects.get(fan=lee)
    assert second.refused_at is not None and second.closed_at is not None
    assert not perks(viewer=lee, creator=gold_on_trial.creator, at=noon + timedelta(minutes=6)).is_member
    notice = Notice.objects.get(user=lee, key=f"ended:{membership.stripe_subscription_id}")
    assert "Nothing was charged" in notice.body
    box.advance_to(noon + timedelta(days=13))
    deliver()
    assert books() == {}
    # Lee may join all the same, without a trial.
    assert trial_days(fan=lee, tier=gold_on_trial, at=noon) == 0


def test_another_card_has_a_trial_of_its_own(
    sam: User, lee: User, gold_on_trial: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold_on_trial, card=MY_CARD)
    judge(noon)
    join(lee, gold_on_trial, card=OTHER_CARD)
    judge(noon)
    assert Trial.objects.granted().count() == 2


@pytest.mark.parametrize(("days", "warned_before"), [(14, 3), (2, 1)])
def test_the_end_is_told_once_before_it_comes(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime, days: int, warned_before: int
) -> None:
    gold.trial_days = days
    gold.save(update_fields=["trial_days"])
    join(sam, gold)
    told = noon + timedelta(days=days - warned_before)
    for moment, count in [(told - timedelta(minutes=1), 0), (told, 1), (told + timedelta(hours=1), 1)]:
        box.advance_to(max(box.today(), moment))
        with time_machine.travel(moment, tick=False):
            tasks.announce_dates()
        assert Notice.objects.filter(user=sam, kind="subscriptions.trial_ending").count() == count
    assert "$10.00" in Notice.objects.get(kind="subscriptions.trial_ending").body
