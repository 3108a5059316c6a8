"""Who is about to leave may be offered something: below the way out, at a price that is then charged, and once."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.ledger.queries import books
from portal.payments.gateway import client as provider
from portal.sandbox.engine import Sandbox
from subscriptions.actions.promos import add_promo, switch_off_promo
from subscriptions.actions.quotes import QuoteMoved, quote_stay
from subscriptions.actions.staying import stay
from subscriptions.actions.tiers import set_leaving
from subscriptions.models import Membership, MrrEvent, PromoCode, Quote, StayOffer, Tier
from subscriptions.queries.calendar import payment_calendar
from subscriptions.queries.quotes import OfferDoesNotFit
from subscriptions.queries.staying import save_offer, stay_summary
from subscriptions.tests.changes.conftest import Agree, Pass, charges
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


@pytest.fixture
def promo(mika: Creator, noon: datetime) -> PromoCode:
    """A fifth off for two months."""
    return add_promo(creator=mika, code="STAY", percent=20, duration="months", months=2, now=noon)


def offering(creator: Creator, kind: str, code: str = "STAY") -> None:
    set_leaving(creator=creator, pauses=True, save_offer=kind, save_code=code, save_again_months=12)


def leave_page(client: Client, membership: Membership, at: datetime) -> str:
    with time_machine.travel(at, tick=False):
        return client.get(f"/me/memberships/{membership.public_id}/cancellation/").content.decode()


def press(client: Client, membership: Membership, at: datetime) -> Quote:
    """Show me that, then: I agree."""
    with time_machine.travel(at, tick=False):
        shown = client.post(f"/me/memberships/{membership.public_id}/stay/")["Location"]
        quote = Quote.objects.latest("pk")
        assert "Stay with Mika for less" in client.get(shown).content.decode() or quote.kind != "stay"
        assert client.post(shown, {"signature": quote.signature})["Location"] == "/me/memberships/"
    quote.refresh_from_db()
    return quote


def test_what_the_offer_showed_is_what_is_charged(
    client: Client, sam: User, mika: Creator, gold: Tier, promo: PromoCode, join: Join, until: Pass, noon: datetime
) -> None:
    offering(mika, "discount")
    membership, later = join(sam, gold), noon + timedelta(days=3)
    # The provider counts the months of a code from its own clock.
    until(later)
    client.force_login(sam)
    page = leave_page(client, membership, later)
    assert "the next renewal at" in page and "$8.00" in page
    assert page.index("Cancel the membership") < page.index("Show me that")
    quote = press(client, membership, later)
    assert (quote.charge_now_minor, quote.next_charge_minor) == (0, 800)
    assert [step["amount_minor"] for step in quote.later] == [1_000]
    ahead = payment_calendar(fan=sam, now=later).charges
    assert [charge.amount_minor for charge in ahead[:3]] == [800, 800, 1_000]
    for month in (6, 7, 8):
        until(noon.replace(month=month) + timedelta(hours=2))
    assert [amount for _at, amount in charges(sam)] == [1_000, 800, 800, 1_000]
    assert books() == {
        "creator:mika:pending:usd": -3_240,
        "expense:stripe_fee:usd": 224,
        "income:platform_fee:usd": -360,
        "stripe:usd": 3_376,
    }
    # A code counts nothing in recurring revenue, here as at joining.
    assert list(MrrEvent.objects.values_list("kind", "delta_minor")) == [("new", 1_000)]


def test_agreeing_twice_is_one_discount(
    sam: User, mika: Creator, gold: Tier, promo: PromoCode, join: Join, noon: datetime
) -> None:
    offering(mika, "discount")
    membership = join(sam, gold)
    quote = quote_stay(membership=membership, promo=promo, now=noon)
    for _twice in range(2):
        stay(quote=quote, signature=quote.signature, by=sam, now=noon)
    assert StayOffer.objects.accepted().count() == 1
    assert len(provider().v1.subscriptions.retrieve(membership.stripe_subscription_id).discounts or []) == 1


def test_a_lost_answer_is_looked_up_and_counts_from_when_it_was_done(
    box: Sandbox, sam: User, mika: Creator, gold: Tier, promo: PromoCode, join: Join, until: Pass, noon: datetime
) -> None:
    offering(mika, "discount")
    membership = join(sam, gold)
    quote = quote_stay(membership=membership, promo=promo, now=noon)
    address = f"/v1/subscriptions/{membership.stripe_subscription_id}"
    box.faults.add("timeout_after_commit", path=address, method="POST")
    with pytest.raises(Refusal):
        stay(quote=quote, signature=quote.signature, by=sam, now=noon)
    until(noon + timedelta(minutes=5))
    assert StayOffer.objects.get().sent_at == noon, "from when the provider counts"
    until(noon.replace(month=6) + timedelta(hours=2))
    assert [amount for _at, amount in charges(sam)] == [1_000, 800]


def test_a_slow_answer_on_the_day_of_the_month_counts_from_when_the_provider_says(
    box: Sandbox, sam: User, mika: Creator, gold: Tier, promo: PromoCode, join: Join, until: Pass, noon: datetime
) -> None:
    offering(mika, "discount")
    membership, renewed = join(sam, gold), noon.replace(month=6)
    until(renewed)
    membership.refresh_from_db()
    quote = quote_stay(membership=membership, promo=promo, now=renewed)
    began = renewed + timedelta(seconds=20)
    box.advance_to(began)
    assert stay(quote=quote, signature=quote.signature, by=sam, now=renewed).sent_at == began
    until(renewed + timedelta(hours=2))
    ahead = payment_calendar(fan=sam, now=box.today()).charges[:3]
    assert [charge.amount_minor for charge in ahead] == [800, 800, 1_000]
    for month in (7, 8, 9):
        until(noon.replace(month=month) + timedelta(hours=2))
    assert [amount for _at, amount in charges(sam)] == [1_000, 1_000, 800, 800, 1_000]


def test_a_second_that_brings_another_renewal_brings_a_new_quote(
    sam: User, mika: Creator, gold: Tier, promo: PromoCode, join: Join, noon: datetime
) -> None:
    offering(mika, "discount")
    membership = join(sam, gold)
    quote = quote_stay(membership=membership, promo=promo, now=noon)
    with pytest.raises(QuoteMoved) as moved:
        stay(quote=quote, signature=quote.signature, by=sam, now=noon + timedelta(seconds=1))
    assert [step["at"][:10] for step in quote.later] == ["2026-07-15"]
    assert [step["at"][:10] for step in moved.value.quote.later] == ["2026-08-15"]
    assert not StayOffer.objects.exists()


def test_what_never_arrived_is_over_with_the_renewal_that_was_shown(
    box: Sandbox, sam: User, mika: Creator, gold: Tier, promo: PromoCode, join: Join, until: Pass, noon: datetime
) -> None:
    offering(mika, "discount")
    membership = join(sam, gold)
    quote = quote_stay(membership=membership, promo=promo, now=noon)
    box.faults.add("server_error", path=f"/v1/subscriptions/{membership.stripe_subscription_id}", method="POST")
    with pytest.raises(Refusal):
        stay(quote=quote, signature=quote.signature, by=sam, now=noon)
    until(noon.replace(month=6) + timedelta(hours=2))
    offer = StayOffer.objects.get()
    assert (offer.sent_at, offer.refused_at is not None) == (None, True)
    assert [amount for _at, amount in charges(sam)] == [1_000, 1_000]


def test_one_that_the_provider_refused_may_be_had_within_the_span(
    box: Sandbox,
    client: Client,
    sam: User,
    mika: Creator,
    gold: Tier,
    promo: PromoCode,
    join: Join,
    until: Pass,
    noon: datetime,
) -> None:
    offering(mika, "discount")
    membership, later = join(sam, gold), noon + timedelta(minutes=2)
    quote = quote_stay(membership=membership, promo=promo, now=noon)
    box.faults.add("balance_insufficient", path=f"/v1/subscriptions/{membership.stripe_subscription_id}", method="POST")
    for _twice in range(2):
        with pytest.raises(Refusal):
            stay(quote=quote, signature=quote.signature, by=sam, now=noon)
    assert StayOffer.objects.get().refused_at == noon
    until(later)
    client.force_login(sam)
    assert "$8.00" in leave_page(client, membership, later)
    assert press(client, membership, later).next_charge_minor == 800
    assert StayOffer.objects.accepted().get().sent_at == later
    until(noon.replace(month=6) + timedelta(hours=2))
    assert [amount for _at, amount in charges(sam)] == [1_000, 800]


def test_an_upgrade_afterwards_charges_what_it_shows(
    sam: User, mika: Creator, silver: Tier, gold: Tier, promo: PromoCode, join: Join, agree: Agree, noon: datetime
) -> None:
    offering(mika, "discount")
    membership = join(sam, silver)
    quote = quote_stay(membership=membership, promo=promo, now=noon)
    stay(quote=quote, signature=quote.signature, by=sam, now=noon)
    up = agree("change", membership, tier=gold)
    assert up.kind == "upgrade" and up.next_charge_minor == 800


def test_it_is_offered_once_and_not_beside_another_code(
    client: Client, sam: User, lee: User, mika: Creator, gold: Tier, promo: PromoCode, join: Join, noon: datetime
) -> None:
    offering(mika, "discount")
    mine, other = join(sam, gold), join(lee, gold, code="STAY")
    client.force_login(sam)
    leave_page(client, mine, noon)
    press(client, mine, noon)
    assert save_offer(membership=mine, at=noon + timedelta(days=300)) is None
    assert save_offer(membership=other, at=noon) is None
    with pytest.raises(OfferDoesNotFit):
        quote_stay(membership=other, promo=promo, now=noon)


def test_a_code_that_was_switched_off_meanwhile_changes_nothing(
    client: Client, sam: User, mika: Creator, gold: Tier, promo: PromoCode, join: Join, noon: datetime
) -> None:
    offering(mika, "discount")
    membership = join(sam, gold)
    quote = quote_stay(membership=membership, promo=promo, now=noon)
    switch_off_promo(promo=promo, now=noon)
    with pytest.raises(Refusal):
        stay(quote=quote, signature=quote.signature, by=sam, now=noon)
    assert not StayOffer.objects.exists()
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        assert "cancellation" in client.post(f"/me/memberships/{membership.public_id}/stay/")["Location"]


def test_a_lower_tier_waits_for_the_renewal(
    client: Client, sam: User, mika: Creator, gold: Tier, join: Join, until: Pass, noon: datetime
) -> None:
    offering(mika, "lower", "")
    membership = join(sam, gold)
    client.force_login(sam)
    assert "Or go to Silver" in leave_page(client, membership, noon)
    assert press(client, membership, noon).kind == "downgrade"
    until(noon.replace(month=6) + timedelta(hours=2))
    assert [amount for _at, amount in charges(sam)] == [1_000, 500]
    assert StayOffer.objects.accepted().get().kind == "lower"


def test_the_creator_sees_what_came_of_it(
    client: Client, sam: User, lee: User, mika: Creator, gold: Tier, promo: PromoCode, join: Join, noon: datetime
) -> None:
    offering(mika, "discount")
    mine, other = join(sam, gold), join(lee, gold)
    client.force_login(lee)
    leave_page(client, other, noon)
    leave_page(client, other, noon + timedelta(hours=1))
    client.force_login(sam)
    leave_page(client, mine, noon)
    press(client, mine, noon)

    def counts(at: datetime) -> list[tuple[int, ...]]:
        return [(row.shown, row.accepted, row.ripe, row.kept) for row in stay_summary(creator=mika, now=at)]

    assert counts(noon) == [(2, 1, 0, 0)]
    assert counts(noon + timedelta(days=91)) == [(2, 1, 1, 1)]
    Membership.objects.filter(pk=mine.pk).update(status="canceled", ended_at=noon + timedelta(days=60))
    assert counts(noon + timedelta(days=91)) == [(2, 1, 1, 0)]
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        assert "not yet known" in client.get("/studio/members/cancellations/").content.decode()


def test_nobody_else_and_by_no_other_method(
    client: Client, sam: User, lee: User, mika: Creator, gold: Tier, promo: PromoCode, join: Join, noon: datetime
) -> None:
    offering(mika, "discount")
    membership = join(sam, gold)
    address = f"/me/memberships/{membership.public_id}/stay/"
    assert client.post(address).status_code == 302
    client.force_login(lee)
    assert client.post(address).status_code == 404
    quote = quote_stay(membership=membership, promo=promo, now=noon)
    with pytest.raises(Refusal):
        stay(quote=quote, signature=quote.signature, by=lee, now=noon)
    client.force_login(sam)
    assert client.get(address).status_code == 405
    assert not StayOffer.objects.exists()
