from datetime import datetime

import pytest

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from subscriptions.models import Grant, Membership, Tier
from subscriptions.queries.access import perks
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


def test_a_fan_pays_and_every_cent_is_in_the_books(
    sam: User, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    assert membership.status == Membership.Status.ACTIVE
    assert books() == {
        "creator:mika:pending:usd": -900,
        "expense:stripe_fee:usd": 59,
        "income:platform_fee:usd": -100,
        "stripe:usd": 941,
    }
    grant = Grant.objects.get(kind=Grant.Kind.PAID)
    assert (grant.fan, grant.tier, grant.from_at) == (sam, gold, noon)
    assert grant.until_at == membership.period_end_at
    assert perks(viewer=sam, creator=mika, at=noon).tier == gold
