"""What is shown is what is charged, for fifteen minutes; what has moved makes a new offer that says so."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import User
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.changes import change_plan
from subscriptions.actions.checkout import close_checkout, refresh_checkout, start_checkout
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.promos import add_promo, switch_off_promo
from subscriptions.actions.quotes import QuoteIsAltered, QuoteIsNotYours, QuoteMoved, quote_change, quote_join
from subscriptions.actions.tiers import add_price, archive_tier, publish_tier
from subscriptions.models import Checkout, Membership, PlanChange, Quote, Tier
from subscriptions.queries.quote_words import in_words
from subscriptions.queries.quotes import IsEnding, TierIsNotOnSale
from subscriptions.tests.changes.conftest import HOURS, Agree, Pass, charged
from subscriptions.tests.changes.test_upgrade import MIDDLE
from subscriptions.tests.conftest import Join, go_to_checkout

pytestmark = pytest.mark.usefixtures("books_proved")


def address(quote: Quote) -> str:
    return f"/me/quotes/{quote.public_id}/"


def test_it_says_in_plain_words_what_is_paid_now_and_from_when_on(
    client: Client, sam: User, silver: Tier, gold: Tier, join: Join, until: Pass
) -> None:
    membership = join(sam, silver)
    until(MIDDLE)
    quote = quote_change(membership=membership, tier=gold, now=MIDDLE)
    assert in_words(quote) == ["You pay $2.50 now.", "From June 15 $10.00 a month."]
    client.force_login(sam)
    with time_machine.travel(MIDDLE, tick=False):
        page = client.get(address(quote))
        assert b"You pay $2.50 now." in page.content
        assert page["Cache-Control"] == "private, no-cache"
        assert client.post(address(quote), {"signature": quote.signature})["Location"] == "/me/memberships/"
        assert b"You agreed to this on" in client.get(address(quote)).content
    membership.refresh_from_db()
    assert (membership.tier, charged()) == (gold, 750)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"percent": 50}, ["You pay $5.00 now.", "From June 15 $10.00 a month."]),
        ({"amount_minor": 200, "duration": "forever"}, ["You pay $8.00 now.", "From June 15 $8.00 a month."]),
        (
            {"percent": 25, "duration": "months", "months": 2},
            ["You pay $7.50 now.", "From June 15 $7.50 a month.", "From July 15 $10.00 a month."],
        ),
    ],
)
def test_a_code_is_in_the_words_and_in_every_charge(
    sam: User, gold: Tier, join: Join, until: Pass, noon: datetime, terms: dict[str, object], words: list[str]
) -> None:
    add_promo(creator=gold.creator, code="MAY", now=noon, **terms)  # type: ignore[arg-type]
    quote = quote_join(fan=sam, tier=gold, code="may", now=noon)
    assert in_words(quote) == words
    membership = join(sam, gold, code="may")
    quote = Quote.objects.get(checkout__isnull=False)
    told = [quote.charge_now_minor, quote.next_charge_minor or 0]
    assert (charged(), quote.charged_minor) == (told[0], told[0])
    until(noon.replace(month=6) + HOURS)
    assert charged() == sum(told)
    told.append(quote.later[0]["amount_minor"] if quote.later else told[-1])
    until(noon.replace(month=7) + HOURS)
    assert charged() == sum(told)
    assert membership.price.amount_minor == 1_000


def test_a_trial_costs_nothing_now_and_says_when_it_does(
    sam: User, gold: Tier, join: Join, until: Pass, noon: datetime
) -> None:
    Tier.objects.filter(pk=gold.pk).update(trial_days=14)
    gold.refresh_from_db()
    quote = quote_join(fan=sam, tier=gold, now=noon)
    assert in_words(quote) == ["You pay nothing now.", "From May 29 $10.00 a month."]
    membership = join(sam, gold)
    assert (membership.status, membership.period_end_at) == (Membership.Status.TRIALING, quote.next_charge_at)
    assert charged() == 0
    until(noon + timedelta(days=14) + HOURS)
    assert charged() == 1_000


def test_up_during_a_trial_begins_when_it_is_over(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    Tier.objects.filter(pk=silver.pk).update(trial_days=14)
    silver.refresh_from_db()
    membership = join(sam, silver)
    quote = agree("change", membership, tier=gold)
    assert (quote.kind, quote.charge_now_minor, quote.effective_at) == ("downgrade", 0, noon + timedelta(days=14))
    assert membership.tier == silver
    until(noon + timedelta(days=14) + HOURS)
    membership.refresh_from_db()
    assert (membership.tier, charged()) == (gold, 1_000)


def test_a_code_goes_along_with_a_change(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    add_promo(creator=gold.creator, code="HALF", percent=50, duration="forever", now=noon)
    membership = join(sam, silver, code="half")
    until(MIDDLE)
    up = agree("change", membership, tier=gold)
    assert (up.charge_now_minor, up.next_charge_minor) == (125, 500)
    down = agree("change", membership, tier=silver)
    assert down.next_charge_minor == 250
    until(noon.replace(month=6) + HOURS)
    assert charged() == 250 + 125 + 250


def test_what_was_paid_with_a_code_once_is_worth_what_was_paid(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    """A first month at half the price gives half the credit: a code cannot be turned into money."""
    add_promo(creator=gold.creator, code="ONCE", percent=50, now=noon)
    membership = join(sam, silver, code="once")
    until(MIDDLE)
    assert agree("change", membership, tier=gold).charge_now_minor == 500 - 125


def test_after_fifteen_minutes_there_is_a_new_offer_and_nothing_happened(
    client: Client, sam: User, silver: Tier, gold: Tier, join: Join, until: Pass
) -> None:
    membership = join(sam, silver)
    until(MIDDLE)
    quote = quote_change(membership=membership, tier=gold, now=MIDDLE)
    client.force_login(sam)
    with time_machine.travel(MIDDLE + timedelta(minutes=15), tick=False):
        assert b"See it as it stands now" in client.get(address(quote)).content
        there = client.post(address(quote), {"signature": quote.signature})["Location"]
        newer = Quote.objects.get(replaces=quote)
        assert there == address(newer)
        assert b"fifteen minutes ago" in client.get(there).content
    assert (PlanChange.objects.count(), charged()) == (0, 500)


def test_a_code_that_is_gone_is_said_and_left_out_of_the_new_offer(sam: User, gold: Tier, noon: datetime) -> None:
    promo = add_promo(creator=gold.creator, code="MAY", percent=50, now=noon)
    quote = quote_join(fan=sam, tier=gold, code="MAY", now=noon)
    switch_off_promo(promo=promo, now=noon)
    with pytest.raises(QuoteMoved) as refused:
        start_checkout(quote=quote, signature=quote.signature, by=sam, now=noon)
    newer = refused.value.quote
    assert (newer.charge_now_minor, newer.code, newer.moved) == (1_000, "", ["Mika has no code “MAY”."])
    assert Checkout.objects.count() == 0


@pytest.mark.parametrize("moves", ["price", "another change"])
def test_when_an_input_has_moved_it_refuses_and_says_what(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime, moves: str
) -> None:
    membership = join(sam, silver)
    quote = quote_change(membership=membership, tier=gold, now=noon)
    if moves == "price":
        add_price(tier=gold, amount_minor=1_200, now=noon)
        publish_tier(tier=gold, now=noon)
        said = ["The price was changed meanwhile.", "The amount was changed meanwhile."]
    else:
        agree("change", membership, tier=silver, amount_minor=700)
        said = ["Another change was asked for meanwhile."]
    with pytest.raises(QuoteMoved) as refused:
        change_plan(quote=quote, signature=quote.signature, by=sam, now=noon)
    assert refused.value.quote.moved == said
    assert (PlanChange.objects.filter(quote=quote).count(), charged()) == (0, 500)


def test_what_has_become_impossible_has_no_new_offer(
    sam: User, silver: Tier, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, silver)
    quote = quote_change(membership=membership, tier=gold, now=noon)
    cancel_membership(membership=membership, by=sam, now=noon)
    with pytest.raises(IsEnding):
        change_plan(quote=quote, signature=quote.signature, by=sam, now=noon)
    assert charged() == 500


def test_no_offer_outlives_the_paid_time_it_counts_from(
    sam: User, silver: Tier, gold: Tier, join: Join, until: Pass, noon: datetime
) -> None:
    membership, june = join(sam, silver), noon.replace(month=6)
    near = june - timedelta(minutes=5)
    assert quote_change(membership=membership, tier=gold, now=near).expires_at == june


def test_an_archived_tier_cannot_be_joined_by_an_older_offer(sam: User, gold: Tier, noon: datetime) -> None:
    quote = quote_join(fan=sam, tier=gold, now=noon)
    archive_tier(tier=gold, now=noon)
    with pytest.raises(TierIsNotOnSale):
        start_checkout(quote=quote, signature=quote.signature, by=sam, now=noon)


def test_who_edits_the_row_or_the_page_has_another_signature(sam: User, lee: User, gold: Tier, noon: datetime) -> None:
    quote = quote_join(fan=sam, tier=gold, now=noon)
    with pytest.raises(QuoteIsNotYours):
        start_checkout(quote=quote, signature=quote.signature, by=lee, now=noon)
    with pytest.raises(QuoteIsAltered):
        start_checkout(quote=quote, signature=quote.signature[:-1] + "x", by=sam, now=noon)
    Quote.objects.update(charge_now_minor=100)
    with pytest.raises(QuoteIsAltered):
        start_checkout(quote=quote, signature=quote.signature, by=sam, now=noon)


def test_a_second_look_is_the_same_offer_and_a_later_one_is_not(sam: User, gold: Tier, noon: datetime) -> None:
    first = quote_join(fan=sam, tier=gold, now=noon)
    assert quote_join(fan=sam, tier=gold, now=noon + timedelta(seconds=30)) == first
    assert quote_join(fan=sam, tier=gold, now=noon + timedelta(minutes=2)) != first


def test_staff_hear_when_the_provider_charged_another_amount(
    box: Sandbox, sam: User, staff: User, gold: Tier, deliver: Deliver, noon: datetime
) -> None:
    attempt = go_to_checkout(sam, gold, noon)
    Quote.objects.update(charge_now_minor=900)
    box.complete_checkout(attempt.stripe_session_id)
    for _twice in range(2):
        deliver()
        refresh_checkout(checkout=attempt, now=noon)
    told = Notice.objects.get(user=staff, kind="subscriptions.quote_mismatch")
    assert told.subject == "Sam was shown $9.00 and the provider asks $10.00"
    assert Quote.objects.get().is_charged_otherwise


def test_only_its_asker_sees_it_and_pay_another_way_makes_another(
    client: Client, sam: User, lee: User, gold: Tier, yearly: None, noon: datetime
) -> None:
    quote = quote_join(fan=sam, tier=gold, now=noon)
    assert client.get(address(quote)).status_code == 302
    client.force_login(lee)
    assert client.get(address(quote)).status_code == 404
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        wish = {"quote": quote.public_id, "interval": "year", "amount": "120", "code": ""}
        there = client.post(f"/@mika/tiers/{gold.public_id}/checkout/", wish)["Location"]
        assert b"You pay $120.00 now." in client.get(there).content
        bad = {"quote": quote.public_id, "interval": "year", "amount": "lots", "code": ""}
        assert client.post(f"/@mika/tiers/{gold.public_id}/checkout/", bad)["Location"] == address(quote)
        nothing = {"quote": quote.public_id, "interval": "", "amount": "", "code": "NOPE"}
        back = client.post(f"/@mika/tiers/{gold.public_id}/checkout/", nothing, follow=True)
        assert b"has no code" in back.content
    assert client.put(address(quote)).status_code == 405


def test_a_payment_page_that_ran_out_is_a_new_offer(box: Sandbox, sam: User, gold: Tier, noon: datetime) -> None:
    first = go_to_checkout(sam, gold, noon)
    assert first.quote is not None
    close_checkout(checkout=first, now=noon)
    with pytest.raises(QuoteMoved) as refused:
        start_checkout(quote=first.quote, signature=first.quote.signature, by=sam, now=noon)
    assert refused.value.quote.moved == ["The payment page you opened before has run out."]
