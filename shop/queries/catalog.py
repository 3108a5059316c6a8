"""Questions about products: what is open where, and what it pays."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from portal.accounts.models import Creator, User
from shop.models import Brand, CommissionPlan, PlanVersion, Product, RegionListing, ShopTerms


def terms_at(at: datetime) -> ShopTerms:
    """The shop's numbers at that moment. A fresh portal has some (see shop.defaults)."""
    return ShopTerms.objects.in_force(at)[:1].get()


def brands_of(user: User) -> QuerySet[Brand]:
    """The brands a person works for."""
    return Brand.objects.filter(members=user).order_by("name")


def versions_for(product: Product, creator: Creator | None) -> QuerySet[PlanVersion]:
    """Every rate, past and announced, that is open to the creator: the open plan's and that of an own target plan."""
    plans = Q(plan__kind=CommissionPlan.Kind.OPEN)
    if creator is not None:
        plans |= Q(plan__creator=creator)
    return PlanVersion.objects.filter(plans, plan__product=product).select_related("plan")


def best_version(versions: Iterable[PlanVersion], at: datetime) -> PlanVersion | None:
    """The better of the plans for the creator: each plan's newest rate that has begun, then the highest of them."""
    newest: dict[int, PlanVersion] = {}
    for version in versions:
        if version.valid_from > at:
            continue
        known = newest.get(version.plan_id)
        if known is None or version.version > known.version:
            newest[version.plan_id] = version
    # At equal rates the earlier row, so that the answer never depends on the database's mood.
    return max(newest.values(), key=lambda each: (each.rate_bp, -each.pk), default=None)


def offer_at(product: Product, creator: Creator | None, at: datetime) -> PlanVersion | None:
    """The rate a new link would get. None: the brand pays no commission on it."""
    return best_version(versions_for(product, creator), at)


def is_open_in(product: Product, region: str, at: datetime) -> bool:
    """Listed, and open in that region. A buyer's region that is not known is not held against anybody."""
    if not product.is_listed(at):
        return False
    return not region or RegionListing.objects.live(at).filter(product=product, region=region).exists()


def regions_of(product: Product, at: datetime) -> list[str]:
    return sorted(RegionListing.objects.live(at).filter(product=product).values_list("region", flat=True))


@dataclass(frozen=True, slots=True)
class Offer:
    """One product on the marketplace, as one creator sees it."""

    product: Product
    version: PlanVersion | None
    coming: PlanVersion | None
    regions: list[str]
    is_open: bool

    @property
    def is_target(self) -> bool:
        return self.version is not None and self.version.plan.kind == CommissionPlan.Kind.TARGET


def offers(products: Iterable[Product], creator: Creator | None, region: str, at: datetime) -> list[Offer]:
    """Products with their rate, an announced change, and where they are open. Two queries for any number."""
    plans = Q(plan__kind=CommissionPlan.Kind.OPEN) | (Q(plan__creator=creator) if creator else Q(pk__in=[]))
    rows = list(products)
    live = RegionListing.objects.live(at).order_by("region")
    prefetch_related_objects(rows, Prefetch("listings", live, to_attr="live_listings"))
    versions: dict[int, list[PlanVersion]] = {}
    for version in PlanVersion.objects.filter(plans, plan__product__in=rows).select_related("plan"):
        versions.setdefault(version.plan.product_id, []).append(version)
    found = []
    for product in rows:
        own = versions.get(product.pk, [])
        regions = [listing.region for listing in product.live_listings]  # type: ignore[attr-defined]
        now_paid = best_version(own, at)
        latest = max(own, key=lambda each: (each.announced_at, each.pk), default=None)
        coming = latest if latest and latest.valid_from > at else None
        found.append(Offer(product, now_paid, coming, regions, bool(now_paid) and region in regions))
    return found
