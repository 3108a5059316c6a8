"""The private address of a payment calendar."""

from datetime import datetime

from django.db import transaction

from portal.accounts.models import User
from subscriptions.models import CalendarFeed
from subscriptions.models.members import feed_token


@transaction.atomic
def renew_feed(*, user: User, now: datetime) -> CalendarFeed:
    """A new address; the old one ends. Each call makes one, so whoever pressed twice uses the last."""
    return CalendarFeed.objects.update_or_create(fan=user, defaults={"token": feed_token(), "made_at": now})[0]
