"""Some pay for seats, others get them by a draw that anybody can recompute; one seat comes back."""

from datetime import datetime, timedelta

from portal.accounts.models import Creator, User
from portal.demo.chapters.fans import GOOD
from portal.demo.clock import Clock
from portal.sandbox.engine import box
from subscriptions import tasks
from subscriptions.actions.pool_entries import enter_pool
from subscriptions.actions.pool_seats import claim_seat, write_funding
from subscriptions.actions.pools import Wish, open_pool
from subscriptions.actions.purchases import start_seats
from subscriptions.actions.quotes import quote_seats
from subscriptions.models import GiftPool, PoolOffer, PoolRules, Tier


def open_seats(clock: Clock, mika: Creator, people: dict[str, User]) -> None:
    """A pool for people who cannot pay just now: Sam and somebody without a name fund three seats, two enter."""
    pool = _open(clock, mika, name="Dinner for students", words="No questions asked. The rice is on us.", days=3)
    _fund(clock, people["Sam"], pool, 2, unnamed=False)
    _fund(clock, people["Ana"], pool, 1, unnamed=True)
    for name in ("Noor", "Tomás"):
        enter_pool(pool=pool, by=people[name], now=clock.now)
    clock.nightly += [lambda now: tasks.follow_pools(), lambda now: _claim_first(pool, now)]


def _claim_first(pool: GiftPool, now: datetime) -> None:
    """Whoever the draw put first takes the seat; the other lets it pass."""
    rows = PoolOffer.objects.filter(entry__pool=pool, entry__place=1, outcome=PoolOffer.Outcome.OPEN)
    for offer in rows.select_related("entry__fan", "entry__pool"):
        claim_seat(offer=offer, by=offer.entry.fan, now=now)


def open_more(clock: Clock, mika: Creator, people: dict[str, User]) -> None:
    """One to enter and to pay for now; and one whose rules may still be changed."""
    pool = _open(clock, mika, name="Winter kitchen", words="For whoever would like to cook along.", days=20)
    _fund(clock, people["Sam"], pool, 2, unnamed=False)
    enter_pool(pool=pool, by=people["Noor"], now=clock.now)
    _open(clock, mika, name="Spring kitchen", words="", days=40)


def _open(clock: Clock, mika: Creator, *, name: str, words: str, days: int) -> GiftPool:
    closes_at = clock.now + timedelta(days=days)
    wish = Wish(
        who=PoolRules.Who.ASKED,
        way=PoolRules.Way.DRAW,
        opens_at=clock.now,
        closes_at=closes_at,
        draws_at=closes_at + PoolRules.FROZEN_FOR,
        claim_days=7,
        rounds=1,
    )
    tier = Tier.objects.get(creator=mika, rank=1)
    return open_pool(creator=mika, tier=tier, months=1, name=name, words=words, wish=wish, now=clock.now)


def _fund(clock: Clock, giver: User, pool: GiftPool, seats: int, *, unnamed: bool) -> None:
    quote = quote_seats(fan=giver, pool=pool, seats=seats, now=clock.now)
    write_funding(quote=quote, pool=pool, seats=seats, is_anonymous=unnamed, now=clock.now)
    purchase = start_seats(quote=quote, signature=quote.signature, by=giver, now=clock.now)
    box().complete_checkout(purchase.stripe_session_id, card=GOOD, email=giver.email)
    clock.bring_events()
