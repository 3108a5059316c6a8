from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.accounts.models import User
from portal.programs.models import Program, RegionRule
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.gifts import write_gift
from subscriptions.actions.purchases import start_gift
from subscriptions.actions.quotes import quote_gift
from subscriptions.models import Gift, Tier

Give = Callable[..., Gift]


@pytest.fixture
def give(box: Sandbox, deliver: Deliver, noon: datetime) -> Give:
    """`give(sam, silver, 3)`: somebody agrees to the offer and pays on the provider's page, and the events arrive."""

    def pay(buyer: User, tier: Tier, months: int = 1, *, now: datetime = noon, **words: Any) -> Gift:
        quote = quote_gift(fan=buyer, tier=tier, months=months, now=now)
        write_gift(quote=quote, now=now, **words)
        purchase = start_gift(quote=quote, signature=quote.signature, by=buyer, now=now)
        box.complete_checkout(purchase.stripe_session_id, card="4242424242424242")
        deliver()
        return Gift.objects.select_related("purchase", "creator", "tier", "buyer").get(quote=quote)

    return pay


@pytest.fixture
def passes_only(sam: User, noon: datetime) -> None:
    RegionRule.objects.create(
        program=Program.SUBSCRIPTIONS,
        region=sam.country,
        mode=RegionRule.Mode.OPEN,
        charges=RegionRule.Charges.PASSES,
        valid_from=(noon - timedelta(days=1)).date(),
    )
