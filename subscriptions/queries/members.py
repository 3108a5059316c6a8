"""A creator's members: found by filter and word, opened page by page without counting them, and told one by one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _told
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from subscriptions.models import Dunning, Grant, Membership, MembershipTerms, Place, Season, Trial

A_PAGE = 50
GIVEN = (Grant.Kind.GIFTED, Grant.Kind.COMPLIMENTARY, Grant.Kind.STAFF)
Status = Membership.Status
# name → (label, the condition)
STATUSES: dict[str, tuple[Any, Q]] = {
    "going_on": (_("going on"), Q(status__in=Membership.GOING_ON)),
    "active": (_("active"), Q(status=Status.ACTIVE)),
    "trialing": (_("on trial"), Q(status=Status.TRIALING)),
    "past_due": (_("payment failed"), Q(status=Status.PAST_DUE)),
    "paused": (_("paused"), Q(status=Status.PAUSED)),
    "ending": (_("leaving"), Q(status__in=Membership.GOING_ON, cancel_at_period_end=True)),
    "canceled": (_("ended"), Q(status=Status.CANCELED)),
}
# name → (label, column, newest or largest first)
SORTS: dict[str, tuple[Any, str, bool]] = {
    "newest": (_("newest first"), "joined_at", True),
    "oldest": (_("oldest first"), "joined_at", False),
    "name": (_("name"), "fan__name", False),
    "pays": (_("pays most"), "price__amount_minor", True),
}


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """What a list of members is narrowed by; "" and 0 narrow nothing. `tier` is a public id."""

    status: str = ""
    tier: str = ""
    interval: str = ""
    given: str = ""
    tenure_months: int = 0
    word: str = ""
    sort: str = "newest"

    @property
    def is_narrowed(self) -> bool:
        return any((self.status, self.tier, self.interval, self.given, self.tenure_months, self.word))


def found_members(*, creator: Creator, chosen: MemberFilter, now: datetime) -> QuerySet[Membership]:
    """The creator's members that were ever let in, narrowed and sorted."""
    rows = Membership.objects.filter(creator=creator).exclude(status=Status.INCOMPLETE)
    if chosen.status in STATUSES:
        rows = rows.filter(STATUSES[chosen.status][1])
    if chosen.tier:
        rows = rows.filter(tier__public_id=chosen.tier)
    if chosen.interval:
        rows = rows.filter(price__interval=chosen.interval)
    if chosen.given:
        doors = Grant.objects.live(now).filter(fan=OuterRef("fan"), creator=creator, kind=chosen.given)
        rows = rows.filter(Exists(doors))
    if chosen.tenure_months:
        rows = rows.filter(joined_at__lte=now - timedelta(days=chosen.tenure_months * 365.25 / 12))
    if chosen.word:
        rows = rows.filter(fan__name__icontains=chosen.word)
    _label, column, falling = SORTS.get(chosen.sort, SORTS["newest"])
    order = (f"-{column}", "-pk") if falling else (column, "pk")
    return rows.select_related("fan", "tier", "price").order_by(*order)


@dataclass(frozen=True, slots=True)
class MemberPage:
    """One page of a list; `after` is the mark from which the next one begins, "" when this is the last."""

    rows: list[Membership]
    after: str
    is_first: bool


def member_page(
    *, creator: Creator, chosen: MemberFilter, now: datetime, after: str = "", size: int = A_PAGE
) -> MemberPage:
    """A page that begins behind a row instead of at a number, and counts nothing: as fast at any length. One query."""
    rows = found_members(creator=creator, chosen=chosen, now=now)
    _label, column, falling = SORTS.get(chosen.sort, SORTS["newest"])
    mark = _read_mark(after, column)
    if mark is not None:
        value, pk = mark
        side = "lt" if falling else "gt"
        # The first part is what the index reads from; the second drops those of the same moment that were shown.
        rows = rows.filter(**{f"{column}__{side}e": value})
        rows = rows.filter(Q(**{f"{column}__{side}": value}) | Q(**{f"pk__{side}": pk}))
    found = list(rows[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return MemberPage(found[:size], _mark(last, column) if last else "", mark is None)


def standings(*, rows: Iterable[Membership], creator: Creator, at: datetime) -> dict[int, str]:
    """Membership → how it stands, in words. Two queries.

    The provider says "trialing" of a trial, of who waits for a season's billing day, and of whose next charge waits for a
    gift: the first has a trial's row, the second a place, the third neither.
    """
    tries = Trial.objects.filter(creator=creator, ends_at__gt=at)
    trials = set(tries.values_list("stripe_subscription_id", flat=True))
    seasons = Place.objects.filter(season__tier__creator=creator, season__billing_date__gte=at.date())
    seasons = seasons.select_related("season", "checkout").exclude(checkout__stripe_subscription_id="")
    places = {place.checkout.stripe_subscription_id: place.season for place in seasons}
    return {row.pk: _standing(row, trials, places.get(row.stripe_subscription_id)) for row in rows}


def _standing(row: Membership, trials: set[str], season: Season | None) -> str:
    end = row.period_end_at
    if row.status != Status.TRIALING or end is None or row.stripe_subscription_id in trials:
        return row.get_status_display()
    day = {"day": date_format(end, "MONTH_DAY_FORMAT")}
    if season is None or end > season.billing_at:
        return _told("charged from %(day)s") % day
    return (_told("starts on %(day)s") if season.starts_later else _told("billed on %(day)s")) % day


def _mark(row: Membership, column: str) -> str:
    value: Any = row
    for part in column.split("__"):
        value = getattr(value, part)
    told = value.timestamp() if isinstance(value, datetime) else value
    return f"{row.pk}~{told!r}" if isinstance(told, float) else f"{row.pk}~{told}"


def _read_mark(mark: str, column: str) -> tuple[Any, int] | None:
    """None for a mark that is none: then the list is shown from its start."""
    pk, tilde, told = mark.partition("~")
    if not tilde or not pk.isascii() or not pk.isdigit() or len(pk) > 18:
        return None
    try:
        if column == "joined_at":
            return datetime.fromtimestamp(float(told), UTC), int(pk)
        return (told if column == "fan__name" else int(told)), int(pk)
    except (ValueError, OverflowError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class Declined:
    """A member whose payment failed: since when, how much is open, when the card is tried again, and how long the doors
    stay open meanwhile."""

    membership: Membership
    since: datetime
    open_minor: int
    access_until: datetime
    next_try_at: datetime | None
    dunning: Dunning | None


@dataclass(frozen=True, slots=True)
class DeclinedList:
    """`at_risk`: currency → what would be lost with all of them."""

    rows: list[Declined]
    at_risk: dict[str, int]


def declined_members(*, creator: Creator, most: int = 500) -> DeclinedList:
    """Everybody whose payment failed, the oldest first, and what would be lost with them. Three queries."""
    terms = MembershipTerms.objects.filter(creator=creator).first()
    grace = timedelta(days=terms.grace_days if terms else MembershipTerms.DEFAULT_GRACE_DAYS)
    failed = Membership.objects.filter(creator=creator, status=Status.PAST_DUE).select_related("fan", "tier", "price")
    rows = list(failed.order_by(F("past_due_at").asc(nulls_last=True), "pk")[:most])
    tries = {row.membership_id: row for row in Dunning.objects.open().filter(membership__in=rows)}
    told = []
    at_risk: Counter[str] = Counter()
    for row in rows:
        since, dunning = row.past_due_at or row.period_start_at or row.joined_at, tries.get(row.pk)
        amount = dunning.amount_minor if dunning else row.price.amount_minor
        told.append(Declined(row, since, amount, since + grace, dunning.next_attempt_at if dunning else None, dunning))
        at_risk[row.price.currency] += amount
    return DeclinedList(told, dict(at_risk))


def with_member_count(creators: QuerySet[Creator]) -> QuerySet[Creator]:
    """With `member_count`: how many memberships are going on. No query of its own."""
    going = Membership.objects.going_on().filter(creator=OuterRef("pk")).order_by().values("creator")
    return creators.annotate(member_count=Coalesce(Subquery(going.annotate(n=Count("pk")).values("n")), 0))


def given_access(*, creator: Creator) -> QuerySet[Grant]:
    """Doors opened by people rather than by money, newest first; those taken back too."""
    rows = Grant.objects.filter(creator=creator, kind__in=GIVEN)
    return rows.select_related("fan", "tier", "benefit", "granted_by", "revoked_by").order_by("-from_at", "-pk")


def sheet_rows(rows: Iterable[Membership], months: dict[int, int], standing: dict[int, str]) -> Iterable[list[object]]:
    """The lines of a CSV of members; amounts in minor units, with their currency."""
    for row in rows:
        yield [
            row.fan.name,
            row.tier.name,
            standing[row.pk],
            "yes" if row.cancel_at_period_end else "",
            row.joined_at.date().isoformat(),
            months.get(row.fan_id, 0),
            row.price.amount_minor,
            row.price.currency,
            row.price.interval,
            row.next_charge_at.date().isoformat() if row.next_charge_at else "",
            row.ended_at.date().isoformat() if row.ended_at else "",
        ]


SHEET_HEADER = (
    "name",
    "tier",
    "status",
    "leaving",
    "joined",
    "months",
    "price_minor",
    "currency",
    "interval",
    "next_charge",
    "ended",
)
