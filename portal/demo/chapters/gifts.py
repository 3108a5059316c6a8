"""Somebody pays for somebody else: a gift that was claimed, and one that waits."""

from typing import Any

from portal.accounts.models import User
from portal.demo.chapters.fans import GOOD
from portal.demo.clock import Clock
from portal.sandbox.engine import box
from subscriptions import tasks
from subscriptions.actions.gifts import claim_gift, write_gift
from subscriptions.actions.purchases import start_gift
from subscriptions.actions.quotes import quote_gift
from subscriptions.models import Gift, Tier

MESSAGE = "For your new kitchen. Start with the rice."


def give(clock: Clock, tiers: list[Tier], people: dict[str, User], giver: str, taker: str) -> int:
    """Three months for a friend, who takes them, and one month that nobody has taken yet; how many gifts."""
    claimed = _buy(clock, people[giver], tiers[0], 3, recipient_name=taker, message=MESSAGE)
    claim_gift(gift=claimed, secret=claimed.secret, by=people[taker], now=clock.now)
    _buy(clock, people[giver], tiers[0], 1, recipient_name="Oma Lise", recipient_email="lise@example.com")
    clock.nightly.append(lambda now: tasks.follow_gifts())
    return Gift.objects.paid().count()


def _buy(clock: Clock, giver: User, tier: Tier, months: int, **words: Any) -> Gift:
    quote = quote_gift(fan=giver, tier=tier, months=months, now=clock.now)
    gift = write_gift(quote=quote, now=clock.now, **words)
    purchase = start_gift(quote=quote, signature=quote.signature, by=giver, now=clock.now)
    box().complete_checkout(purchase.stripe_session_id, card=GOOD, email=giver.email)
    clock.bring_events()
    gift.refresh_from_db()
    return gift
