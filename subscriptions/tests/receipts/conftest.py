"""Receipts are for gifts, too."""

from subscriptions.tests.gifts.conftest import give

__all__ = ["give"]
