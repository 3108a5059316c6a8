"""Who pays which price of a tier."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from subscriptions.models import Membership, Tier, TierPrice
from subscriptions.queries.tiers import current_prices


@dataclass(frozen=True, slots=True)
class PriceGroup:
    """What new members pay for an interval, and how many members pay another amount: less, or more by their own wish."""

    price: TierPrice
    members: int
    others: tuple[tuple[int, int], ...]

    @property
    def lower(self) -> int:
        """How many pay less than new members do."""
        return sum(times for amount, times in self.others if amount < self.price.amount_minor)


def price_groups(*, tier: Tier, at: datetime) -> list[PriceGroup]:
    """One group an interval that is offered, the shortest first. Two queries."""
    counted = (
        Membership.objects.going_on()
        .filter(tier=tier)
        .order_by()
        .values_list("price__interval", "price__amount_minor")
        .annotate(Count("pk"))
    )
    rows = list(counted)
    found = []
    for price in current_prices(tier=tier, at=at):
        mine = [(amount, times) for interval, amount, times in rows if interval == price.interval]
        same = sum(times for amount, times in mine if amount == price.amount_minor)
        found.append(PriceGroup(price, same, tuple(sorted(row for row in mine if row[0] != price.amount_minor))))
    return found
