"""Month and year, and other rhythms: longer begins now, shorter when the paid time is over."""

from datetime import datetime

import pytest

from portal.accounts.models import User
from portal.ledger.queries import books
from subscriptions.actions.tiers import add_price, publish_tier, withdraw_price
from subscriptions.models import Invoice, Tier, TierPrice
from subscriptions.queries.quotes import TierIsNotOnSale
from subscriptions.queries.tiers import current_prices
from subscriptions.tests.changes.conftest import HOURS, Agree, Pass, charged
from subscriptions.tests.changes.test_upgrade import MIDDLE
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")


def test_from_month_to_year_costs_the_year_less_what_is_left_of_the_month(
    sam: User, gold: Tier, join: Join, agree: Agree, until: Pass, yearly: None, noon: datetime
) -> None:
    membership = join(sam, gold)
    until(MIDDLE)
    quote = agree("change", membership, tier=gold, interval="year")
    assert (quote.charge_now_minor, quote.next_charge_minor) == (10_000 - 500, 10_000)
    assert quote.next_charge_at == membership.period_end_at == MIDDLE.replace(year=2027)
    assert Invoice.objects.latest("pk").plan_minor == 10_000
    assert books("creator:") == {"creator:mika:pending:usd": -900 - 8_550}
    until(MIDDLE.replace(year=2027) + HOURS)
    assert charged() == 1_000 + 9_500 + 10_000


def test_from_year_to_month_waits_for_the_end_of_the_year(
    sam: User, gold: Tier, join: Join, agree: Agree, until: Pass, yearly: None, noon: datetime
) -> None:
    membership = join(sam, gold, interval="year")
    quote = agree("change", membership, tier=gold, interval="month")
    assert (quote.kind, quote.charge_now_minor, quote.effective_at) == ("downgrade", 0, noon.replace(year=2027))
    until(noon.replace(year=2027) + HOURS)
    until(noon.replace(year=2027, month=6) + HOURS)
    membership.refresh_from_db()
    assert (membership.price.interval, charged()) == ("month", 10_000 + 1_000 + 1_000)


@pytest.mark.parametrize(
    ("interval", "months", "then"),
    [("quarter", 3, "2026-08-15"), ("half_year", 6, "2026-11-15"), ("two_years", 24, "2028-05-15")],
)
def test_other_rhythms_renew_when_they_say(
    sam: User, gold: Tier, join: Join, until: Pass, noon: datetime, interval: str, months: int, then: str
) -> None:
    add_price(tier=gold, amount_minor=1_000 * months - 1, interval=interval, now=noon)
    publish_tier(tier=gold, now=noon)
    membership = join(sam, gold, interval=interval)
    assert membership.period_end_at is not None
    assert membership.period_end_at.date().isoformat() == then
    assert membership.price.monthly_minor == 999
    until(membership.period_end_at + HOURS)
    assert charged() == 2 * (1_000 * months - 1)


def test_an_interval_that_is_withdrawn_is_offered_to_nobody_new_and_kept_by_who_has_it(
    sam: User, lee: User, gold: Tier, join: Join, until: Pass, yearly: None, noon: datetime
) -> None:
    membership = join(sam, gold, interval="year")
    for _twice in range(2):
        withdraw_price(tier=gold, interval="year", now=noon)
    assert [price.interval for price in current_prices(tier=gold, at=noon)] == ["month"]
    with pytest.raises(TierIsNotOnSale):
        join(lee, gold, interval="year")
    until(noon.replace(year=2027) + HOURS)
    membership.refresh_from_db()
    assert (membership.price.interval, charged()) == ("year", 20_000)
    # Offered again, it is a new version.
    assert add_price(tier=gold, amount_minor=10_000, interval="year", now=noon).version == 2
    assert TierPrice.objects.filter(tier=gold, interval="year").count() == 2
