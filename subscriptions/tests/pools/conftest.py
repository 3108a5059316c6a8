from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal.accounts.models import Creator, User
from portal.sandbox.engine import Sandbox
from portal.testing.cast import person
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.actions.pool_entries import enter_pool
from subscriptions.actions.pool_seats import claim_seat, write_funding
from subscriptions.actions.pools import Wish, open_pool
from subscriptions.actions.purchases import start_seats
from subscriptions.actions.quotes import quote_seats
from subscriptions.models import GiftPool, PoolEntry, PoolFunding, PoolOffer, PoolRules, PoolSeat, Purchase, Tier

Who, Way = PoolRules.Who, PoolRules.Way
OPENED = "bcdfghjkmnpq"
Fund = Callable[..., PoolFunding]
Sweep = Callable[[datetime], None]


def wish(noon: datetime, **other: Any) -> Wish:
    """Everybody who asks, by a draw: entries close after three days, seven days to claim, two people a seat."""
    closes = noon + timedelta(days=3)
    known = {"who": Who.ASKED, "way": Way.DRAW, "opens_at": noon, "closes_at": closes}
    return Wish(**known | {"draws_at": closes + timedelta(hours=1), "claim_days": 7, "rounds": 2} | other)


@pytest.fixture
def pool(mika: Creator, silver: Tier, noon: datetime) -> GiftPool:
    """A month of Silver a seat ($5), by a draw."""
    return open_pool(creator=mika, tier=silver, months=1, name="For students", wish=wish(noon), now=noon, key=OPENED)


@pytest.fixture
def first_come(mika: Creator, silver: Tier, noon: datetime) -> GiftPool:
    """The same, first come, first served."""
    rules = wish(noon, way=Way.FIRST)
    return open_pool(creator=mika, tier=silver, months=1, name="First come", wish=rules, now=noon)


def begin(giver: User, pool: GiftPool, seats: int, now: datetime, *, unnamed: bool = False) -> Purchase:
    """Somebody agrees to the offer and stands before the provider's page."""
    quote = quote_seats(fan=giver, pool=pool, seats=seats, now=now)
    write_funding(quote=quote, pool=pool, seats=seats, is_anonymous=unnamed, now=now)
    return start_seats(quote=quote, signature=quote.signature, by=giver, now=now)


@pytest.fixture
def fund(box: Sandbox, deliver: Deliver, noon: datetime) -> Fund:
    """`fund(sam, pool, 3)`: somebody agrees to the offer and pays on the provider's page, and the events arrive."""

    def pay(giver: User, pool: GiftPool, seats: int = 1, *, now: datetime = noon, unnamed: bool = False) -> PoolFunding:
        purchase = begin(giver, pool, seats, now, unnamed=unnamed)
        box.complete_checkout(purchase.stripe_session_id, card="4242424242424242")
        deliver()
        return PoolFunding.objects.select_related("purchase__charge", "pool").get(purchase=purchase)

    return pay


def enter_many(pool: GiftPool, count: int, now: datetime) -> list[PoolEntry]:
    return [enter_pool(pool=pool, by=person(f"Fan{number}"), now=now) for number in range(count)]


@pytest.fixture
def sweep(deliver: Deliver, box: Sandbox) -> Sweep:
    """`sweep(moment)`: the jobs run then, and what the provider says of it arrives."""

    def run(moment: datetime) -> None:
        with time_machine.travel(moment, tick=False):
            tasks.follow_pools()
            tasks.mature_invoices()
        deliver()

    return run


def offers(pool: GiftPool) -> list[tuple[int | None, str]]:
    """(place, outcome) of every offer, in order."""
    rows = PoolOffer.objects.filter(entry__pool=pool).select_related("entry").order_by("entry__place")
    return [(offer.entry.place, offer.outcome) for offer in rows]


def claim(pool: GiftPool, place: int, now: datetime) -> PoolSeat:
    offer = PoolOffer.objects.select_related("entry__fan", "entry__pool").get(entry__pool=pool, entry__place=place)
    return claim_seat(offer=offer, by=offer.entry.fan, now=now)
