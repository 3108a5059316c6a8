"""Memberships, members, receipts, and the few numbers that home pages show."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.ledger import chart
from portal.ledger.queries import posted
from subscriptions.models import Grant, Invoice, Membership
from subscriptions.queries.access import all_perks, tenure_months


@dataclass(frozen=True, slots=True)
class CreatorSummary:
    """`mrr_minor`: currency → what one month of all going memberships brings, before the share is split."""

    members: int
    mrr_minor: dict[str, int]
    past_due: int
    ending: int


@dataclass(frozen=True, slots=True)
class FanSummary:
    """`next_charge` is the membership that is charged next, None when nothing will be."""

    memberships: list[Membership]
    next_charge: Membership | None


def creator_summary(*, creator: Creator, now: datetime) -> CreatorSummary:
    """What a creator's home shows of memberships. One query."""
    del now  # the rows say what is; the time is taken so that every summary is asked the same way
    mrr: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    ending = 0
    rows = Membership.objects.going_on().filter(creator=creator).select_related("price")
    for membership in rows.iterator():
        statuses[membership.status] += 1
        ending += membership.cancel_at_period_end
        if membership.status != Membership.Status.TRIALING:
            mrr[membership.price.currency] += membership.price.monthly_minor
    return CreatorSummary(sum(statuses.values()), dict(mrr), statuses[Membership.Status.PAST_DUE], ending)


def fan_summary(*, user: User, now: datetime) -> FanSummary:
    """What a fan's home shows of memberships. One query."""
    del now
    rows = list(Membership.objects.going_on().filter(fan=user).select_related("creator", "tier", "price"))
    charged = [row for row in rows if row.next_charge_at]
    return FanSummary(rows, min(charged, key=lambda row: row.next_charge_at or row.joined_at, default=None))


@dataclass(frozen=True, slots=True)
class MembershipCard:
    """One membership as its fan sees it, with the newest payments and what is open right now."""

    membership: Membership
    invoices: list[Invoice]
    open_until: datetime | None
    is_open: bool


def membership_cards(*, fan: User, at: datetime, receipts: int = 6) -> list[MembershipCard]:
    """Every membership of a fan, going ones first, in five queries."""
    rows = list(Membership.objects.filter(fan=fan).select_related("creator", "tier", "price"))
    mine = all_perks(fan=fan, at=at)
    paid: dict[int, list[Invoice]] = {}
    for invoice in Invoice.objects.filter(membership__fan=fan, paid_at__isnull=False).order_by("-paid_at"):
        paid.setdefault(invoice.membership_id, []).append(invoice)
    cards = []
    for row in sorted(rows, key=lambda row: not row.is_going_on):
        perks = mine.get(row.creator)
        cards.append(
            MembershipCard(row, paid.get(row.pk, [])[:receipts], perks.until if perks else None, perks is not None)
        )
    return cards


def gifts_of(*, fan: User, at: datetime) -> QuerySet[Grant]:
    """Doors opened for a fan by people rather than by money."""
    by_people = (Grant.Kind.GIFTED, Grant.Kind.COMPLIMENTARY, Grant.Kind.STAFF)
    return Grant.objects.live(at).filter(fan=fan, kind__in=by_people).select_related("creator", "tier", "benefit")


def members_of(*, creator: Creator, status: str = "", word: str = "") -> QuerySet[Membership]:
    """The creator's members that were ever let in, newest first; narrowed by status or by a word of the name."""
    rows = Membership.objects.filter(creator=creator).exclude(status=Membership.Status.INCOMPLETE)
    if status:
        rows = rows.filter(status=status)
    if word:
        rows = rows.filter(fan__name__icontains=word)
    return rows.select_related("fan", "tier", "price")


def with_tenure(*, rows: Iterable[Membership], creator: Creator, at: datetime) -> list[tuple[Membership, int]]:
    """Each membership with its months in all. One query."""
    rows = list(rows)
    months = tenure_months(fans=[row.fan for row in rows], creator=creator, at=at)
    return [(row, months.get(row.fan_id, 0)) for row in rows]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a payment, in minor units, as the books hold it."""

    label: str | Promise
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Split:
    """Where each cent of a payment went. `paid` less `refunded` is the sum of the parts."""

    paid_minor: int
    refunded_minor: int
    parts: list[Part] = field(default_factory=list)

    @property
    def kept_minor(self) -> int:
        return sum(part.amount_minor for part in self.parts)


def payment_split(*, invoice: Invoice) -> Split:
    """The books of one invoice, read for its fan. The provider's fee is paid by the platform out of its part."""
    held, currency = posted(invoice.source), invoice.currency
    creator = invoice.membership.creator
    buckets = [bucket(creator.public_id, currency) for bucket in chart.BUCKETS.values()]
    fee = held.get(chart.stripe_fee(currency), 0)
    platform = -held.get(chart.platform_fee(currency), 0) - fee
    parts = [
        Part(creator.display_name, -sum(held.get(code, 0) for code in buckets)),
        Part(_("Payment provider"), fee),
        Part(_("This portal, for running it"), platform),
        Part(_("Tax"), -held.get(chart.tax_payable(currency), 0)),
    ]
    kept = sum(part.amount_minor for part in parts)
    return Split(invoice.total_minor, invoice.total_minor - kept, [part for part in parts if part.amount_minor])
