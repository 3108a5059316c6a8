"""A payday in a test: creators with ready accounts, money that is available, a provider that has it."""

from collections.abc import Callable
from datetime import datetime

import pytest

from portal.accounts.models import Creator
from portal.ledger import chart
from portal.ledger.actions import post
from portal.payments.models import PayoutAccount
from portal.payouts import defaults
from portal.sandbox.engine import Sandbox
from portal.sandbox.handlers import connect

Deliver = Callable[[], list[str]]
Earn = Callable[..., None]
GetReady = Callable[..., PayoutAccount]


@pytest.fixture
def earn(db: None, noon: datetime) -> Earn:
    """earn(mika, 2500) makes $25.00 available to Mika, as a closed month of rewards would."""
    count = 0

    def give(
        creator: Creator, amount: int, *, currency: str = "usd", bucket: str = "available", fact: str = ""
    ) -> None:
        nonlocal count
        count += 1
        account = chart.BUCKETS[bucket](creator.public_id, currency)
        lines = {chart.rewards_expense(currency): amount, account: -amount}
        post(key=f"rewards:{fact or count}:{count}", kind="rewards", lines=lines, at=noon, memo=f"Rewards {count}")

    return give


@pytest.fixture
def get_ready(box: Sandbox, noon: datetime) -> GetReady:
    """get_ready(mika) gives Mika a payout account that is ready (the way there is told in portal.payments)."""

    def open_account(creator: Creator, *, bank: str = "000123456789") -> PayoutAccount:
        with box.unit():
            there = connect.new_account(box, "US", "usd", creator.user.email)
            connect.set_bank(box, there, bank)
            connect.require(there, [])
            there.update(details_submitted=True, payouts_enabled=True, capabilities={"transfers": "active"})
        return PayoutAccount.objects.create(
            creator=creator,
            stripe_id=there["id"],
            state=PayoutAccount.State.READY,
            bank=there["external_accounts"]["data"][0]["id"],
            country="US",
            currency="usd",
            opened_at=noon,
            ready_at=noon,
        )

    return open_account


@pytest.fixture
def till(box: Sandbox, deliver: Deliver) -> None:
    """The provider and the books both have $10,000 and €10,000 of ours; the rules are those of a fresh portal."""
    defaults.install()
    box.top_up(1_000_000, "usd")
    box.top_up(1_000_000, "eur")
    deliver()
