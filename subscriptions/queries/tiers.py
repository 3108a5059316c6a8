"""What a creator offers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, F, Q

from portal.accounts.models import Creator
from subscriptions.models import Checkout, Dunning, Membership, PlanChange, RevenueShare, Tier, TierBenefit, TierPrice

if TYPE_CHECKING:
    from subscriptions.queries.seasons import SeasonWindow


class Attached(NamedTuple):
    """A benefit as it is attached to a tier; plain values, because every page about a creator reads them."""

    tier_id: int
    creator_id: int
    rank: int
    archived_at: datetime | None
    benefit_id: int
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class TierOffer:
    """A tier with what it costs now and everything it holds, the lower tiers' benefits first.

    `prices`: one for each interval that is offered, the shortest first; `price` is the one that is shown. `window`: how
    sign-ups stand, for a tier with seasons, where it was looked up.
    """

    tier: Tier
    price: TierPrice
    benefits: tuple[Attached, ...]
    seats_left: int | None = None
    prices: tuple[TierPrice, ...] = ()
    window: "SeasonWindow | None" = None

    @property
    def is_full(self) -> bool:
        return self.seats_left == 0


def offers(*, creator: Creator, at: datetime, drafts: bool = False, interval: str = "") -> list[TierOffer]:
    """The tiers on sale, lowest first; `drafts` adds those not yet published. Two queries, two more with places.

    Each at its price for `interval` where it has one, else at its shortest.
    """
    rows = TierPrice.objects.filter(tier__creator=creator, tier__archived_at__isnull=True, effective_at__lte=at)
    if not drafts:
        rows = rows.filter(tier__published_at__isnull=False)
    prices = _newest(rows.for_all().select_related("tier").order_by("-version"), at)
    attached = benefits_of(creator)
    tiers = [found[0].tier for found in prices.values()]
    seats = _seats_left(tiers) if any(tier.seats for tier in tiers) else {}
    made = []
    for tier in sorted(tiers, key=lambda tier: tier.rank):
        tier.creator = creator
        asked = prices[tier.pk]
        shown = next((price for price in asked if price.interval == interval), asked[0])
        made.append(TierOffer(tier, shown, tuple(contained(tier, attached)), seats.get(tier.pk), tuple(asked)))
    return made


def current_price(*, tier: Tier, at: datetime, interval: str = "") -> TierPrice | None:
    """The price a new member pays: that of the interval, or of the shortest one; None when it is not offered.

    The newest version that the provider knows; one that is not there yet only when none is.
    """
    asked = current_prices(tier=tier, at=at)
    return next((price for price in asked if interval in ("", price.interval)), None)


def current_prices(*, tier: Tier, at: datetime) -> list[TierPrice]:
    """What a tier costs new members, one price for each interval, the shortest first."""
    rows = tier.prices.for_all().filter(effective_at__lte=at).order_by("-version")
    return _newest(rows, at).get(tier.pk, [])


def _newest(rows: Iterable[TierPrice], at: datetime) -> dict[int, list[TierPrice]]:
    """Tier id → its prices, the shortest interval first: known to the provider before others, then the first row."""
    found: dict[tuple[int, str], TierPrice] = {}
    rows = list(rows)
    for price in [*(price for price in rows if price.stripe_price_id), *rows]:
        found.setdefault((price.tier_id, price.interval), price)
    by_tier: dict[int, list[TierPrice]] = {}
    for price in sorted(found.values(), key=lambda price: price.months):
        if price.withdrawn_at is None or price.withdrawn_at > at:
            by_tier.setdefault(price.tier_id, []).append(price)
    return by_tier


def benefits_of(*creators: Creator) -> list[Attached]:
    """Everything that is attached to any tier of the creators, archived ones too, the lowest first. One query."""
    rows = TierBenefit.objects.filter(tier__creator__in=creators).order_by("tier__rank", "pk")
    columns = ("tier", "tier__creator", "tier__rank", "tier__archived_at", "benefit", "benefit__kind", "benefit__title")
    return [Attached(*row) for row in rows.values_list(*columns)]


def contained(tier: Tier, attached: Iterable[Attached]) -> list[Attached]:
    """What a tier holds, each once: its own benefits, and those of every lower tier that is not archived."""
    found: dict[int, Attached] = {}
    for one in attached:
        is_lower = one.creator_id == tier.creator_id and one.rank < tier.rank and one.archived_at is None
        if one.tier_id == tier.pk or is_lower:
            found.setdefault(one.benefit_id, one)
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
    # Who has not paid within the grace holds no place any more (`Dunning.seat_freed_at`).
    unpaid = Dunning.objects.open().filter(seat_freed_at__isnull=False).values("membership")
    holders = Membership.objects.going_on().filter(tier__in=tiers).exclude(pk__in=unpaid)
    members = dict(holders.values_list("tier").annotate(Count("pk")).order_by())
    waiting = dict(
        Checkout.objects.filter(~Q(fan=but_for), price__tier__in=tiers, state=Checkout.State.OPEN)
        .values_list("price__tier")
        .annotate(Count("pk"))
        .order_by()
    )
    # Who is to come from another tier at the end of a paid time has a place already.
    coming = dict(
        PlanChange.objects.pending()
        .filter(~Q(membership__fan=but_for), price__tier__in=tiers)
        .exclude(membership__tier=F("price__tier"))
        .values_list("price__tier")
        .annotate(Count("pk"))
        .order_by()
    )
    taken = {tier.pk: sum(places.get(tier.pk, 0) for places in (members, waiting, coming)) for tier in tiers}
    return {tier.pk: max(0, tier.seats - taken[tier.pk]) for tier in tiers if tier.seats}
