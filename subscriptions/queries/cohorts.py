"""Who joined in a season, what they have paid, what they are owed and how far it has come."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from subscriptions.models import Checkout, Dispatch, Fulfillment, Invoice, Membership, Place, Season
from subscriptions.queries.places import places_held


@dataclass(slots=True)
class Paid:
    """What came of one subscription so far, tax included, and what went back."""

    paid_minor: int = 0
    back_minor: int = 0
    currency: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether money came and stayed."""
        return self.paid_minor > self.back_minor


@dataclass(slots=True)
class CohortRow:
    """One member of a cohort. `fulfillment` is the locked line, None while it is a preview or nothing was paid."""

    DUE: ClassVar = "due"
    SENT: ClassVar = "sent"

    place: Place
    membership: Membership | None
    paid: Paid
    fulfillment: Fulfillment | None = None
    dispatch: Dispatch | None = None
    marks: list[str | Promise] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.SENT if self.dispatch else self.DUE

    @property
    def name(self) -> str:
        """As it goes on the parcel: the locked words, else what stands there now."""
        return self.fulfillment.name if self.fulfillment else self.place.name or self.place.fan.name

    @property
    def is_missing(self) -> bool:
        """Whether the creator waits for an address or a few words."""
        return not self.place.is_complete


# The filters of the list: word → label.
FILTERS: dict[str, str | Promise] = {
    "": _("All"),
    "due": _("To be sent"),
    "sent": _("Sent"),
    "missing": _("Something is missing"),
    "marked": _("With a mark"),
}


def seasons_of(*, creator: Creator) -> QuerySet[Season]:
    """A creator's seasons, the newest first."""
    return Season.objects.filter(tier__creator=creator).select_related("tier")


def people_in(*, seasons: Iterable[Season]) -> dict[int, int]:
    """Season id → how many have a place in it. One query."""
    found: dict[int, int] = {}
    for season_id in places_held().filter(season__in=list(seasons)).values_list("season", flat=True):
        found[season_id] = found.get(season_id, 0) + 1
    return found


def paid_by(subscriptions: Iterable[str]) -> dict[str, Paid]:
    """Subscription at the provider → what came of it. Two queries."""
    rows = Invoice.objects.filter(
        stripe_subscription_id__in=[one for one in subscriptions if one], status=Invoice.Status.PAID, gross_minor__gt=0
    )
    found: dict[str, Paid] = {}
    for invoice in rows.select_related("charge").prefetch_related("charge__refunds"):
        paid = found.setdefault(invoice.stripe_subscription_id, Paid(currency=invoice.currency))
        paid.paid_minor += invoice.total_minor
        if invoice.charge is not None:
            paid.back_minor += sum(refund.taken_minor for refund in invoice.charge.refunds.all())
    return found


def cohort(*, season: Season, only: str = "") -> list[CohortRow]:
    """Everybody who joined, in the order they came; `only` is one of FILTERS. At most six queries, however many there are."""
    joined = Place.objects.filter(season=season, checkout__state=Checkout.State.PAID)
    places = list(joined.select_related("fan", "checkout", "season__tier", "fulfillment").order_by("taken_at", "pk"))
    subscriptions = [place.checkout.stripe_subscription_id for place in places]
    paid = paid_by(subscriptions)
    memberships = {
        row.stripe_subscription_id: row
        for row in Membership.objects.filter(stripe_subscription_id__in=[one for one in subscriptions if one])
    }
    live = Dispatch.objects.filter(fulfillment__season=season, undone_at__isnull=True)
    sent = {row.fulfillment_id: row for row in live}
    rows = []
    for place, subscription in zip(places, subscriptions, strict=True):
        line = getattr(place, "fulfillment", None)
        row = CohortRow(place, memberships.get(subscription), paid.get(subscription, Paid()), line)
        row.dispatch = sent.get(line.pk) if line else None
        row.marks = _marks(row)
        rows.append(row)
    return only_those(rows, only)


def only_those(rows: list[CohortRow], only: str) -> list[CohortRow]:
    """The rows that a filter of FILTERS lets through."""
    return [row for row in rows if _fits(row, only)]


def _fits(row: CohortRow, only: str) -> bool:
    tests = {
        "due": row.fulfillment is not None and row.state == row.DUE,
        "sent": row.state == row.SENT,
        "missing": row.is_missing,
        "marked": bool(row.marks),
    }
    return tests.get(only, True)


def _marks(row: CohortRow) -> list[str | Promise]:
    """What is to be known beside a line, from today's facts; the line itself never changes."""
    found: list[str | Promise] = []
    if row.paid.back_minor:
        found.append(_("Money went back") if row.paid.is_settled else _("All money went back"))
    if row.membership is None or row.membership.status == Membership.Status.CANCELED:
        found.append(_("Has left"))
    elif row.membership.cancel_at_period_end:
        found.append(_("Is leaving"))
    line, place = row.fulfillment, row.place
    if line is None:
        if not row.paid.paid_minor:
            found.append(_("Not paid yet"))
        return found
    if line.is_late:
        found.append(_("Paid after the list was locked"))
    if (line.address, line.note) != (place.address, place.note):
        found.append(_("Wrote something else since"))
    return found


def places_unsettled(*, season: Season) -> QuerySet[Place]:
    """Whose first payment is still open: at the checkout, or joined, going on, and nothing has been paid."""
    money = Invoice.objects.filter(
        stripe_subscription_id=OuterRef("checkout__stripe_subscription_id"),
        status=Invoice.Status.PAID,
        gross_minor__gt=0,
    )
    over = Membership.objects.filter(
        Q(status=Membership.Status.CANCELED) | Q(cancel_at_period_end=True),
        stripe_subscription_id=OuterRef("checkout__stripe_subscription_id"),
    ).exclude(stripe_subscription_id="")
    waiting = Q(checkout__state=Checkout.State.OPEN) | (
        Q(checkout__state=Checkout.State.PAID) & ~Exists(money) & ~Exists(over)
    )
    return Place.objects.filter(waiting, season=season)


def places_to_lock(*, season: Season) -> list[tuple[Place, Paid]]:
    """Who has paid and has no line on the list yet. Three queries."""
    rows = Place.objects.filter(season=season, checkout__state=Checkout.State.PAID, fulfillment__isnull=True)
    places = list(rows.select_related("fan", "checkout"))
    paid = paid_by(place.checkout.stripe_subscription_id for place in places)
    found = [(place, paid.get(place.checkout.stripe_subscription_id, Paid())) for place in places]
    return [(place, sum_) for place, sum_ in found if sum_.is_settled]
