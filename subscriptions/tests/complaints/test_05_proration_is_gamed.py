"""Complaint 5: use everything up, upgrade late, downgrade for a credit, and begin anew."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.payments.gateway import client
from portal.payments.models import Customer
from subscriptions.models import Tier
from subscriptions.queries.quotes import NothingChanges
from subscriptions.tests.changes.conftest import HOURS, Agree, Pass, charged
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


def test_going_up_and_down_again_and_again_never_pays_anything_back(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, silver)
    for month in (6, 7, 8):
        # Six days before the end: up, for its part of the time that is left; and down again at once.
        until(noon.replace(month=month) - timedelta(days=6))
        up = agree("change", membership, tier=gold)
        assert up.charge_now_minor == (100 if month == 7 else 97)
        with pytest.raises(NothingChanges):
            agree("change", membership, tier=gold)
        down = agree("change", membership, tier=silver)
        assert (down.charge_now_minor, down.next_charge_minor) == (0, 500)
        until(noon.replace(month=month) + HOURS)
        customer = client().v1.customers.retrieve(Customer.objects.get(user=sam).stripe_id)
        assert customer.balance == 0
    assert charged() == 4 * 500 + 97 + 100 + 97
    assert sum(books("creator:").values()) < -4 * 450, "the creator has more than the plain price, never less"


def test_an_upgrade_too_small_to_charge_waits_and_gives_nothing_away(
    sam: User, silver: Tier, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    """An hour before the end everything of the dearer plan would cost a cent: it begins with the next payment."""
    membership = join(sam, silver)
    until(noon.replace(month=6) - timedelta(hours=1))
    quote = agree("change", membership, tier=gold)
    assert (quote.charge_now_minor, quote.effective_at) == (0, noon.replace(month=6))
    assert (membership.tier, charged()) == (silver, 500)
    until(noon.replace(month=6) + HOURS)
    assert charged() == 1_500
