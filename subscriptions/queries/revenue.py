"""What a creator's memberships bring: recurring revenue from its events, and what is left of it from the books."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.db.models import Count, Min, QuerySet, Sum
from django.db.models.functions import TruncMonth

from portal.accounts.models import Creator
from portal.kit.money import FULL_RATE_BP
from portal.ledger import chart
from portal.ledger.queries import came_and_went, moved_by_month
from subscriptions.models import Membership, MrrEvent, Tier, TierPrice
from subscriptions.movements import counted

MONTHS_SHOWN = 12
# What the sources of payments by members and givers begin with.
PAID_BY = ("invoice:", "purchase:")
Kind = MrrEvent.Kind


def first_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date().replace(day=1)


def months_back(month: date, count: int) -> date:
    """The first day of the month `count` months before (after, when negative)."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def month_span(month: date) -> tuple[datetime, datetime]:
    """From the first moment of a month until before the next one, UTC."""
    after = months_back(month, -1)
    return datetime(month.year, month.month, 1, tzinfo=UTC), datetime(after.year, after.month, 1, tzinfo=UTC)


@dataclass(slots=True)
class RevenueMonth:
    """Amounts in minor units; churn and contraction are 0 or negative. `opening` + all five = `closing`."""

    month: date
    opening_minor: int = 0
    moved: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    members_before: int = 0

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + sum(self.moved.values())

    @property
    def members_after(self) -> int:
        return self.members_before + sum(self.counts[kind] for kind in MrrEvent.ARRIVALS) - self.counts[Kind.CHURN]

    @property
    def churn_bp(self) -> int | None:
        """Of those who paid when the month began, the part that left in it; None when nobody did."""
        if not self.members_before:
            return None
        return self.counts[Kind.CHURN] * FULL_RATE_BP // self.members_before

    def cells(self) -> list[tuple[str, int, int]]:
        """(kind, amount, how many) in the order of the kinds."""
        return [(kind, self.moved[kind], self.counts[kind]) for kind in Kind.values]


def currencies_of(*, creator: Creator) -> list[str]:
    """The creator's own first, then whatever else was ever charged in."""
    known = MrrEvent.objects.filter(creator=creator).order_by().values_list("currency", flat=True).distinct()
    return [creator.currency, *sorted(set(known) - {creator.currency})]


def revenue_months(*, creator: Creator, currency: str, now: datetime, months: int = MONTHS_SHOWN) -> list[RevenueMonth]:
    """The newest months, oldest first, the current one last; from the first month in which anything happened. One query."""
    rows = (
        MrrEvent.objects.filter(creator=creator, currency=currency, at__lte=now)
        .annotate(month=TruncMonth("at", tzinfo=UTC))
        .values_list("month", "kind")
        .annotate(total=Sum("delta_minor"), times=Count("pk"))
        .order_by("month")
    )
    known: dict[date, RevenueMonth] = {}
    for moment, kind, total, times in rows:
        month = known.setdefault(first_of(moment), RevenueMonth(first_of(moment)))
        month.moved[kind], month.counts[kind] = total, times
    if not known:
        return []
    told: list[RevenueMonth] = []
    at = min(known)
    while at <= first_of(now):
        row = known.get(at, RevenueMonth(at))
        if told:
            row.opening_minor, row.members_before = told[-1].closing_minor, told[-1].members_after
        told.append(row)
        at = months_back(at, -1)
    return told[-months:]


@dataclass(slots=True)
class TierRevenue:
    """What one tier brings a month, and how many stand in it."""

    tier: Tier
    members: int = 0
    mrr_minor: int = 0
    trialing: int = 0
    past_due: int = 0
    ending: int = 0
    at_risk_minor: int = 0


def revenue_by_tier(*, creator: Creator, currency: str) -> list[TierRevenue]:
    """As the memberships stand now, lowest tier first; archived tiers while somebody is in them. Two queries."""
    groups = (
        Membership.objects.going_on()
        .filter(creator=creator, price__currency=currency)
        .order_by()
        .values_list("tier", "price", "status", "cancel_at_period_end")
        .annotate(times=Count("pk"))
    )
    rows = list(groups)
    prices = {
        price.pk: price
        for price in TierPrice.objects.filter(pk__in={price for _tier, price, *_rest in rows}).select_related("tier")
    }
    tiers = {price.tier_id: price.tier for price in prices.values()}
    found: dict[int, TierRevenue] = {}
    for tier_id, price_id, status, is_ending, times in rows:
        row = found.setdefault(tier_id, TierRevenue(tiers[tier_id]))
        brings = counted(status=status, monthly_minor=prices[price_id].monthly_minor) * times
        row.members += times
        row.mrr_minor += brings
        row.trialing += times * (status == Membership.Status.TRIALING)
        row.past_due += times * (status == Membership.Status.PAST_DUE)
        row.ending += times * is_ending
        row.at_risk_minor += brings * (is_ending or status == Membership.Status.PAST_DUE)
    return sorted(found.values(), key=lambda row: (row.tier.rank, row.tier.pk))


@dataclass(frozen=True, slots=True)
class Cohorts:
    """`rows`: join month, how many joined, and the part of them (basis points) that paid k months later.

    `curve`: over all cohorts old enough for month k, the same; None where none is.
    """

    rows: list[tuple[date, int, list[int | None]]]
    curve: list[int | None]


def cohorts(*, creator: Creator, now: datetime, months: int = MONTHS_SHOWN) -> Cohorts:
    """Who first paid in which month, and how many of them paid at the end of each month after. Two queries.

    Month 0 is the end of the month they joined in; the running month counts as it stands now.
    """
    since = month_span(months_back(first_of(now), months - 1))[0]
    firsts = (
        MrrEvent.objects.filter(creator=creator, at__lte=now)
        .order_by()
        .values("membership")
        .annotate(joined=Min("at"))
        .filter(joined__gte=since)
    )
    joined = {row["membership"]: first_of(row["joined"]) for row in firsts}
    stays: dict[date, Counter[date]] = defaultdict(Counter)
    sizes = Counter(joined.values())
    events = MrrEvent.objects.filter(
        creator=creator, at__gte=since, at__lte=now, kind__in=(*MrrEvent.ARRIVALS, Kind.CHURN)
    )
    for membership, at, kind in events.order_by("at", "pk").values_list("membership", "at", "kind"):
        if membership in joined:
            stays[joined[membership]][first_of(at)] += -1 if kind == Kind.CHURN else 1
    rows: list[tuple[date, int, list[int | None]]] = []
    for month in sorted(sizes):
        left, after = 0, month
        cells: list[int | None] = []
        while after <= first_of(now):
            left += stays[month][after]
            cells.append(left * FULL_RATE_BP // sizes[month])
            after = months_back(after, -1)
        rows.append((month, sizes[month], cells))
    return Cohorts(rows, _curve(rows, months))


def _curve(rows: list[tuple[date, int, list[int | None]]], months: int) -> list[int | None]:
    curve: list[int | None] = []
    for k in range(months):
        old = [(size, cells[k] or 0) for _month, size, cells in rows if k < len(cells)]
        people = sum(size for size, _part in old)
        curve.append(sum(size * part for size, part in old) // people if people else None)
    return curve


@dataclass(frozen=True, slots=True)
class NetMonth:
    """What a month's payments became, minor units, from the books. `came` − `back` is the sum of the other parts.

    `provider` is paid by the platform out of its part, so `platform` is what it keeps after that; `other` is what open
    and lost disputes left with nobody here.
    """

    month: str
    came: int
    back: int
    creator: int
    platform: int
    provider: int
    tax: int
    other: int

    @property
    def first_day(self) -> date:
        return date.fromisoformat(f"{self.month}-01")


def net_months(*, creator: Creator, currency: str, months: int = MONTHS_SHOWN) -> list[NetMonth]:
    """The newest months in which money of members moved, gifts, passes and pools too, oldest first. Two queries to the
    ledger."""
    own = [bucket(creator.public_id, currency) for bucket in chart.BUCKETS.values()]
    moved = moved_by_month(own, sources=PAID_BY)
    through = (chart.stripe(currency), chart.stripe_fee(currency))
    flows = came_and_went(through, touching=own, sources=PAID_BY)
    told = []
    for month, by_account in sorted(moved.items()):
        net = {code: sum(both) for code, both in by_account.items()}
        came, went = flows.get(month, (0, 0))
        told.append(_net(month, net, own, currency, came, -went))
    return told[-months:]


def _net(month: str, net: dict[str, int], own: list[str], currency: str, came: int, back: int) -> NetMonth:
    provider = net.get(chart.stripe_fee(currency), 0)
    mine = -sum(net.get(code, 0) for code in own)
    tax = -net.get(chart.tax_payable(currency), 0)
    platform = -net.get(chart.platform_fee(currency), 0) - provider
    return NetMonth(month, came, back, mine, platform, provider, tax, came - back - mine - platform - provider - tax)


def mrr_events(*, creator: Creator, currency: str, month: date | None = None, kind: str = "") -> QuerySet[MrrEvent]:
    """The rows behind a number of the revenue page, newest first."""
    rows = MrrEvent.objects.filter(creator=creator, currency=currency)
    if month is not None:
        since, until = month_span(month)
        rows = rows.filter(at__gte=since, at__lt=until)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.select_related("membership__fan", "tier").order_by("-at", "-pk")
