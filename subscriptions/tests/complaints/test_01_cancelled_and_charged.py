"""Complaint 1: "I cancelled, why was I charged?" Retries went on after a cancellation with a payment open."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.memberships import cancel_membership
from subscriptions.models import Dunning, Invoice, Membership, PaymentAttempt, Tier
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import fail_renewal, give_card, live_until

pytestmark = pytest.mark.usefixtures("books_proved")


def test_cancelling_with_a_payment_open_voids_it_and_nothing_is_ever_tried_again(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    join(sam, gold)
    due = noon.replace(month=6)
    fail_renewal(box, sam, due, deliver)
    before = books()
    cancel_membership(membership=Membership.objects.get(), by=sam, now=box.today())
    deliver()
    dunning = Dunning.objects.get()
    assert (dunning.state, dunning.next_attempt_at) == (Dunning.State.STOPPED, None)
    assert sorted(Invoice.objects.values_list("status", flat=True)) == ["paid", "void"]
    # Even a card that works changes nothing any more, now or in a month.
    give_card(box, sam, deliver)
    live_until(box, deliver, due + timedelta(days=35))
    assert not PaymentAttempt.objects.exists()
    assert (Membership.objects.get().status, books()) == (Membership.Status.CANCELED, before)
