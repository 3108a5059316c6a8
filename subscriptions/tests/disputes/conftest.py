"""A bank asks about what was paid once, too."""

from subscriptions.tests.gifts.conftest import give

__all__ = ["give"]
