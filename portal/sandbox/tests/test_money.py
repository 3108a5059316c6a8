"""Money is moved, never made: random walks over everything that moves it, and the sums hold after every step."""

import contextlib
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.sandbox.engine import Sandbox
from portal.sandbox.errors import ApiError
from portal.sandbox.tests.conftest import NOON
from portal.sandbox.tests.people import Platform
from portal.sandbox.transport import SandboxHTTPClient

# From outside (+) or to outside (-): what a type of transaction says about the world beyond the balances.
OUTSIDE = {"charge", "refund", "refund_failure", "adjustment", "topup", "payout", "payout_failure", "payout_cancel"}
INSIDE = {"transfer", "payment", "transfer_refund", "payment_refund"}

steps = st.lists(
    st.tuples(
        st.sampled_from(
            "charge charge refund fail_refund dispute win lose transfer transfer reverse payout settle bounce days".split()
        ),
        st.integers(0, 10_000),
        st.sampled_from(["usd", "eur", "gbp", "jpy"]),
    ),
    min_size=5,
    max_size=40,
)


class Walk:
    """Makes one step after another; what the provider refuses is refused, and that is fine too."""

    def __init__(self) -> None:
        self.box = Sandbox(clock=lambda: NOON)
        api = stripe.StripeClient("sk_test_x", http_client=SandboxHTTPClient(self.box), max_network_retries=0)
        self.platform = Platform(api, self.box)
        self.accounts = [self.platform.account(), self.platform.account()]

    def pick(self, kind: str, number: int, **fields: Any) -> str:
        with self.box.unit():
            found = [
                row["id"] for row in self.box.store.rows("SELECT id FROM objects WHERE kind = ? ORDER BY seq", (kind,))
            ]
        return found[number % len(found)] if found else f"{kind}_none"

    def step(self, name: str, number: int, currency: str) -> None:
        with contextlib.suppress(stripe.StripeError, ApiError):
            getattr(self, name)(number, currency)

    def charge(self, number: int, currency: str) -> None:
        self.platform.charge(50 + number, ["pm_card_visa", "pm_card_bypassPending"][number % 2], currency)

    def refund(self, number: int, currency: str) -> None:
        self.platform.api.v1.refunds.create({"charge": self.pick("charge", number), "amount": 1 + number // 2})

    def fail_refund(self, number: int, currency: str) -> None:
        self.box.fail_refund(self.pick("refund", number))

    def dispute(self, number: int, currency: str) -> None:
        self.box.open_dispute(self.pick("charge", number))

    def win(self, number: int, currency: str) -> None:
        self.box.close_dispute(self.pick("dispute", number), won=True)

    def lose(self, number: int, currency: str) -> None:
        self.box.close_dispute(self.pick("dispute", number), won=False)

    def transfer(self, number: int, currency: str) -> None:
        given: Any = {"amount": 1 + number, "currency": currency, "destination": self.accounts[number % 2]}
        self.platform.api.v1.transfers.create(given)

    def reverse(self, number: int, currency: str) -> None:
        self.platform.api.v1.transfers.reversals.create(self.pick("transfer", number), {"amount": 1 + number // 3})

    def payout(self, number: int, currency: str) -> None:
        account: Any = {"stripe_account": self.accounts[number % 2]}
        self.platform.api.v1.payouts.create({"amount": 1 + number // 5, "currency": currency}, account)

    def settle(self, number: int, currency: str) -> None:
        self.box.settle_payout(self.pick("payout", number), ok=True)

    def bounce(self, number: int, currency: str) -> None:
        self.box.settle_payout(self.pick("payout", number), ok=False)

    def days(self, number: int, currency: str) -> None:
        self.box.advance_to(self.box.today() + timedelta(hours=number % 100))

    def prove(self) -> None:
        box = self.box
        held: dict[str, int] = defaultdict(int)
        outside: dict[str, int] = defaultdict(int)
        inside: dict[str, int] = defaultdict(int)
        with box.unit():
            for account in ("", *self.accounts):
                for currency, (available, pending) in self.platform_balances(account).items():
                    held[currency] += available + pending
                    if account:
                        assert available >= 0 and pending >= 0, "a connected account never owes"
                for txn in box.all("balance_transaction", account=account):
                    assert txn["net"] == txn["amount"] - txn["fee"]
                    (outside if txn["type"] in OUTSIDE else inside)[txn["currency"]] += txn["net"]
                    assert txn["type"] in OUTSIDE | INSIDE
        for currency in {*held, *outside, *inside}:
            assert held[currency] == outside[currency], f"{currency}: money came from nowhere"
            assert inside[currency] == 0, f"{currency}: a transfer has one end only"
        assert box.findings == []

    def platform_balances(self, account: str) -> dict[str, tuple[int, int]]:
        from portal.sandbox.money import balances

        return balances(self.box, account)


@given(steps)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_money_is_conserved(path: list[tuple[str, int, str]]) -> None:
    walk = Walk()
    for name, number, currency in path:
        walk.step(name, number, currency)
        walk.prove()
    walk.box.store.close()


def test_the_proof_sees_money_from_nowhere() -> None:
    walk = Walk()
    walk.charge(1, "usd")
    with walk.box.store.transaction():
        walk.box.store.execute("UPDATE balances SET available = available + 1")
    with pytest.raises(AssertionError, match="from nowhere"):
        walk.prove()
