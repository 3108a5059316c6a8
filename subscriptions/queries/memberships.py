"""Memberships, members, receipts, and the few numbers that home pages show."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from portal.accounts.models import Creator, User
from subscriptions.models import Grant, Invoice, Membership, Place, PlanChange, TierPrice
from subscriptions.movements import counted
from subscriptions.queries.access import all_perks
from subscriptions.queries.promises import TierBoard, boards_of
from subscriptions.queries.seasons import places_of
from subscriptions.queries.tenure import Badge, OwnTenure, badges, tenure_months, tenures_of


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
    """What a creator's home shows of memberships. Two queries, a row for each price in use."""
    del now  # the rows say what is; the time is taken so that every summary is asked the same way
    groups = (
        Membership.objects.going_on()
        .filter(creator=creator)
        .order_by()
        .values_list("price", "status", "cancel_at_period_end")
        .annotate(Count("pk"))
    )
    rows = list(groups)
    prices = TierPrice.objects.in_bulk({row[0] for row in rows})
    mrr: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    ending = 0
    for price_id, status, is_ending, times in rows:
        price = prices[price_id]
        statuses[status] += times
        ending += times * is_ending
        if brings := counted(status=status, monthly_minor=price.monthly_minor):
            mrr[price.currency] += brings * times
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
    waiting: PlanChange | None = None
    own: OwnTenure | None = None
    boards: Sequence[TierBoard] = ()
    place: Place | None = None

    @property
    def is_before_billing(self) -> bool:
        """Whether a season's billing day is still to come."""
        end, place = self.membership.period_end_at, self.place
        is_first = self.membership.status == Membership.Status.TRIALING
        return is_first and place is not None and end is not None and end <= place.season.billing_at


def membership_cards(*, fan: User, at: datetime, receipts: int = 6) -> list[MembershipCard]:
    """Every membership of a fan, going ones first, in eight queries; three more where something is promised, one more
    where something is owed."""
    rows = list(Membership.objects.filter(fan=fan).select_related("creator", "tier", "price"))
    mine = all_perks(fan=fan, at=at)
    paid: dict[int, list[Invoice]] = {}
    for invoice in Invoice.objects.filter(membership__fan=fan, paid_at__isnull=False).order_by("-paid_at"):
        paid.setdefault(invoice.membership_id, []).append(invoice)
    changes = PlanChange.objects.pending().filter(membership__fan=fan).select_related("price__tier")
    waiting = {change.membership_id: change for change in changes}
    own = tenures_of(fan=fan, at=at)
    places = places_of(fan=fan)
    boards = boards_of(creators=[row.creator for row in rows if row.is_going_on], at=at)
    cards = []
    for row in sorted(rows, key=lambda row: not row.is_going_on):
        perks = mine.get(row.creator)
        cards.append(
            MembershipCard(
                row,
                paid.get(row.pk, [])[:receipts],
                perks.until if perks else None,
                perks is not None,
                waiting.get(row.pk),
                own.get(row.creator_id),
                [board for board in boards.get(row.creator_id, ()) if board.tier.rank <= row.tier.rank],
                places.get(row.stripe_subscription_id),
            )
        )
    return cards


def gifts_of(*, fan: User, at: datetime) -> QuerySet[Grant]:
    """Doors opened for a fan by people rather than by money."""
    by_people = (Grant.Kind.GIFTED, Grant.Kind.COMPLIMENTARY, Grant.Kind.STAFF)
    return Grant.objects.live(at).filter(fan=fan, kind__in=by_people).select_related("creator", "tier", "benefit")


def with_tenure(*, rows: Iterable[Membership], creator: Creator, at: datetime) -> list[tuple[Membership, int, Badge]]:
    """Each membership with its months in all and the badge others see. Four queries."""
    rows = list(rows)
    fans = [row.fan for row in rows]
    months, worn = tenure_months(fans=fans, creator=creator, at=at), badges(fans=fans, creator=creator, at=at)
    return [(row, months.get(row.fan_id, 0), worn.get(row.fan_id, Badge())) for row in rows]
