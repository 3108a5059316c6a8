"""Who has a place in a season, and what a membership may do before its billing day."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kit.refusal import Refusal
from subscriptions.models import Checkout, Invoice, Membership, Place, Season, Tier


class SeasonNotBegun(Refusal):
    sentence = _("You joined in the season “%(season)s”. From its billing day on you can change your plan or pause.")


class TierIsInSeasons(Refusal):
    sentence = _("%(tier)s can be joined in a season only, and cannot be changed to or given as a gift.")


def places_held() -> QuerySet[Place]:
    """Places that nobody else can have: at the checkout, or joined and not left before anything was paid."""
    left = Membership.objects.filter(
        stripe_subscription_id=OuterRef("checkout__stripe_subscription_id"), status=Membership.Status.CANCELED
    ).exclude(stripe_subscription_id="")
    taken = Q(checkout__state=Checkout.State.OPEN) | Q(checkout__state=Checkout.State.PAID)
    return Place.objects.filter(taken).exclude(Exists(left))


def places_left(*, season: Season, but_for: int | None = None) -> int | None:
    """Free places of a season; None when there is no limit. User `but_for` does not count."""
    if season.places is None:
        return None
    return max(0, season.places - places_held().filter(~Q(fan=but_for), season=season).count())


def place_of(*, membership: Membership) -> Place | None:
    """The place through which this membership's subscription began."""
    if not membership.stripe_subscription_id:
        return None
    rows = Place.objects.filter(checkout__stripe_subscription_id=membership.stripe_subscription_id)
    return rows.select_related("season__tier").first()


def place_before_billing(*, membership: Membership, at: datetime) -> Place | None:
    """The place of a membership whose season has not come to its billing day; None for every other."""
    if membership.status != Membership.Status.TRIALING:
        return None
    place = place_of(membership=membership)
    return place if place is not None and at < place.season.billing_at else None


def is_waiting(*, membership: Membership, at: datetime) -> bool:
    """Joined now, starts later: nothing is paid and nothing is open yet."""
    place = place_before_billing(membership=membership, at=at)
    return place is not None and place.season.starts_later


def season_name(invoice: Invoice) -> str:
    """The season that a payment's time belongs to: what leads up to its billing day, or begins on it; "" for none."""
    days = (invoice.period_start_at.date(), invoice.period_end_at.date())
    rows = Place.objects.filter(
        fan=invoice.membership.fan, season__tier=invoice.price.tier_id, season__billing_date__in=days
    )
    for place in rows.select_related("season"):
        season = place.season
        if (invoice.period_start_at if season.starts_later else invoice.period_end_at) == season.billing_at:
            return season.name
    return ""


def waits_for_billing(checkout: str) -> bool:
    """Whether an attempt (its public id) led into a season where nothing opens before the billing day."""
    later = Season.FirstPeriod.LATER
    return Place.objects.filter(checkout__public_id=checkout, season__first_period=later).exists()


def require_billed(*, membership: Membership, at: datetime) -> None:
    """Raises SeasonNotBegun while the first, shorter time of a season lasts."""
    place = place_before_billing(membership=membership, at=at)
    if place is not None:
        raise SeasonNotBegun(season=place.season.name)


def require_no_season(*, tier: Tier) -> None:
    """Raises TierIsInSeasons for a tier with no other way in."""
    if tier.seasons_only:
        raise TierIsInSeasons(tier=tier.name)
