"""Complaint 2: a payment that failed was treated as the end."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.tiers import set_grace
from subscriptions.models import Membership, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.tenure import tenure_months
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import fail_renewal, give_card, live_until

pytestmark = pytest.mark.usefixtures("books_proved")


def test_a_failed_payment_keeps_access_for_the_grace_and_the_membership_until_the_last_try(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime
) -> None:
    set_grace(creator=gold.creator, days=14)
    join(sam, gold)
    due = noon.replace(month=6)
    fail_renewal(box, sam, due, deliver)
    live_until(box, deliver, due + timedelta(days=13))
    assert Membership.objects.get().status == Membership.Status.PAST_DUE
    assert perks(viewer=sam, creator=gold.creator, at=box.today()).is_member
    live_until(box, deliver, due + timedelta(days=20))
    assert not perks(viewer=sam, creator=gold.creator, at=box.today()).is_member
    # The doors are closed, the membership is not over: a card brings everything back, the months included.
    give_card(box, sam, deliver)
    assert Membership.objects.get().status == Membership.Status.ACTIVE
    assert perks(viewer=sam, creator=gold.creator, at=box.today()).is_member
    assert tenure_months(fans=[sam], creator=gold.creator, at=box.today()) == {sam.pk: 2}
    assert books("creator:") == {"creator:mika:pending:usd": -1_800}
