"""A gift goes back like any payment."""

from subscriptions.tests.gifts.conftest import give, passes_only

__all__ = ["give", "passes_only"]
