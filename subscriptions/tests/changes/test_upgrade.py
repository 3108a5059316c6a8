"""More, at once: for its part of the paid time, from what the plan is worth; the billing day stays."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.payments.gateway import client
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.changes import ChargeDiffers, PaymentDidNotGoThrough, change_plan
from subscriptions.actions.promos import add_promo
from subscriptions.actions.quotes import QuoteIsNotYours, quote_change
from subscriptions.models import Grant, Membership, PlanChange, Quote, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.quotes import IsEnding, NothingChanges, PaymentIsOpen, RenewalInHand, TierIsFull
from subscriptions.tests.changes.conftest import HOURS, Agree, Pass, charged
from subscriptions.tests.conftest import Join, make_tier

pytestmark = pytest.mark.usefixtures("books_proved")
MIDDLE = datetime.fromisoformat("2026-05-31T00:00:00+00:00")  # half of 15 May noon to 15 June noon


def test_the_fan_pays_the_difference_for_the_time_that_is_left(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, silver)
    until(MIDDLE)
    quote = agree("change", membership, tier=gold)
    assert (quote.charge_now_minor, quote.next_charge_minor, quote.next_charge_at) == (
        250,
        1_000,
        noon.replace(month=6),
    )
    assert [row["title"] for row in quote.gained] == ["Chat", "Emojis"]
    assert quote.charged_minor == 250
    assert (membership.tier, membership.period_end_at) == (gold, noon.replace(month=6))
    assert perks(viewer=sam, creator=gold.creator, at=MIDDLE).tier == gold
    assert books() == {
        "creator:mika:pending:usd": -675,
        "expense:stripe_fee:usd": 45 + 37,
        "income:platform_fee:usd": -75,
        "stripe:usd": 750 - 45 - 37,
    }
    until(noon.replace(month=6) + HOURS)
    assert charged() == 500 + 250 + 1_000
    assert Notice.objects.filter(user=sam, kind="subscriptions.plan_changed").count() == 1


def test_twice_is_one_change(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, join: Join, until: Pass, deliver: Deliver
) -> None:
    membership = join(sam, silver)
    until(MIDDLE)
    quote = quote_change(membership=membership, tier=gold, now=MIDDLE)
    changes = {change_plan(quote=quote, signature=quote.signature, by=sam, now=MIDDLE) for _twice in range(2)}
    deliver()
    assert changes == set(PlanChange.objects.all())
    assert charged() == 750
    assert Grant.objects.filter(kind=Grant.Kind.PAID).count() == 2


def test_a_second_upgrade_in_one_period_counts_from_the_plan_and_not_from_the_last_charge(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    """Complaint 6: the credit of a part that was paid for is that part, not the whole charge spread anew."""
    top = make_tier(gold.creator, noon, name="Platinum", amount=2_000, kinds=("custom",))
    membership = join(sam, silver)
    until(MIDDLE)
    agree("change", membership, tier=gold)
    quarter_left = noon + timedelta(days=31 * 3 / 4)
    until(quarter_left)
    # A quarter of $20 less a quarter of $10.
    assert agree("change", membership, tier=top).charge_now_minor == 250
    assert charged() == 500 + 250 + 250


def test_using_a_month_up_and_upgrading_late_pays_no_more_and_gets_no_credit(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    """Complaint 5: up for the last day, down again: what was paid stays paid, and Gold ends with the period."""
    membership = join(sam, silver)
    until(noon.replace(month=6) - timedelta(days=4))
    up = agree("change", membership, tier=gold)
    assert up.charge_now_minor == 64
    down = agree("change", membership, tier=silver)
    assert (down.kind, down.charge_now_minor, down.effective_at) == ("downgrade", 0, noon.replace(month=6))
    until(noon.replace(month=6) + HOURS)
    assert charged() == 500 + 64 + 500
    assert client().v1.customers.retrieve(Customer.objects.get(user=sam).stripe_id).balance == 0


def test_too_little_to_charge_begins_with_the_next_period(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, silver)
    until(noon.replace(month=6) - timedelta(days=1))
    quote = agree("change", membership, tier=gold)
    assert (quote.kind, quote.charge_now_minor, quote.next_charge_minor) == ("downgrade", 0, 1_000)
    assert membership.tier == silver
    until(noon.replace(month=6) + HOURS)
    membership.refresh_from_db()
    assert (membership.tier, charged()) == (gold, 1_500)


def test_a_card_that_says_no_leaves_everything_as_it_is(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, join: Join, until: Pass, deliver: Deliver
) -> None:
    membership = join(sam, silver)
    until(MIDDLE)
    box.replace_card(Customer.objects.get(user=sam).stripe_id, card="4000000000000341")
    quote = quote_change(membership=membership, tier=gold, now=MIDDLE)
    with pytest.raises(PaymentDidNotGoThrough):
        change_plan(quote=quote, signature=quote.signature, by=sam, now=MIDDLE)
    deliver()
    membership.refresh_from_db()
    assert (membership.tier, membership.status, charged()) == (silver, Membership.Status.ACTIVE, 500)
    assert PlanChange.objects.get().dropped_reason == "unpaid"


def test_an_answer_that_was_lost_is_found_and_nothing_is_charged_twice(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, join: Join, until: Pass, deliver: Deliver
) -> None:
    membership = join(sam, silver)
    until(MIDDLE)
    quote = quote_change(membership=membership, tier=gold, now=MIDDLE)
    box.faults.add("timeout_after_commit", method="POST", path="/v1/subscriptions/*")
    with pytest.raises(Exception, match="does not answer"):
        change_plan(quote=quote, signature=quote.signature, by=sam, now=MIDDLE)
    until(MIDDLE + timedelta(minutes=30))
    membership.refresh_from_db()
    assert (membership.tier, charged(), PlanChange.objects.get().applied_at is not None) == (gold, 750, True)
    quote.refresh_from_db()
    assert quote.charged_minor in (None, 250)


def test_a_silent_provider_never_charges_later(
    box: Sandbox, sam: User, silver: Tier, gold: Tier, join: Join, until: Pass
) -> None:
    membership = join(sam, silver)
    until(MIDDLE)
    quote = quote_change(membership=membership, tier=gold, now=MIDDLE)
    box.faults.add("server_error", path="/v1/subscriptions/*", method="POST")
    with pytest.raises(Exception, match="does not answer"):
        change_plan(quote=quote, signature=quote.signature, by=sam, now=MIDDLE)
    until(MIDDLE + timedelta(minutes=30))
    assert (charged(), PlanChange.objects.get().dropped_reason) == (500, "unpaid")


def test_another_charge_than_shown_is_refused_before_it_happens_and_staff_are_told(
    box: Sandbox, sam: User, staff: User, silver: Tier, gold: Tier, join: Join, until: Pass
) -> None:
    membership = join(sam, silver)
    until(MIDDLE)
    customer = Customer.objects.get(user=sam).stripe_id
    client().v1.invoice_items.create({"customer": customer, "amount": 99, "currency": "usd"})
    quote = quote_change(membership=membership, tier=gold, now=MIDDLE)
    with pytest.raises(ChargeDiffers):
        change_plan(quote=quote, signature=quote.signature, by=sam, now=MIDDLE)
    assert charged() == 500
    assert Notice.objects.get(user=staff, kind="subscriptions.quote_mismatch").subject == (
        "Sam was shown $2.50 and the provider asks $3.49"
    )


def test_only_the_member_and_only_what_is_possible(
    box: Sandbox, sam: User, lee: User, silver: Tier, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, silver)
    quote = quote_change(membership=membership, tier=gold, now=noon)
    with pytest.raises(QuoteIsNotYours):
        change_plan(quote=quote, signature=quote.signature, by=lee, now=noon)
    with pytest.raises(NothingChanges):
        quote_change(membership=membership, tier=silver, now=noon)
    with pytest.raises(RenewalInHand):
        quote_change(membership=membership, tier=gold, now=noon.replace(month=6))
    Tier.objects.filter(pk=gold.pk).update(seats=1)
    join(lee, gold)
    gold.refresh_from_db()
    with pytest.raises(TierIsFull):
        quote_change(membership=membership, tier=gold, now=noon)
    Membership.objects.filter(pk=membership.pk).update(cancel_at_period_end=True)
    with pytest.raises(IsEnding):
        quote_change(membership=Membership.objects.get(fan=sam), tier=gold, now=noon)
    Membership.objects.filter(pk=membership.pk).update(status="past_due")
    with pytest.raises(PaymentIsOpen):
        quote_change(membership=Membership.objects.get(fan=sam), tier=gold, now=noon)
    assert Quote.objects.filter(kind="upgrade", accepted_at__isnull=False).count() == 0


def test_a_code_that_runs_out_is_told_with_the_change_too(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    """Half the price for two months, and a change in the first: what the third month costs is shown, and charged."""
    add_promo(creator=gold.creator, code="HALF2", percent=50, duration="months", months=2, now=noon)
    membership, july = join(sam, silver, code="HALF2"), noon.replace(month=7)
    until(MIDDLE)
    quote = agree("change", membership, tier=gold)
    assert (quote.charge_now_minor, quote.next_charge_minor) == (125, 500)
    assert quote.later == [{"at": july.isoformat(), "amount_minor": 1_000}]
    until(noon.replace(month=6) + HOURS)
    until(july + HOURS)
    assert charged() == 250 + 125 + 500 + 1_000
