"""What should be so and is not: expected against actual, in one query a question."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.expressions import Value
from django.db.models.functions import Coalesce, Concat, Substr
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.kit.words import day_lazy
from subscriptions.models import (
    Alarm,
    ChargeDispute,
    ChargeRefund,
    Dunning,
    Grant,
    Invoice,
    Membership,
    Place,
    PoolSeat,
    Purchase,
    RefundOrder,
    Season,
)
from subscriptions.queries.refunds import facts_of, seats_with_back

# The provider makes an invoice when a period ends, and collects it about an hour later. Looked at every five minutes,
# so that an alarm is there 75 minutes after the renewal was due, at the latest.
LATE = timedelta(minutes=65)
UNGRANTED = timedelta(minutes=10)
ANSWERED_BEFORE = timedelta(hours=48)
A_LOOK = 500
PAID_SOURCE = "invoice:"


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that is not as it should be. `about` names it, `since_at` is when it should have been."""

    kind: str
    about: str
    sentence: str
    since_at: datetime


def late_memberships(*, at: datetime) -> QuerySet[Membership]:
    """Memberships whose period ended a while ago: neither renewed nor ended, as far as is known here."""
    going_on = (Membership.Status.TRIALING, Membership.Status.ACTIVE, Membership.Status.PAST_DUE)
    rows = Membership.objects.filter(status__in=going_on, period_end_at__lte=at - LATE)
    return rows.select_related("fan", "creator").order_by("period_end_at", "pk")


def renewals_missed(*, at: datetime) -> list[Concern]:
    """A period ended and the next has not begun; or it has begun, and nobody was asked to pay for it."""
    late = [row for row in late_memberships(at=at)[:A_LOOK] if not row.cancel_at_period_end]
    asked = Invoice.objects.filter(
        stripe_subscription_id=OuterRef("stripe_subscription_id"), period_end_at__gte=OuterRef("period_end_at")
    )
    renewed = Membership.objects.filter(
        status__in=(Membership.Status.ACTIVE, Membership.Status.PAST_DUE), period_start_at__lte=at - LATE
    )
    unasked = renewed.filter(~Exists(asked), period_end_at__gt=at - LATE).exclude(stripe_subscription_id="")
    unasked = unasked.select_related("fan", "creator")
    return [
        *(_of_membership(Alarm.Kind.RENEWAL_MISSED, row, row.period_end_at or at) for row in late),
        *(_of_membership(Alarm.Kind.RENEWAL_MISSED, row, row.period_start_at or at) for row in unasked[:A_LOOK]),
    ]


def ends_missed(*, at: datetime) -> list[Concern]:
    """Somebody left, the paid time is over, and the membership still goes on."""
    late = [row for row in late_memberships(at=at)[:A_LOOK] if row.cancel_at_period_end]
    return [_of_membership(Alarm.Kind.END_MISSED, row, row.period_end_at or at) for row in late]


def tries_missed(*, at: datetime) -> list[Concern]:
    """An unpaid renewal that was due to be tried again."""
    rows = Dunning.objects.due(at).filter(next_attempt_at__lte=at - LATE, membership__status__in=Membership.GOING_ON)
    return [
        Concern(
            Alarm.Kind.UNTRIED,
            f"invoice:{row.invoice.stripe_id}",
            _("%(who)s should have been asked again to pay.") % {"who": row.membership.fan},
            row.next_attempt_at or at,
        )
        for row in rows.select_related("invoice", "membership__fan").distinct()[:A_LOOK]
    ]


def doors_unpaid(*, at: datetime) -> list[Concern]:
    """A paid door that stands open although no paid invoice is behind it."""
    behind = Invoice.objects.filter(stripe_id=OuterRef("paid_by"), status=Invoice.Status.PAID)
    rows = Grant.objects.live(at).filter(
        kind=Grant.Kind.PAID, source__startswith=PAID_SOURCE, from_at__lte=at - UNGRANTED
    )
    rows = rows.annotate(paid_by=Substr("source", len(PAID_SOURCE) + 1)).filter(~Exists(behind))
    return [
        Concern(
            Alarm.Kind.OPEN_UNPAID,
            f"grant:{row.pk}",
            _("A door of %(creator)s is open to %(who)s, and no payment is behind it.")
            % {"creator": row.creator, "who": row.fan},
            row.from_at,
        )
        for row in rows.select_related("fan", "creator")[:A_LOOK]
    ]


def payments_without_door(*, at: datetime) -> list[Concern]:
    """A payment that opened nothing, ten minutes ago or more: of a membership, of a pass, of a gift."""
    return [*_invoices_without_door(at), *_passes_without_door(at), *_gifts_out_of_reach(at)]


def _invoices_without_door(at: datetime) -> list[Concern]:
    """A payment for time that is not over."""
    opened = Grant.objects.filter(source=OuterRef("door"))
    rows = Invoice.objects.filter(
        status=Invoice.Status.PAID, paid_at__lte=at - UNGRANTED, period_end_at__gt=F("paid_at")
    ).filter(period_end_at__gt=at)
    # In a season that starts later nothing is paid and nothing opens before the billing day.
    waiting = Place.objects.filter(
        checkout__stripe_subscription_id=OuterRef("stripe_subscription_id"),
        season__first_period=Season.FirstPeriod.LATER,
    )
    rows = rows.exclude(Exists(waiting), is_trial=True)
    rows = rows.annotate(door=Concat(Value(PAID_SOURCE), "stripe_id")).filter(~Exists(opened))
    return [
        Concern(
            Alarm.Kind.PAID_CLOSED,
            f"invoice:{row.stripe_id}",
            _("%(who)s has paid %(creator)s, and no door was opened.")
            % {"who": row.membership.fan, "creator": row.membership.creator},
            row.paid_at or at,
        )
        for row in rows.select_related("membership__fan", "membership__creator")[:A_LOOK]
    ]


def seats_stuck(*, at: datetime) -> list[Concern]:
    """Money of unclaimed seats that the provider refused to give back, or that a bank sent back to us."""
    refused = Q(return_order__state=RefundOrder.State.REFUSED)
    failed = Q(return_order__refund__rank__gte=ChargeRefund.RANKS["failed"])
    rows = PoolSeat.objects.filter(refused | failed).values("funding__purchase").distinct()
    found = []
    for purchase in Purchase.objects.filter(pk__in=rows).select_related("buyer", "charge")[:A_LOOK]:
        facts = facts_of(purchase)
        laid = seats_with_back(purchase=purchase, gone=facts.refunded + facts.lost)
        missing = [seat for seat, back in laid if seat.state == "returned" and back < seat.total_minor]
        if missing:
            sentence = ngettext(
                "%(count)s seat should have gone back to %(who)s and did not.",
                "%(count)s seats should have gone back to %(who)s and did not.",
                len(missing),
            )
            words = sentence % {"count": len(missing), "who": purchase.buyer}
            found.append(Concern(Alarm.Kind.SEAT_STUCK, purchase.source, words, missing[0].returned_at or at))
    return found


def _passes_without_door(at: datetime) -> list[Concern]:
    """A pass whose money is here, and which has no grant."""
    opened = Grant.objects.filter(source=OuterRef("door"))
    rows = _kept(at).filter(kind=Purchase.Kind.PASS).annotate(door=Concat(Value("purchase:"), "public_id"))
    sentence = _("%(who)s has paid for a pass of %(creator)s, and no door was opened.")
    return [_of_purchase(row, sentence) for row in rows.filter(~Exists(opened))[:A_LOOK]]


def _gifts_out_of_reach(at: datetime) -> list[Concern]:
    """A gift whose money is here, and which nobody can claim: never begun, or taken back for a refund that failed.

    Whoever had it may have been given access by hand; then all is well.
    """
    by_hand = Grant.objects.filter(
        fan=OuterRef("gift__redeemer"),
        creator=OuterRef("creator"),
        kind__in=(Grant.Kind.STAFF, Grant.Kind.COMPLIMENTARY),
        from_at__gte=OuterRef("gift__withdrawn_at"),
    )
    rows = _kept(at).filter(kind=Purchase.Kind.GIFT)
    begun = _("%(who)s has paid for a gift of %(creator)s, and it cannot be claimed.")
    taken = _("The gift that %(who)s bought of %(creator)s was taken back, and its money is still here.")
    never = rows.filter(gift__expires_at__isnull=True)
    back = rows.filter(gift__withdrawn_at__lte=at - UNGRANTED).filter(~Exists(by_hand))
    return [
        *(_of_purchase(row, begun) for row in never[:A_LOOK]),
        *(_of_purchase(row, taken) for row in back[:A_LOOK]),
    ]


def _kept(at: datetime) -> QuerySet[Purchase]:
    """What was paid once, ten minutes ago or more, and has not gone back whole nor been lost to a bank."""
    back = ChargeRefund.objects.filter(charge=OuterRef("charge"), rank__lt=ChargeRefund.RANKS["failed"])
    lost = ChargeDispute.objects.filter(charge=OuterRef("charge"), status="lost")
    gone = [
        Coalesce(Subquery(rows.values("charge").annotate(sum=Sum("amount_minor")).values("sum")), 0)
        for rows in (back, lost)
    ]
    rows = Purchase.objects.filter(state=Purchase.State.PAID, paid_at__lte=at - UNGRANTED)
    rows = rows.annotate(gone=gone[0] + gone[1]).filter(gone__lt=F("gross_minor") + F("tax_minor"))
    return rows.select_related("buyer", "creator").order_by("paid_at", "pk")


def _of_purchase(row: Purchase, sentence: str) -> Concern:
    words = sentence % {"who": row.buyer, "creator": row.creator}
    return Concern(Alarm.Kind.PAID_CLOSED, row.source, words, row.paid_at or row.started_at)


def disputes_unanswered(*, at: datetime) -> list[Concern]:
    """A bank waits for an answer that is due within two days, and none was sent."""
    rows = ChargeDispute.objects.exclude(status__in=ChargeDispute.SETTLED).filter(due_at__lte=at + ANSWERED_BEFORE)
    sentence = _("The dispute %(dispute)s has to be answered by %(day)s.")
    return [
        Concern(
            Alarm.Kind.DISPUTE_DUE,
            f"dispute:{row.stripe_id}",
            sentence % {"dispute": row.stripe_id, "day": day_lazy(row.due_at)},
            row.due_at - ANSWERED_BEFORE,
        )
        for row in rows.exclude(answer__sent_at__isnull=False)[:A_LOOK]
        if row.due_at is not None
    ]


# What is looked at, by the kind of alarm that it raises and resolves.
CHECKS: dict[str, Callable[..., list[Concern]]] = {
    Alarm.Kind.RENEWAL_MISSED: renewals_missed,
    Alarm.Kind.END_MISSED: ends_missed,
    Alarm.Kind.UNTRIED: tries_missed,
    Alarm.Kind.OPEN_UNPAID: doors_unpaid,
    Alarm.Kind.PAID_CLOSED: payments_without_door,
    Alarm.Kind.DISPUTE_DUE: disputes_unanswered,
    Alarm.Kind.SEAT_STUCK: seats_stuck,
}


def open_alarms() -> QuerySet[Alarm]:
    """What is wrong now, the oldest first."""
    return Alarm.objects.filter(resolved_at__isnull=True).order_by("since_at", "pk")


def _of_membership(kind: str, row: Membership, since: datetime) -> Concern:
    sentences = {
        Alarm.Kind.RENEWAL_MISSED: _("The membership of %(who)s with %(creator)s was due to renew and did not."),
        Alarm.Kind.END_MISSED: _("The membership of %(who)s with %(creator)s should have ended and did not."),
    }
    sentence = sentences[Alarm.Kind(kind)] % {"who": row.fan, "creator": row.creator}
    return Concern(kind, f"membership:{row.public_id}", sentence, since)
