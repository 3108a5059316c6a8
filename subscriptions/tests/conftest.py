"""What tests of memberships share: two tiers on sale, and a fan who pays as people do, on the hosted page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from portal.accounts.models import Creator, User
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.checkout import start_checkout
from subscriptions.actions.quotes import quote_join
from subscriptions.actions.tiers import add_tier, ensure_benefit, publish_tier
from subscriptions.models import Benefit, Checkout, Membership, RevenueShare, Tier

Kind = Benefit.Kind
Join = Callable[..., Membership]


@pytest.fixture
def shares(db: None) -> None:
    """The share of a fresh portal; a test that empties the tables needs it again."""
    RevenueShare.install_first()


def go_to_checkout(fan: User, tier: Tier, now: datetime, **wish: Any) -> Checkout:
    """A fan looks at a quote and agrees to it."""
    quote = quote_join(fan=fan, tier=tier, now=now, **wish)
    return start_checkout(quote=quote, signature=quote.signature, by=fan, now=now)


def make_tier(
    creator: Creator,
    now: datetime,
    *,
    name: str,
    amount: int,
    kinds: tuple[str, ...],
    badge: str = "",
    **fields: object,
) -> Tier:
    benefits = [ensure_benefit(creator=creator, kind=kind, title=kind.title()) for kind in kinds]
    tier = add_tier(creator=creator, name=name, amount_minor=amount, badge=badge, benefits=benefits, now=now, **fields)  # type: ignore[arg-type]
    return publish_tier(tier=tier, now=now)


@pytest.fixture
def silver(box: Sandbox, shares: None, mika: Creator, noon: datetime) -> Tier:
    """Mika's first tier: $5 a month, posts and a badge."""
    return make_tier(mika, noon, name="Silver", amount=500, kinds=(Kind.BADGE, Kind.CONTENT), badge="SILVER")


@pytest.fixture
def gold(silver: Tier, mika: Creator, noon: datetime) -> Tier:
    """Mika's second tier: $10 a month, chat and emojis on top of what Silver holds."""
    return make_tier(mika, noon, name="Gold", amount=1_000, kinds=(Kind.CHAT, Kind.EMOJIS), badge="GOLD")


@pytest.fixture
def join(box: Sandbox, deliver: Deliver, noon: datetime) -> Join:
    """`join(sam, gold)`: a fan agrees to a quote and pays on the provider's page, and the events arrive.

    `interval`, `amount_minor` and `code` are what they wish for.
    """

    def pay(fan: User, tier: Tier, *, card: str = "4242424242424242", now: datetime = noon, **wish: Any) -> Membership:
        checkout = go_to_checkout(fan, tier, now, **wish)
        box.complete_checkout(checkout.stripe_session_id, card=card)
        deliver()
        return Membership.objects.select_related("fan", "creator", "tier", "price").get(fan=fan, creator=tier.creator)

    return pay
