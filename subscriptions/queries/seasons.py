"""Season windows as fans meet them: what is open, what comes next, and what joining in one costs."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy
from portal.programs.models import Program
from portal.programs.queries import require_enrollment
from subscriptions.models import Membership, OpeningRequest, Place, Quote, Season, Tier, TierPrice
from subscriptions.proration import add_months
from subscriptions.queries.access import Viewer
from subscriptions.queries.gifts import gifted
from subscriptions.queries.places import places_held, places_left
from subscriptions.queries.plans import titles
from subscriptions.queries.promos import SMALLEST_MINOR, SMALLEST_OTHERWISE_MINOR
from subscriptions.queries.quote_terms import Terms
from subscriptions.queries.quotes import AlreadyMember, OwnTier, TierIsFull, chosen_amount, wanted_price
from subscriptions.queries.tiers import TierOffer, seats_left


class SignUpsAreClosed(Refusal):
    sentence = _("Sign-ups for %(tier)s are closed. You can ask to be told when they open again.")


class SignUpsOpenLater(Refusal):
    sentence = _("Sign-ups for %(tier)s open on %(day)s.")


class SeasonIsFull(Refusal):
    sentence = _("Every place of this season is taken.")


class CodeNotForSeasons(Refusal):
    sentence = _("Codes do not count in a season: everybody in it pays the same.")
    field = "code"


class GiftCoversSeason(Refusal):
    sentence = _("A gift keeps this open for you until %(day)s, which is after the billing day. You need not pay now.")


class NoPassForSeason(Refusal):
    sentence = _(
        "This tier is joined in seasons, with a membership that renews. Where you live we may sell passes only."
    )


@dataclass(frozen=True, slots=True)
class SeasonWindow:
    """How sign-ups of a tier stand: the season that is open, else the next; `is_told`: the viewer is told of it."""

    tier: Tier
    open: Season | None = None
    next: Season | None = None
    places_left: int | None = None
    is_told: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether nobody can join right now."""
        return (self.open is None and self.tier.seasons_only) or self.places_left == 0


def open_season(*, tier: Tier, at: datetime) -> Season | None:
    """The season in which this tier is joined right now."""
    return Season.objects.open(at).filter(tier=tier).first()


def next_season(*, tier: Tier, at: datetime) -> Season | None:
    """The next season that is announced and has not opened."""
    return Season.objects.kept().filter(tier=tier, opens_at__gt=at).order_by("opens_at").first()


def season_windows(*, tiers: Iterable[Tier], viewer: Viewer, at: datetime) -> dict[int, SeasonWindow]:
    """Tier id → its window, for tiers that have one. One query; two more where there are seasons."""
    known = {tier.pk: tier for tier in tiers}
    coming = Season.objects.kept().filter(tier__in=known, closes_at__gt=at).order_by("opens_at")
    rows: dict[int, list[Season]] = {}
    for season in coming:
        rows.setdefault(season.tier_id, []).append(season)
    shown = [tier for tier in known.values() if tier.seasons_only or tier.pk in rows]
    limited = [row for found in rows.values() for row in found if row.places is not None and row.is_open(at)]
    held = places_held().filter(season__in=limited).order_by().values_list("season").annotate(Count("pk"))
    taken = dict(held) if limited else {}
    waits: set[int] = set()
    if shown and isinstance(viewer, User):
        waits = set(requests_open().filter(fan=viewer, tier__in=shown).values_list("tier", flat=True))
    windows = {}
    for tier in shown:
        found = rows.get(tier.pk, [])
        now_open = next((row for row in found if row.is_open(at)), None)
        later = next((row for row in found if row.opens_at > at), None)
        left = None
        if now_open is not None and now_open.places is not None:
            left = max(0, now_open.places - taken.get(now_open.pk, 0))
        windows[tier.pk] = SeasonWindow(tier, now_open, later, left, tier.pk in waits)
    return windows


def with_windows(*, offers: Iterable[TierOffer], viewer: Viewer, at: datetime) -> list[TierOffer]:
    """Offers, each with the window of its tier. One query; two more where there are seasons."""
    offers = list(offers)
    windows = season_windows(tiers=[offer.tier for offer in offers], viewer=viewer, at=at)
    return [replace(offer, window=windows.get(offer.tier.pk)) for offer in offers]


def requests_open() -> QuerySet[OpeningRequest]:
    """Wishes to be told that were neither met nor taken back."""
    return OpeningRequest.objects.filter(told_at__isnull=True, dropped_at__isnull=True)


def require_open(*, tier: Tier, at: datetime) -> None:
    """Raises SignUpsAreClosed or SignUpsOpenLater for a tier that is joined in seasons only, and none is open."""
    if not tier.seasons_only:
        return
    following = next_season(tier=tier, at=at)
    if following is not None:
        raise SignUpsOpenLater(tier=tier.name, day=day_lazy(following.opens_at))
    raise SignUpsAreClosed(tier=tier.name)


def season_terms(
    *, fan: User, season: Season, at: datetime, interval: str = "", amount_minor: int | None = None, code: str = ""
) -> Terms:
    """What joining in a season costs: the days until its billing day now, or nothing; then the whole price that day.

    By whole days, so that it is the same sum from the look at it until the payment. No trial, no code.
    """
    tier, creator = season.tier, season.tier.creator
    require_enrollment(creator=creator, program=Program.SUBSCRIPTIONS, on=at.date(), now=at)
    price = wanted_price(tier, interval, at)
    if creator.user_id == fan.pk:
        raise OwnTier
    if Membership.objects.going_on().filter(fan=fan, creator=creator).exists():
        raise AlreadyMember(creator=creator.display_name)
    if seats_left(tier=tier, but_for=fan.pk) == 0:
        raise TierIsFull
    if places_left(season=season, but_for=fan.pk) == 0:
        raise SeasonIsFull
    if code.strip():
        raise CodeNotForSeasons
    amount, due = chosen_amount(price, amount_minor), season.billing_at
    since = _paid_by_gift(fan, tier, due, at)
    days, whole = first_days(season=season, price=price, since=since)
    charge = 0 if season.starts_later else prorated(amount, days, whole, price.currency)
    opens = due if season.starts_later else at
    return Terms(
        kind=Quote.Kind.JOIN,
        currency=price.currency,
        effective_at=at,
        inputs={
            "price": price.public_id,
            "amount": amount,
            "trial_days": 0,
            "discount": "",
            "season": season.public_id,
            "season_days": f"{days}/{whole}" if charge else "",
        },
        price=price,
        amount_minor=amount,
        charge_now_minor=charge,
        next_charge_minor=amount,
        next_charge_at=due,
        gained=[
            {"title": title, "from": opens.isoformat(), "until": None if season.starts_later else due.isoformat()}
            for title in titles(tier)
        ],
    )


def first_days(*, season: Season, price: TierPrice, since: datetime) -> tuple[int, int]:
    """Days from a moment to the billing day, and days of the whole period that would end there; the first one is free
    as far as it has passed."""
    whole = season.billing_at - add_months(season.billing_at, -price.months)
    return season.days_until_billing(since.date()), whole.days


def prorated(amount: int, days: int, whole: int, currency: str) -> int:
    """The part of a price for so many days of a period, half a unit up; 0 where a card cannot be charged so little."""
    part = min(amount, (2 * amount * max(0, days) + whole) // (2 * whole))
    return part if part >= SMALLEST_MINOR.get(currency, SMALLEST_OTHERWISE_MINOR) else 0


def _paid_by_gift(fan: User, tier: Tier, due: datetime, at: datetime) -> datetime:
    """From when on the fan would pay: time that a gift has paid for is not paid for again. Raises GiftCoversSeason."""
    held = gifted(fan=fan, creator=tier.creator, at=at).filter(tier__rank__gte=tier.rank).order_by("-until_at").first()
    if held is None or held.until_at is None:
        return at
    if held.until_at >= due:
        raise GiftCoversSeason(day=day_lazy(held.until_at))
    return held.until_at


def season_of(*, quote: Quote) -> Season | None:
    """The season in which a quote lets somebody join."""
    known = quote.inputs.get("season")
    return Season.objects.filter(public_id=known).first() if known else None


def places_of(*, fan: User) -> dict[str, Place]:
    """Subscription at the provider → the place it began with. One query."""
    rows = Place.objects.filter(fan=fan).exclude(checkout__stripe_subscription_id="")
    rows = rows.select_related("season", "checkout", "fulfillment").prefetch_related("fulfillment__dispatches")
    return {row.checkout.stripe_subscription_id: row for row in rows}
