"""Complaint 4: a downgrade happened at once and left a credit of hundreds that nobody saw."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.payments.gateway import client
from portal.payments.models import Customer
from subscriptions.models import Membership, Quote, Tier
from subscriptions.queries.access import perks
from subscriptions.tests.changes.conftest import HOURS, Agree, Pass, charged
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


def test_what_is_paid_for_stays_until_its_end_and_no_credit_is_left_anywhere(
    sam: User, silver: Tier, gold: Tier, yearly: None, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    """$100 a year to $50 a year, in the third month."""
    membership, end = join(sam, gold, interval="year"), noon.replace(year=2027)
    until(noon + timedelta(days=70))
    quote = agree("change", membership, tier=silver)
    assert (quote.kind, quote.effective_at) == (Quote.Kind.DOWNGRADE, end)
    assert (quote.charge_now_minor, quote.next_charge_minor, quote.next_charge_at) == (0, 5_000, end)
    customer = client().v1.customers.retrieve(Customer.objects.get(user=sam).stripe_id)
    assert (customer.balance, charged()) == (0, 10_000)
    assert perks(viewer=sam, creator=gold.creator, at=end - timedelta(seconds=1)).tier == gold
    until(end + HOURS)
    # The whole price of the new plan: nothing was carried over behind anybody's back.
    assert (Membership.objects.get().tier, charged()) == (silver, 15_000)
    assert perks(viewer=sam, creator=gold.creator, at=end + HOURS).tier == silver
    assert sum(books("creator:").values()) == -13_500
