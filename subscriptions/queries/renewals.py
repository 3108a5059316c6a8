"""What a plain renewal rests on, in one look, and what makes one plain.

Most events are a paid invoice of somebody who simply goes on. Whatever else there is (a code, a trial, a pause, a change
of plan, a refund that came first) is not plain, and goes the general way of `actions/invoices.py`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import DateField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from portal.kit.prepared import Given, Prepared
from subscriptions.models import (
    Founder,
    Invoice,
    Membership,
    Pause,
    PromoUse,
    RevenueShare,
    Room,
    ShareDecision,
)
from subscriptions.queries.revenue import first_of
from subscriptions.readings import InvoiceReading


class Facts(NamedTuple):
    """`share` and `decision` as `decide_share` would find them; `room` is the creator's chat."""

    is_known: bool
    is_paid_further: bool
    pauses: bool
    has_code: bool
    seats_are_taken: bool
    room: int | None
    share: Mapping[str, Any]
    decision: Mapping[str, Any] | None

    @property
    def platform_bp(self) -> int:
        return int((self.decision or self.share)["platform_bp"])


def _facts() -> QuerySet[Membership, Any]:
    whose = {"creator": OuterRef("creator")}
    invoices = Invoice.objects.filter(membership=OuterRef("pk"), status=Invoice.Status.PAID).order_by()
    # A creator's own agreement goes before the rule for all, as in `share_in_force`.
    shares = RevenueShare.objects.filter(
        Q(**whose) | Q(creator__isnull=True), effective_date__lte=Given("day", DateField())
    ).order_by(F("creator").asc(nulls_last=True), "-version")
    decisions = ShareDecision.objects.filter(month_date=Given("month", DateField()), **whose).order_by(
        F("share__creator").asc(nulls_last=True), "-share__version"
    )
    return (
        Membership.objects.filter(pk=Given("membership"))
        .order_by()
        .values_list(
            Exists(Invoice.objects.filter(stripe_id=Given("invoice"))),
            Exists(invoices.filter(stripe_subscription_id=Given("subscription"), period_end_at__gt=Given("until"))),
            Exists(Pause.objects.filter(membership=OuterRef("pk"), starts_at=Given("until"))),
            Exists(PromoUse.objects.filter(checkout__public_id=Given("checkout"))),
            Exists(Founder.objects.filter(number=Founder.SEATS, **whose)),
            Subquery(Room.objects.filter(**whose).order_by().values("pk")[:1]),
            Subquery(shares.values(told=JSONObject(id="pk", platform_bp="platform_bp", bonus_bp="bonus_bp"))[:1]),
            Subquery(decisions.values(told=JSONObject(id="pk", platform_bp="platform_bp", share="share_id"))[:1]),
        )
    )


FACTS = Prepared(_facts)


def is_plain(*, membership: Membership, reading: InvoiceReading) -> bool:
    """The next period of somebody who goes on with the plan they have, paid by a charge of its own."""
    return (
        (reading.status, reading.reason) == (Invoice.Status.PAID, "subscription_cycle")
        and not reading.is_trial
        and bool(reading.charge_id)
        and reading.paid > reading.tax
        and membership.status == Membership.Status.ACTIVE
        and not membership.cancel_at_period_end
        and membership.stripe_subscription_id == reading.subscription_id
        and membership.price.stripe_price_id == reading.price_id
        and membership.price.tier_id == membership.tier_id
    )


def plain_facts(*, membership: Membership, reading: InvoiceReading) -> Facts | None:
    """What else a plain renewal needs to know; None where something is not plain. One query, under the lock of the
    membership, which has to be taken before: what a statement looks up is as old as the statement.
    """
    issued: datetime = reading.issued_at.astimezone(UTC)
    found = FACTS.rows(
        membership=membership.pk,
        invoice=reading.id,
        subscription=reading.subscription_id,
        until=reading.period_end_at,
        checkout=reading.checkout,
        day=issued.date(),
        month=first_of(issued),
    )
    facts = Facts(*found[0])
    if facts.is_known or facts.is_paid_further or facts.pauses or facts.has_code:
        return None
    if not facts.share["bonus_bp"]:
        return facts._replace(decision=None)
    is_decided = facts.decision is not None and facts.decision["share"] == facts.share["id"]
    return facts if is_decided else None
