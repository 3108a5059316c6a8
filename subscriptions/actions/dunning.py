"""Renewals that were not paid: the row that says when it is tried again and until when. Nothing here asks the provider."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from portal.kit.words import day_lazy, money_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.models import Dunning, Invoice, Membership, MembershipTerms
from subscriptions.readings import InvoiceReading

State = Dunning.State
# No card says yes after one of these: asking again would only annoy the bank. Another card may do.
FINAL_CODES = frozenset(
    {
        "authentication_required",
        "card_not_supported",
        "expired_card",
        "incorrect_number",
        "invalid_account",
        "lost_card",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stolen_card",
        "stop_payment_order",
        "transaction_not_allowed",
    }
)
OVER = {
    Invoice.Status.PAID: State.RECOVERED,
    Invoice.Status.VOID: State.STOPPED,
    Invoice.Status.UNCOLLECTIBLE: State.STOPPED,
}


@transaction.atomic(savepoint=False)
def follow_dunning(*, invoice: Invoice, reading: InvoiceReading, now: datetime) -> Dunning | None:
    """Bring the row of an unpaid renewal to what its invoice says. Safe to repeat and in any order.

    It begins with a first try in vain and is over once the invoice is paid or void. A first payment has none: who was
    declined at the checkout simply tries again there.
    """
    known = Dunning.objects.select_for_update().filter(invoice=invoice).first()
    if invoice.status == Invoice.Status.OPEN:
        if known is None and reading.tries and not reading.is_first:
            known = _begin(invoice, reading, now)
        return known
    state = OVER.get(Invoice.Status(invoice.status))
    if known is not None and known.state == State.OPEN and state is not None:
        close_dunning(dunning=known, state=state, now=now)
        if state == State.RECOVERED:
            _tell_recovered(known, now)
    return known


def _begin(invoice: Invoice, reading: InvoiceReading, now: datetime) -> Dunning:
    failed_at = reading.finalized_at or now
    dunning = Dunning(
        membership=invoice.membership,
        invoice=invoice,
        amount_minor=reading.due,
        failed_at=failed_at,
        deadline_at=Dunning.retry_moments(failed_at)[-1],
        decline_code=reading.decline_code[:60],
        card=reading.card,
    )
    dunning.next_attempt_at = next_attempt(dunning, failed_at)
    dunning.save()
    return dunning


def next_attempt(dunning: Dunning, after: datetime) -> datetime:
    """The first planned moment after this one; the deadline when there is none, or when the bank's no is final."""
    if dunning.decline_code in FINAL_CODES:
        return dunning.deadline_at
    return next((at for at in Dunning.retry_moments(dunning.failed_at) if at > after), dunning.deadline_at)


@transaction.atomic
def close_dunning(*, dunning: Dunning, state: str, now: datetime) -> None:
    """It is over: paid, given up or stopped. Safe to repeat: the first end stays."""
    Dunning.objects.filter(pk=dunning.pk, state=State.OPEN).update(
        state=state, ended_at=now, next_attempt_at=None, claimed_at=None
    )
    dunning.refresh_from_db()


@transaction.atomic
def free_seats(*, now: datetime) -> int:
    """Who did not pay within the creator's grace holds no place any more; somebody else may have it. Safe to repeat.

    Whoever pays after that keeps the membership all the same, even in a tier that is full again.
    """
    rows = Dunning.objects.open().filter(seat_freed_at__isnull=True, failed_at__lte=now)
    freed = []
    for dunning in rows.select_related("membership__creator__membership_terms"):
        if grace_ends_at(dunning.membership) <= now:
            freed.append(dunning.pk)
    return Dunning.objects.filter(pk__in=freed, state=State.OPEN).update(seat_freed_at=now)


def grace_ends_at(membership: Membership) -> datetime:
    """Until when a failed payment leaves the doors open."""
    terms = getattr(membership.creator, "membership_terms", None)
    days = terms.grace_days if terms else MembershipTerms.DEFAULT_GRACE_DAYS
    begun = membership.past_due_at or membership.period_end_at or membership.joined_at
    return begun + timedelta(days=days)


def tell_declined(*, dunning: Dunning, now: datetime, key: str) -> None:
    """Tried again, and the bank said no again: when it is tried next, and when the membership would end."""
    creator = dunning.membership.creator
    last = dunning.next_attempt_at is None or dunning.next_attempt_at >= dunning.deadline_at
    ends = day_lazy(dunning.deadline_at)
    following = day_lazy(dunning.next_attempt_at or dunning.deadline_at)
    sentence = (
        _("Please give another card. Without a payment your membership ends on %(ends)s.") % {"ends": ends}
        if last
        else _("We try again on %(next)s. Another card is tried at once. Without a payment it ends on %(ends)s.")
        % {"next": following, "ends": ends}
    )
    tell(
        to=dunning.membership.fan,
        kind="subscriptions.payment_failed",
        subject=_("Your card was declined again for %(creator)s") % {"creator": creator.display_name},
        body=sentence,
        url=reverse("membership_list"),
        now=now,
        key=key,
    )


def _tell_recovered(dunning: Dunning, now: datetime) -> None:
    amount = money_lazy(dunning.amount_minor, dunning.invoice.currency)
    tell(
        to=dunning.membership.fan,
        kind="subscriptions.recovered",
        subject=_("Your membership with %(creator)s goes on") % {"creator": dunning.membership.creator.display_name},
        body=_("The payment of %(amount)s went through; there is nothing more to do.") % {"amount": amount},
        url=reverse("membership_list"),
        now=now,
        key=f"recovered:{dunning.invoice.stripe_id}",
    )
