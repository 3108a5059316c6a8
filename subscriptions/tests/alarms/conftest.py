"""Gifts and passes are looked after, too."""

from subscriptions.tests.gifts.conftest import give, passes_only

__all__ = ["give", "passes_only"]
