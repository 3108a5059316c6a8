"""One module a topic; loading them fills the registry."""

from importlib import import_module

TOPICS = (
    "catalog customers payments refunds disputes discounts invoices invoice_calls credit_notes subscriptions"
    " schedules renewals checkout portal connect accounts_v1 transfers payouts balance events clocks"
).split()


def load() -> None:
    for topic in TOPICS:
        import_module(f"portal.sandbox.handlers.{topic}")
