"""Customers, prices and accounts in one line each."""

from datetime import datetime, timedelta
from typing import Any

from portal.sandbox.engine import Sandbox

EXPRESS = {
    "contact_email": "mika@example.com",
    "dashboard": "express",
    "configuration": {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}},
    "defaults": {
        "currency": "usd",
        "responsibilities": {"fees_collector": "application", "losses_collector": "application"},
    },
    "identity": {"country": "us"},
}


def types_of_events(sandbox: Sandbox, prefix: str = "") -> list[str]:
    """The types of all events so far, oldest first."""
    rows = sandbox.store.rows(
        "SELECT json_extract(body, '$.type') AS type FROM objects WHERE kind IN ('event', 'v2.core.event') ORDER BY seq"
    )
    return [row["type"] for row in rows if row["type"].startswith(prefix)]


class Platform:
    """The platform's side of a scenario: `api` is the real SDK, `sandbox` the world around it."""

    def __init__(self, api: Any, sandbox: Sandbox) -> None:
        self.api = api
        self.sandbox = sandbox

    def price(self, amount: int = 1000, interval: str = "month", currency: str = "usd", **more: Any) -> Any:
        product = self.api.v1.products.create({"name": more.pop("name", "Gold")})
        recurring = {"interval": interval, "interval_count": more.pop("interval_count", 1)}
        return self.api.v1.prices.create(
            {"product": product.id, "currency": currency, "unit_amount": amount, "recurring": recurring, **more}
        )

    def customer(self, card: str = "pm_card_visa", **more: Any) -> Any:
        """A customer whose default is a test card."""
        customer = self.api.v1.customers.create({"email": "sam@example.com", **more})
        if card:
            self.give_card(customer.id, card)
        return self.api.v1.customers.retrieve(customer.id)

    def give_card(self, customer: str, card: str) -> Any:
        method = self.api.v1.payment_methods.attach(card, {"customer": customer})
        self.api.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method.id}})
        return method

    def subscribe(self, customer: str, price: str, **more: Any) -> Any:
        return self.api.v1.subscriptions.create({"customer": customer, "items": [{"price": price}], **more})

    def charge(self, amount: int = 1000, card: str = "pm_card_visa", currency: str = "usd") -> str:
        """Id of the charge of a payment made now."""
        intent = self.api.v1.payment_intents.create(
            {"amount": amount, "currency": currency, "payment_method": card, "confirm": True}
        )
        return str(intent.latest_charge)

    def account(self, *, onboarded: bool = True) -> str:
        account = self.api.v2.core.accounts.create(EXPRESS)
        if onboarded:
            self.sandbox.complete_onboarding(account.id)
        return account.id

    def later(self, **span: float) -> datetime:
        """Let time pass; returns the new now."""
        moment = self.sandbox.today() + timedelta(**span)
        self.sandbox.advance_to(moment)
        return moment

    def subscription(self, id: str) -> Any:
        return self.api.v1.subscriptions.retrieve(id, {"expand": ["latest_invoice"]})

    def balance(self, account: str | None = None) -> dict[str, tuple[int, int]]:
        """Currency → (available, pending)."""
        held = self.api.v1.balance.retrieve({}, {"stripe_account": account} if account else {})
        pending = {row.currency: row.amount for row in held.pending}
        return {row.currency: (row.amount, pending[row.currency]) for row in held.available}
