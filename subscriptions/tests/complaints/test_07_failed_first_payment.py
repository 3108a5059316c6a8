"""Complaint 7: a failed first payment locked the member out of the checkout for ever."""

from datetime import datetime

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.sandbox.engine import Sandbox
from portal.sandbox.errors import ApiError
from portal.testing.stripe import Deliver
from subscriptions.models import Checkout, Dunning, Membership, Tier
from subscriptions.tests.conftest import Join, go_to_checkout

pytestmark = pytest.mark.usefixtures("books_proved")


@pytest.mark.parametrize("card", ["4000000000000002", "4000000000000341", "4000000000009995"])
def test_who_was_declined_at_the_checkout_may_always_try_again(
    box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, noon: datetime, card: str
) -> None:
    for _time in range(3):
        checkout = go_to_checkout(sam, gold, noon)
        with pytest.raises(ApiError):
            box.complete_checkout(checkout.stripe_session_id, card=card)
        deliver()
    assert not Membership.objects.going_on().exists()
    assert not Dunning.objects.exists()
    # On the same page, and after leaving it for good.
    box.expire_checkout(Checkout.objects.latest("pk").stripe_session_id)
    deliver()
    membership = join(sam, gold)
    assert membership.status == Membership.Status.ACTIVE
    assert books("creator:") == {"creator:mika:pending:usd": -900}
