"""What happened with one member, in the order it happened; every line is a row of ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from subscriptions.models import Cancellation, Checkout, Grant, Invoice, Membership, MembershipStep, Place

Text = str | Promise
Status = Membership.Status


@dataclass(frozen=True, slots=True)
class Happening:
    """One line: `kind` is "good", "bad", "wait" or ""; `detail` are the person's or the provider's own words."""

    at: datetime
    title: Text
    kind: str = ""
    detail: Text = ""
    amount_minor: int | None = None
    currency: str = ""
    url: str = ""


def timeline(*, membership: Membership) -> list[Happening]:
    """Joined, paid, failed, changed, cancelled, given, ended: newest first. Five queries."""
    steps = MembershipStep.objects.filter(membership=membership).select_related("tier").order_by("number")
    joined = Place.objects.filter(fan=membership.fan, season__tier__creator=membership.creator)
    places = list(joined.filter(checkout__state=Checkout.State.PAID).select_related("season"))
    told = [
        *_steps(list(steps), is_in_season=bool(places)),
        *_seasons(places),
        *_payments(membership),
        *_cancellations(membership),
        *_gifts(membership),
    ]
    return sorted(told, key=lambda line: line.at, reverse=True)


def _seasons(places: list[Place]) -> Iterator[Happening]:
    for place in places:
        yield Happening(place.taken_at, _("Took a place in the season “%(season)s”") % {"season": place.season}, "good")


def _steps(steps: list[MembershipStep], *, is_in_season: bool) -> Iterator[Happening]:
    if steps:
        yield Happening(steps[0].at, _("Joined %(tier)s") % {"tier": steps[0].tier}, "good")
    for before, after in pairwise(steps):
        if after.tier_id != before.tier_id and after.status != Status.CANCELED:
            title = _("Changed from %(before)s to %(after)s") % {"before": before.tier, "after": after.tier}
            yield Happening(after.at, title)
        if after.status == before.status:
            continue
        if after.status == Status.PAST_DUE:
            yield Happening(after.at, _("A payment failed"), "bad")
        elif after.status == Status.CANCELED:
            yield Happening(after.at, _("The membership ended"), "bad")
        elif before.status == Status.CANCELED:
            yield Happening(after.at, _("Came back to %(tier)s") % {"tier": after.tier}, "good")
        elif before.status == Status.PAST_DUE:
            yield Happening(after.at, _("The payment was collected after all"), "good")
        elif before.status == Status.TRIALING:
            came = _("The billing day came") if is_in_season else _("The trial ended, the membership began")
            yield Happening(after.at, came, "good")
        else:
            yield Happening(after.at, _("Now: %(status)s") % {"status": _status(after.status)})


def _status(status: str) -> Text:
    return Status(status).label if status in Status.values else status


def _payments(membership: Membership) -> Iterator[Happening]:
    rows = Invoice.objects.filter(membership=membership, paid_at__isnull=False)
    for invoice in rows.select_related("charge").prefetch_related("charge__refunds", "charge__disputes"):
        assert invoice.paid_at is not None
        if not invoice.total_minor:
            continue
        url = reverse("payment_detail", args=[invoice.public_id])
        title = _("Paid for %(tier)s") % {"tier": invoice.price.tier}
        yield Happening(invoice.paid_at, title, "good", invoice.number, invoice.total_minor, invoice.currency, url)
        given = sum(refund.taken_minor for refund in invoice.charge.refunds.all()) if invoice.charge else 0
        if given:
            # The provider's refund keeps no time of its own here; it stands with its payment.
            yield Happening(invoice.paid_at, _("Given back"), "wait", invoice.number, given, invoice.currency, url)
        for dispute in invoice.charge.disputes.all() if invoice.charge else ():
            detail = _("settled: %(status)s") % {"status": dispute.status} if not dispute.open_minor else _("open")
            yield Happening(invoice.paid_at, _("Disputed"), "bad", detail, dispute.amount_minor, invoice.currency, url)


def _cancellations(membership: Membership) -> Iterator[Happening]:
    for row in Cancellation.objects.filter(membership=membership).order_by("asked_at"):
        reason = row.get_reason_display() if row.reason else _("without a reason")
        detail = f"{reason}: “{row.comment}”" if row.comment else reason
        yield Happening(row.asked_at, _("Cancelled"), "wait", detail)
        if row.undone_at is not None:
            yield Happening(row.undone_at, _("Took the cancellation back"), "good")


def _gifts(membership: Membership) -> Iterator[Happening]:
    rows = Grant.objects.filter(fan=membership.fan, creator=membership.creator).select_related("tier", "benefit")
    for grant in rows.exclude(kind__in=(Grant.Kind.PAID, Grant.Kind.GRACE)):
        thing = grant.tier or grant.benefit
        yield Happening(
            grant.from_at,
            _("%(thing)s was %(how)s") % {"thing": thing, "how": grant.get_kind_display()},
            "good",
            grant.reason,
        )
        if grant.revoked_at is not None:
            yield Happening(
                grant.revoked_at, _("%(thing)s was taken back") % {"thing": thing}, "wait", grant.revoked_reason
            )
