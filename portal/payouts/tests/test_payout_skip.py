"""Everybody who is left out reads why, in a sentence."""

from datetime import date, datetime, timedelta

import pytest

from portal.accounts.models import Creator
from portal.ledger.queries import books
from portal.payouts.actions import holds, runs
from portal.payouts.models import Hold, PayoutRule, PayoutSkip
from portal.payouts.queries import prospects
from portal.payouts.tests.conftest import Deliver, Earn, GetReady
from portal.sandbox.engine import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("till", "books_proved")]


def skipped(creator: Creator, now: datetime) -> PayoutSkip:
    """Run a payday; nobody may have been paid."""
    before = books("creator:")
    run = runs.reserve_run(run=runs.open_run(now=now), now=now)
    assert not run.payouts.exists()
    assert books("creator:") == before, "a skip moves nothing"
    return PayoutSkip.objects.get(run=run, creator=creator)


def told(skip: PayoutSkip) -> tuple[str, str, int]:
    return skip.reason, skip.sentence, skip.amount_minor


def test_no_account(mika: Creator, earn: Earn, noon: datetime) -> None:
    earn(mika, 5_000)
    assert told(skipped(mika, noon)) == ("no_account", "You have not told us yet where to pay you.", 5_000)


def test_account_not_ready(
    mika: Creator, earn: Earn, get_ready: GetReady, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    earn(mika, 5_000)
    box.restrict_account(get_ready(mika).stripe_id)
    deliver()
    skip = skipped(mika, noon)
    assert skip.reason == "account_not_ready"
    assert skip.sentence == "Your payout account is restricted; the payment provider still needs something from you."


def test_account_changed_a_few_days_ago(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> None:
    earn(mika, 5_000)
    account = get_ready(mika)
    account.changed_at = noon - timedelta(days=6)
    account.save()
    skip = skipped(mika, noon)
    assert skip.reason == "account_changed"
    assert skip.sentence == "Your payout details were changed. To protect you, payouts wait until May 16, 2026."
    later = prospects(now=noon + timedelta(days=1), creator=mika)
    assert [prospect.is_paid for prospect in later] == [True]


def test_below_the_least_amount(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> None:
    earn(mika, 999)
    get_ready(mika)
    sentence = "$9.99 is less than the least amount of $10.00; it is kept for a later payout."
    assert told(skipped(mika, noon)) == ("below_minimum", sentence, 999)


def test_exactly_the_least_amount_is_paid(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> None:
    earn(mika, 1_000)
    earn(mika, 1_300, currency="eur")
    get_ready(mika)
    assert [(row.currency, row.is_paid) for row in prospects(now=noon)] == [("eur", True), ("usd", True)]
    PayoutRule.objects.create(currency="eur", valid_from_date=date(2026, 5, 15), minimum_minor=1_301)
    PayoutRule.objects.create(currency="usd", valid_from_date=date(2026, 5, 16), minimum_minor=9_999)
    assert [(row.currency, row.is_paid) for row in prospects(now=noon)] == [("eur", False), ("usd", True)]


def test_held(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> None:
    earn(mika, 5_000)
    get_ready(mika)
    hold = holds.hold_payouts(creator=mika, reason="we are looking at a report.", now=noon)
    assert holds.hold_payouts(creator=mika, reason="we are looking at a report.", now=noon) == hold
    assert told(skipped(mika, noon)) == ("held", "Payouts to you are held: we are looking at a report.", 5_000)
    assert mika.user.notices.get().kind == "payouts.held"
    holds.release_hold(hold=hold, now=noon)
    assert prospects(now=noon, creator=mika)[0].is_paid


def test_a_hold_ends_by_itself(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> None:
    earn(mika, 5_000)
    get_ready(mika)
    holds.hold_payouts(creator=mika, reason="review", now=noon, until=noon + timedelta(days=2))
    assert not prospects(now=noon + timedelta(days=1), creator=mika)[0].is_paid
    assert prospects(now=noon + timedelta(days=2), creator=mika)[0].is_paid
    assert list(Hold.objects.live(noon - timedelta(seconds=1))) == []


def test_nothing_ready(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> None:
    earn(mika, 700, bucket="pending")
    earn(mika, 800, bucket="held")
    get_ready(mika)
    sentence = "Nothing is ready to be paid yet; what you earned is still maturing or held."
    assert told(skipped(mika, noon)) == ("nothing_ready", sentence, 1_500)


def test_owes(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> None:
    earn(mika, -2_000)
    get_ready(mika)
    sentence = "Earlier refunds took $20.00 more than you have earned since; new earnings settle it bit by bit."
    assert told(skipped(mika, noon)) == ("owes", sentence, -2_000)


def test_a_currency_without_a_rule(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> None:
    earn(mika, 5_000, currency="jpy")
    get_ready(mika)
    skip = skipped(mika, noon)
    assert told(skip) == ("no_rule", "We do not pay out JPY yet; your money is kept for you.", 5_000)


def test_the_sentence_is_in_the_creators_language(mika: Creator, earn: Earn, noon: datetime) -> None:
    mika.user.language = "es"
    mika.user.save()
    earn(mika, 5_000)
    assert skipped(mika, noon).reason == "no_account"


def test_who_has_nothing_is_no_candidate(mika: Creator, noor: Creator, earn: Earn, noon: datetime) -> None:
    earn(mika, 5_000)
    assert [prospect.creator for prospect in prospects(now=noon)] == [mika]
