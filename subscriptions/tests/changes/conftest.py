"""Going through a change as a fan does: look at the quote, agree, and hold what was charged against what was shown."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal.accounts.models import User
from portal.payments.gateway import client
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions import quotes as deeds
from subscriptions.actions.changes import change_plan
from subscriptions.actions.memberships import cancel_by_quote
from subscriptions.actions.pauses import pause_membership, resume_membership
from subscriptions.actions.staying import stay
from subscriptions.actions.tiers import add_price, publish_tier
from subscriptions.models import Membership, Quote, Tier
from subscriptions.tasks import send_changes

Agree = Callable[..., Quote]
Pass = Callable[[datetime], None]
ACTS = {
    "upgrade": change_plan,
    "downgrade": change_plan,
    "pause": pause_membership,
    "resume": resume_membership,
    "cancel": cancel_by_quote,
    "stay": stay,
}
ASK = {
    "change": deeds.quote_change,
    "pause": deeds.quote_pause,
    "resume": deeds.quote_resume,
    "cancel": deeds.quote_cancel,
}


def charges(fan: User | None = None) -> list[tuple[datetime, int]]:
    """What the provider ever took, of a fan or of all: when and how much, the oldest first."""
    asked: Any = {"limit": 100} | ({"customer": Customer.objects.get(user=fan).stripe_id} if fan else {})
    rows = [row for row in client().v1.charges.list(asked).data if row.paid]
    return [(datetime.fromtimestamp(row.created, UTC), row.amount) for row in reversed(rows)]


def charged(fan: User | None = None) -> int:
    return sum(amount for _at, amount in charges(fan))


@pytest.fixture
def agree(box: Sandbox, deliver: Deliver) -> Agree:
    """`agree("change", membership, tier=gold)`: the quote, taken; what it charged is what it showed, at the provider."""

    def act(wish: str, membership: Membership, **wanted: Any) -> Quote:
        now, before = box.today(), charged(membership.fan)
        membership.refresh_from_db()
        quote = ASK[wish](membership=membership, now=now, **wanted)
        ACTS[quote.kind](quote=quote, signature=quote.signature, by=membership.fan, now=now)  # type: ignore[operator]
        assert charged(membership.fan) - before == quote.charge_now_minor
        deliver()
        membership.refresh_from_db()
        quote.refresh_from_db()
        return quote

    return act


@pytest.fixture
def until(box: Sandbox, deliver: Deliver) -> Pass:
    """Let time pass: the provider does its part, its events arrive, and our own sweep runs."""

    def move(moment: datetime) -> None:
        box.advance_to(moment)
        deliver()
        with time_machine.travel(box.today(), tick=False):
            send_changes()
        deliver()

    return move


@pytest.fixture
def yearly(silver: Tier, gold: Tier, noon: datetime) -> None:
    """Both tiers by the year too: $50 and $100."""
    for tier, amount in ((silver, 5_000), (gold, 10_000)):
        add_price(tier=tier, amount_minor=amount, interval="year", now=noon)
        publish_tier(tier=tier, now=noon)


HOURS = timedelta(hours=2)
