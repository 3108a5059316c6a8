from datetime import datetime

import pytest

from portal.accounts.models import User
from subscriptions.actions.tiers import add_price, publish_tier
from subscriptions.models import Tier, TierPrice
from subscriptions.queries.quotes import AmountOutOfRange
from subscriptions.queries.tiers import current_price, offers
from subscriptions.tests.changes.conftest import HOURS, Agree, Pass, charged
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


def test_who_pays_more_does_so_each_time_and_nobody_else_sees_that_price(
    sam: User, gold: Tier, join: Join, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold, amount_minor=1_750)
    assert (membership.tier, membership.price.fan, membership.price.amount_minor) == (gold, sam, 1_750)
    until(noon.replace(month=6) + HOURS)
    assert charged() == 3_500
    shown = current_price(tier=gold, at=noon)
    assert shown is not None
    assert shown.amount_minor == 1_000
    assert [offer.price.amount_minor for offer in offers(creator=gold.creator, at=noon)] == [500, 1_000]


def test_the_same_amount_again_is_the_same_price(sam: User, gold: Tier, join: Join, agree: Agree) -> None:
    membership = join(sam, gold, amount_minor=1_750)
    agree("change", membership, tier=gold)
    agree("change", membership, tier=gold, amount_minor=1_600)
    agree("change", membership, tier=gold, amount_minor=2_000)
    agree("change", membership, tier=gold, amount_minor=1_600)
    assert TierPrice.objects.filter(fan=sam).count() == 3


def test_another_amount_begins_with_the_next_payment(
    sam: User, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    quote = agree("change", membership, tier=gold, amount_minor=2_500)
    assert (quote.charge_now_minor, quote.next_charge_minor) == (0, 2_500)
    until(noon.replace(month=6) + HOURS)
    assert charged() == 3_500


def test_a_new_price_of_the_creator_leaves_own_prices_alone(
    sam: User, lee: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold, amount_minor=1_750)
    add_price(tier=gold, amount_minor=1_750, now=noon)
    publish_tier(tier=gold, now=noon)
    assert join(lee, gold).price.fan is None


@pytest.mark.parametrize("amount", [999, 0, -5, 100_001])
def test_never_less_than_the_price_and_never_without_end(sam: User, gold: Tier, join: Join, amount: int) -> None:
    with pytest.raises(AmountOutOfRange):
        join(sam, gold, amount_minor=amount)
