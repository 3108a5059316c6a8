"""What a creator offers."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, Q

from portal.accounts.models import Creator
from subscriptions.models import Benefit, Checkout, Membership, RevenueShare, Tier, TierBenefit, TierPrice


@dataclass(frozen=True, slots=True)
class TierOffer:
    """A tier with what it costs now and everything it holds, the lower tiers' benefits first."""

    tier: Tier
    price: TierPrice
    benefits: tuple[Benefit, ...]
    seats_left: int | None = None

    @property
    def is_full(self) -> bool:
        return self.seats_left == 0


def offers(*, creator: Creator, at: datetime, drafts: bool = False) -> list[TierOffer]:
    """The tiers on sale, lowest first; `drafts` adds those not yet published. Two queries, two more with places."""
    rows = TierPrice.objects.filter(tier__creator=creator, tier__archived_at__isnull=True, effective_at__lte=at)
    if not drafts:
        rows = rows.filter(tier__published_at__isnull=False)
    prices = _newest(rows.select_related("tier").order_by("tier__rank", "interval", "-version"))
    attached = benefits_by_tier(creator)
    tiers = [price.tier for price in prices.values()]
    seats = _seats_left(tiers) if any(tier.seats for tier in tiers) else {}
    found = []
    for tier in sorted(tiers, key=lambda tier: tier.rank):
        tier.creator = creator
        found.append(TierOffer(tier, prices[tier.pk], tuple(contained(tier, attached)), seats.get(tier.pk)))
    return found


def current_price(*, tier: Tier, at: datetime) -> TierPrice | None:
    """The price a new member pays: monthly before yearly; the newest one not yet at the provider when none is."""
    rows = tier.prices.filter(effective_at__lte=at).order_by("interval", "-version")
    return _newest(rows).get(tier.pk)


def _newest(rows: Iterable[TierPrice]) -> dict[int, TierPrice]:
    """Tier id → its price: known to the provider before others, then the first of the rows."""
    found: dict[int, TierPrice] = {}
    rows = list(rows)
    for price in [*(price for price in rows if price.stripe_price_id), *rows]:
        found.setdefault(price.tier_id, price)
    return found


def benefits_by_tier(*creators: Creator) -> dict[Tier, list[Benefit]]:
    """Every tier of the creators that gives something, archived ones too, with what is attached to itself. One query."""
    found: dict[Tier, list[Benefit]] = defaultdict(list)
    rows = TierBenefit.objects.filter(tier__creator__in=creators).select_related("tier", "benefit")
    rows = rows.order_by("tier__creator", "tier__rank", "pk")
    for row in rows:
        found[row.tier].append(row.benefit)
    return found


def contained(tier: Tier, attached: dict[Tier, list[Benefit]]) -> list[Benefit]:
    """What a tier holds: its own benefits, and those of every lower tier that is not archived."""
    found: dict[int, Benefit] = {}
    for other, benefits in attached.items():
        lower = other.creator_id == tier.creator_id and other.rank < tier.rank and other.archived_at is None
        if other == tier or lower:
            found.update((benefit.pk, benefit) for benefit in benefits)
    return list(found.values())


def seats_left(*, tier: Tier, but_for: int | None = None) -> int | None:
    """Free places; None when there is no limit. Who is at the checkout right now holds a place (not user `but_for`)."""
    return _seats_left([tier], but_for).get(tier.pk)


def share_in_force(*, creator: Creator, at: datetime) -> RevenueShare:
    """How a payment of that day is shared: the creator's own newest agreement, else the newest rule for all."""
    day = at.astimezone(UTC).date()
    rows = RevenueShare.objects.filter(Q(creator=creator) | Q(creator__isnull=True), effective_date__lte=day)
    return max(rows, key=lambda row: (row.creator_id is not None, row.version))


def _seats_left(tiers: list[Tier], but_for: int | None = None) -> dict[int, int]:
    members = dict(
        Membership.objects.going_on().filter(tier__in=tiers).values_list("tier").annotate(Count("pk")).order_by()
    )
    waiting = dict(
        Checkout.objects.filter(~Q(fan=but_for), price__tier__in=tiers, state=Checkout.State.OPEN)
        .values_list("price__tier")
        .annotate(Count("pk"))
        .order_by()
    )
    return {
        tier.pk: max(0, tier.seats - members.get(tier.pk, 0) - waiting.get(tier.pk, 0)) for tier in tiers if tier.seats
    }
