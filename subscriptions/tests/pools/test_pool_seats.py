"""One pool from its first seat to its last cent: paid, drawn, claimed, gone on, returned, taken back."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions.pool_entries import NotYourEntry, decline_seat
from subscriptions.actions.pool_returns import NoSeatToReturn, take_back_seats
from subscriptions.actions.pool_seats import SeatHasPassed, SeatIsDisputed, SeatIsWithdrawn, claim_seat
from subscriptions.actions.pools import call_off_pool
from subscriptions.actions.refunds import refund_invoice, refund_suspicious
from subscriptions.models import GiftPool, Grant, PoolOffer, PoolSeat, RefundOrder, TenureMonth, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.refunds import refund_effect
from subscriptions.tests.pools.conftest import Fund, Sweep, begin, claim, enter_many, offers

pytestmark = pytest.mark.usefixtures("books_proved")
# Three seats of $5.00: the provider keeps 2.9 % + 30 ¢ of the whole, the portal a tenth of each.
FEE = 74
HELD = {
    "creator:mika:held:usd": -1_350,
    "expense:stripe_fee:usd": FEE,
    "income:platform_fee:usd": -150,
    "stripe:usd": 1_500 - FEE,
}


def test_paid_drawn_claimed_gone_on_and_returned_to_the_cent(
    sam: User, mika: Creator, silver: Tier, pool: GiftPool, fund: Fund, sweep: Sweep, noon: datetime
) -> None:
    funding = fund(sam, pool, 3)
    assert books() == HELD
    enter_many(pool, 4, noon)
    drawn = noon + timedelta(days=3, hours=1)
    sweep(noon + timedelta(days=3))
    sweep(drawn)
    assert offers(pool) == [(1, "open"), (2, "open"), (3, "open")]
    assert books() == HELD

    seat = claim(pool, 1, drawn)
    grant = Grant.objects.get()
    assert (grant.kind, grant.source, grant.granted_by) == ("gifted", f"pool-seat:{seat.public_id}", sam)
    assert grant.reason == "A seat of the gift pool “For students”"
    assert (grant.from_at, grant.until_at) == (drawn, datetime(2026, 6, 18, 13, tzinfo=drawn.tzinfo))
    assert perks(viewer=grant.fan, creator=mika, at=drawn).tier == silver
    assert [month.kind for month in TenureMonth.objects.filter(fan=grant.fan)] == ["gifted"]
    assert books() == HELD | {"creator:mika:held:usd": -900, "creator:mika:pending:usd": -450}

    # The second and the third do not claim: one seat goes to the fourth, nobody is left for the other.
    over = drawn + timedelta(days=7)
    sweep(over)
    assert offers(pool) == [(1, "claimed"), (2, "passed"), (3, "passed"), (4, "open")]
    assert [seat.state for seat in funding.seats.all()] == ["claimed", "waiting", "returned"]
    assert books() == {
        "creator:mika:available:usd": -450,
        "creator:mika:held:usd": -450,
        "expense:stripe_fee:usd": FEE,
        "income:platform_fee:usd": -100,
        "stripe:usd": 1_000 - FEE,
    }
    sweep(over + timedelta(days=7))
    assert [seat.state for seat in funding.seats.all()] == ["claimed", "returned", "returned"]
    assert [(order.amount_minor, order.state) for order in RefundOrder.objects.all()] == [(500, "done"), (500, "done")]
    assert books() == {
        "creator:mika:available:usd": -450,
        "expense:stripe_fee:usd": FEE,
        "income:platform_fee:usd": -50,
        "stripe:usd": 500 - FEE,
    }
    pool.refresh_from_db()
    assert pool.state(over) == "finished"
    told = Notice.objects.filter(user=sam, kind="subscriptions.pool_returned")
    assert [notice.subject for notice in told.order_by("pk")] == ["$5.00 comes back to you from “For students”"] * 2


def test_everything_twice_is_harmless(
    sam: User, pool: GiftPool, fund: Fund, sweep: Sweep, deliver: Deliver, noon: datetime
) -> None:
    fund(sam, pool, 2)
    enter_many(pool, 3, noon)
    drawn = noon + timedelta(days=3, hours=1)
    for moment in (noon + timedelta(days=3), drawn, drawn + timedelta(days=7), drawn + timedelta(days=14)):
        for _twice in range(2):
            sweep(moment)
            if moment == drawn:
                claim(pool, 1, drawn)
    assert offers(pool) == [(1, "claimed"), (2, "passed"), (3, "passed")]
    assert (Grant.objects.count(), RefundOrder.objects.count()) == (1, 1)
    assert books()["creator:mika:available:usd"] == -450
    assert Notice.objects.filter(kind="subscriptions.pool_offered").count() == 3


def test_first_come_is_offered_at_once_and_who_leaves_it_makes_room(
    sam: User, first_come: GiftPool, fund: Fund, sweep: Sweep, noon: datetime
) -> None:
    fund(sam, first_come, 1)
    first, second, _third = enter_many(first_come, 3, noon)
    assert offers(first_come) == [(1, "open")]
    for _twice in range(2):
        decline_seat(offer=first.offer, by=first.fan, now=noon)
    assert offers(first_come) == [(1, "declined"), (2, "open")]
    with pytest.raises(NotYourEntry):
        decline_seat(offer=PoolOffer.objects.get(entry=second), by=first.fan, now=noon)
    # A seat is offered to two people at most, and goes back when entries close.
    sweep(noon + timedelta(days=7))
    assert offers(first_come) == [(1, "declined"), (2, "passed")]
    assert PoolSeat.objects.get().state == "returned"


def test_the_giver_has_free_seats_back_while_entries_are_open(
    sam: User, lee: User, first_come: GiftPool, fund: Fund, deliver: Deliver, noon: datetime
) -> None:
    funding = fund(sam, first_come, 3)
    enter_many(first_come, 1, noon)
    with pytest.raises(NotYourEntry):
        take_back_seats(funding=funding, by=lee, now=noon)
    take_back_seats(funding=funding, by=sam, now=noon)
    with pytest.raises(NoSeatToReturn):
        take_back_seats(funding=funding, by=sam, now=noon)
    deliver()
    assert sorted(seat.state for seat in funding.seats.all()) == ["returned", "returned", "waiting"]
    assert RefundOrder.objects.get().amount_minor == 1_000
    assert books() == {
        "creator:mika:held:usd": -450,
        "expense:stripe_fee:usd": FEE,
        "income:platform_fee:usd": -50,
        "stripe:usd": 500 - FEE,
    }


def test_a_pool_that_is_called_off_gives_all_of_it_back(
    sam: User, mika: Creator, pool: GiftPool, fund: Fund, sweep: Sweep, noon: datetime
) -> None:
    fund(sam, pool, 3)
    enter_many(pool, 1, noon)
    for _twice in range(2):
        call_off_pool(pool=pool, by=mika.user, reason="I am moving house", now=noon)
    sweep(noon)
    pool.refresh_from_db()
    assert (pool.finished_at, offers(pool)) == (noon, [])
    assert books() == {"expense:stripe_fee:usd": FEE, "stripe:usd": -FEE}


def test_a_refund_takes_unclaimed_seats_first_and_then_what_was_claimed_last(
    sam: User, mika: Creator, pool: GiftPool, fund: Fund, sweep: Sweep, deliver: Deliver, noon: datetime
) -> None:
    funding = fund(sam, pool, 3)
    assert funding.purchase is not None
    enter_many(pool, 3, noon)
    drawn = noon + timedelta(days=3, hours=1)
    sweep(noon + timedelta(days=3))
    sweep(drawn)
    early, late = claim(pool, 1, drawn), claim(pool, 2, drawn + timedelta(hours=1))
    effect = refund_effect(invoice=funding.purchase, amount_minor=700)
    assert (effect.creator, effect.platform, effect.left) == (630, 70, 800)
    refund_invoice(invoice=funding.purchase, amount_minor=700, by=mika.user, now=drawn)
    deliver()
    states = {seat.pk: seat.state for seat in funding.seats.all()}
    assert (states[early.pk], states[late.pk]) == ("claimed", "claimed")
    assert sorted(states.values()) == ["claimed", "claimed", "withdrawn"]
    with pytest.raises(SeatIsWithdrawn):
        claim(pool, 3, drawn)
    # $2 are laid on the seat claimed last: it stays, with 9/10 of $3 for the creator.
    assert books() == {
        "creator:mika:pending:usd": -720,
        "expense:stripe_fee:usd": FEE,
        "income:platform_fee:usd": -80,
        "stripe:usd": 800 - FEE,
    }
    refund_invoice(invoice=funding.purchase, amount_minor=300, by=mika.user, now=drawn)
    deliver()
    late.refresh_from_db()
    assert (late.withdrawn_reason, late.grant.revoked_reason) == ("refunded", "gift refunded")  # type: ignore[union-attr]
    early.refresh_from_db()
    assert (early.state, books()["creator:mika:pending:usd"]) == ("claimed", -450)


def test_what_went_back_before_is_not_returned_again(
    sam: User, mika: Creator, pool: GiftPool, fund: Fund, sweep: Sweep, deliver: Deliver, noon: datetime
) -> None:
    funding = fund(sam, pool, 3)
    assert funding.purchase is not None
    refund_invoice(invoice=funding.purchase, amount_minor=200, by=mika.user, now=noon)
    deliver()
    assert [seat.state for seat in funding.seats.all()] == ["waiting"] * 3
    call_off_pool(pool=pool, by=mika.user, reason="No", now=noon)
    sweep(noon)
    assert sorted(seat.returned_minor for seat in funding.seats.all()) == [300, 500, 500]
    assert books() == {"expense:stripe_fee:usd": FEE, "stripe:usd": -FEE}


def test_a_dispute_stops_the_clock_and_a_lost_one_takes_everything(
    sam: User, lee: User, pool: GiftPool, fund: Fund, sweep: Sweep, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    funding, drawn = fund(sam, pool, 2), noon + timedelta(days=3, hours=1)
    assert funding.purchase is not None
    assert funding.purchase.charge is not None
    enter_many(pool, 3, noon)
    sweep(noon + timedelta(days=3))
    sweep(drawn)
    claimed = claim(pool, 1, drawn)
    dispute = box.open_dispute(funding.purchase.charge.stripe_id)
    deliver()
    with pytest.raises(SeatIsDisputed):
        claim(pool, 2, drawn)
    sweep(drawn + timedelta(days=8))
    assert offers(pool) == [(1, "claimed"), (2, "open")]
    assert books()["creator:mika:held:usd"] == -900
    box.close_dispute(dispute["id"], won=False)
    deliver()
    claimed.refresh_from_db()
    assert (claimed.state, claimed.withdrawn_reason) == ("withdrawn", "disputed")
    assert offers(pool) == [(1, "claimed"), (2, "withdrawn")]
    assert not [code for code in books() if code.startswith("creator:")]
    sweep(drawn + timedelta(days=9))
    pool.refresh_from_db()
    assert pool.finished_at is not None


def test_seats_of_a_dispute_that_is_won_go_out_and_not_back(
    sam: User, pool: GiftPool, fund: Fund, sweep: Sweep, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    funding, drawn = fund(sam, pool, 1), noon + timedelta(days=3, hours=1)
    assert funding.purchase is not None
    assert funding.purchase.charge is not None
    dispute = box.open_dispute(funding.purchase.charge.stripe_id)
    deliver()
    enter_many(pool, 1, noon)
    sweep(noon + timedelta(days=3))
    sweep(drawn)
    assert (offers(pool), funding.seats.get().state) == ([], "waiting")
    box.close_dispute(dispute["id"], won=True)
    deliver()
    sweep(drawn + timedelta(days=20))
    assert (offers(pool), funding.seats.get().state) == ([(1, "open")], "waiting")


def test_a_bank_that_suspects_takes_it_back(
    sam: User, pool: GiftPool, fund: Fund, deliver: Deliver, noon: datetime
) -> None:
    funding = fund(sam, pool, 3)
    assert funding.purchase is not None
    refund_suspicious(invoice=funding.purchase, now=noon)
    deliver()
    assert [seat.state for seat in funding.seats.all()] == ["withdrawn"] * 3
    assert books() == {"expense:stripe_fee:usd": FEE, "stripe:usd": -FEE}


def test_the_deadline_counts_and_not_the_job(
    sam: User, lee: User, first_come: GiftPool, fund: Fund, noon: datetime
) -> None:
    fund(sam, first_come, 1)
    (entry,) = enter_many(first_come, 1, noon)
    offer = PoolOffer.objects.select_related("entry__pool", "entry__fan").get(entry=entry)
    with pytest.raises(SeatHasPassed):
        claim_seat(offer=offer, by=entry.fan, now=noon + timedelta(days=7))
    with pytest.raises(NotYourEntry):
        claim_seat(offer=offer, by=lee, now=noon)
    assert claim_seat(offer=offer, by=entry.fan, now=noon + timedelta(days=7, seconds=-1)).redeemer == entry.fan


def test_somebody_is_reminded_a_day_before(sam: User, first_come: GiftPool, fund: Fund, noon: datetime) -> None:
    fund(sam, first_come, 1)
    enter_many(first_come, 1, noon)
    for hours in (143, 145, 146):
        with time_machine.travel(noon + timedelta(hours=hours), tick=False):
            tasks.follow_pools()
    assert Notice.objects.filter(kind="subscriptions.pool_reminder").count() == 1


def test_paid_at_the_last_minute_it_goes_to_the_next_or_back(
    sam: User, pool: GiftPool, box: Sandbox, deliver: Deliver, sweep: Sweep, noon: datetime
) -> None:
    begun = begin(sam, pool, 2, noon)
    enter_many(pool, 1, noon)
    drawn = noon + timedelta(days=3, hours=1)
    sweep(noon + timedelta(days=3))
    sweep(drawn)
    pool.refresh_from_db()
    assert pool.finished_at == drawn
    box.complete_checkout(begun.stripe_session_id, card="4242424242424242")
    deliver()
    assert offers(pool) == [(1, "open")]
    sweep(drawn + timedelta(minutes=10))
    assert sorted(seat.state for seat in PoolSeat.objects.all()) == ["returned", "waiting"]
