"""The complaints about changes of plan go through them as the tests of changes do."""

from subscriptions.tests.changes.conftest import agree, until, yearly

__all__ = ["agree", "until", "yearly"]
