"""When a fan's money is taken next, and how much: the coming twelve months, from the memberships' own dates."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from portal.accounts.models import User
from subscriptions.models import Membership, PlanChange, PromoUse, StayOffer, TierPrice
from subscriptions.proration import add_months
from subscriptions.queries.plans import off_in_force
from subscriptions.queries.seasons import places_of

MONTHS_AHEAD = 12
# A row that cannot be charged for ever stops here whatever its dates say.
MOST_CHARGES = 40


@dataclass(frozen=True, slots=True)
class UpcomingCharge:
    """One payment that will be asked for. `note` says what is special about it, "" for a plain renewal."""

    membership: Membership
    at: datetime
    amount_minor: int
    currency: str
    price: TierPrice
    note: str = ""


@dataclass(slots=True)
class CalendarMonth:
    month: date
    charges: list[UpcomingCharge] = field(default_factory=list)
    # Plain, because a template asks a Counter for its `items` and is told 0.
    totals: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PaymentCalendar:
    """`totals`: currency → everything in the coming twelve months. `ending`: what will not be charged again."""

    months: list[CalendarMonth]
    totals: dict[str, int]
    ending: list[Membership]
    failed: list[Membership]

    @property
    def charges(self) -> list[UpcomingCharge]:
        return [charge for month in self.months for charge in month.charges]


def payment_calendar(*, fan: User, now: datetime, months: int = MONTHS_AHEAD) -> PaymentCalendar:
    """Every charge of the coming months over all memberships of a fan. Five queries, a few more a discounted charge."""
    rows = list(Membership.objects.going_on().filter(fan=fan).select_related("creator", "tier", "price"))
    until = add_months(now, months)
    changes = {
        change.membership_id: change
        for change in PlanChange.objects.pending().filter(membership__in=rows).select_related("price__tier")
    }
    subscriptions = [row.stripe_subscription_id for row in rows if row.stripe_subscription_id]
    discounted = set(
        PromoUse.objects.filter(fan=fan, checkout__stripe_subscription_id__in=subscriptions).values_list(
            "checkout__stripe_subscription_id", flat=True
        )
    )
    places = places_of(fan=fan)
    stays = StayOffer.objects.accepted().filter(membership__in=rows, sent_at__isnull=False)
    discounted |= set(stays.values_list("stripe_subscription_id", flat=True))
    found: dict[date, CalendarMonth] = {}
    totals: Counter[str] = Counter()
    for row in rows:
        has_code = row.stripe_subscription_id in discounted
        place = places.get(row.stripe_subscription_id)
        billing = place.season.billing_at if place else None
        change = changes.get(row.pk)
        for charge in upcoming(row, now=now, until=until, change=change, has_code=has_code, billing=billing):
            day = charge.at.astimezone(UTC).date().replace(day=1)
            month = found.setdefault(day, CalendarMonth(day))
            month.charges.append(charge)
            month.totals[charge.currency] = month.totals.get(charge.currency, 0) + charge.amount_minor
            totals[charge.currency] += charge.amount_minor
    for month in found.values():
        month.charges.sort(key=lambda charge: charge.at)
    return PaymentCalendar(
        [found[day] for day in sorted(found)],
        dict(totals),
        [row for row in rows if row.cancel_at_period_end],
        [row for row in rows if row.status == Membership.Status.PAST_DUE],
    )


def upcoming(
    membership: Membership,
    *,
    now: datetime,
    until: datetime,
    change: PlanChange | None = None,
    has_code: bool = False,
    billing: datetime | None = None,
) -> Iterable[UpcomingCharge]:
    """The charges of one membership up to `until`: on its own day, at its own price, with what is about to change.

    A cancelled one has none; a paused one begins again when it resumes; a change that waits counts from its day on. An
    open payment that failed is tried again on days of its own and is not one of these. `billing`: a season's billing day.
    """
    due = membership.next_charge_at
    if due is None:
        return
    price, resumes = membership.price, membership.resumes_at
    note = (
        "season"
        if due == billing
        else "trial"
        if membership.status == Membership.Status.TRIALING
        else "resumed"
        if resumes
        else ""
    )
    anchor = membership.anchor_day or due.day
    for _again in range(MOST_CHARGES):
        if due > until:
            return
        if change is not None and due >= change.effective_at and price.pk != change.price_id:
            price, note = change.price, "changed"
        if due > now:
            off = off_in_force(membership, due).of(price.amount_minor) if has_code else 0
            charged = price.amount_minor - off
            yield UpcomingCharge(membership, due, charged, price.currency, price, note or ("code" if off else ""))
            note = ""
        due = add_months(due, price.months, anchor_day=anchor)


def grouped_by_year(months: Iterable[CalendarMonth]) -> dict[int, dict[str, int]]:
    """Calendar year → currency → what it will have cost."""
    years: dict[int, Counter[str]] = defaultdict(Counter)
    for month in months:
        years[month.month.year].update(month.totals)
    return {year: dict(totals) for year, totals in years.items()}
