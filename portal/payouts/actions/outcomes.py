"""What becomes of a payout after it was sent: it arrives, it is taken back, or the bank refuses it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.ledger.actions import post
from portal.notices.actions import tell
from portal.payouts.models import Hold, Payout
from portal.payouts.postings import returned

State = Payout.State


@transaction.atomic
def record_returned(*, payout: Payout, returned_minor: int, now: datetime) -> int:
    """The provider took back `returned_minor` of the transfer, all in all; the creator has it as available again.

    Safe to repeat and in any order: the total only grows, and each growth is posted once under its total. Returns what
    was new. The payout must have been recorded as sent.
    """
    row = Payout.objects.select_for_update().select_related("creator").get(pk=payout.pk)
    new = returned_minor - row.returned_minor
    if new <= 0:
        return 0
    post(
        key=row.ledger_key(f"returned:{returned_minor}"),
        kind="payout",
        lines=returned(row.creator.public_id, row.currency, new),
        at=now,
        memo=f"Transfer {row.stripe_transfer_id} was taken back",
    )
    row.returned_minor = returned_minor
    if returned_minor == row.amount_minor:
        row.state, row.ended_at = State.RETURNED, now
    row.save(update_fields=["returned_minor", "state", "ended_at"])
    tell(
        to=row.creator.user,
        kind="payouts.returned",
        subject=_("A payout came back"),
        body=_("The money is available again and goes out with a later payout."),
        url=row.get_absolute_url(),
        now=now,
        key=row.ledger_key(f"returned:{returned_minor}"),
    )
    return new


@transaction.atomic
def record_arrived(*, creator: Creator, destination_payments: Iterable[str], now: datetime) -> int:
    """The bank has the money of these transfers; a hold because of the bank ends. Repeating is harmless."""
    sent = Payout.objects.filter(creator=creator, state=State.SENT, destination_payment__in=list(destination_payments))
    arrived = sent.exclude(destination_payment="").update(state=State.PAID, paid_at=now)
    Hold.objects.filter(creator=creator, kind=Hold.Kind.BANK, released_at=None).update(released_at=now)
    return arrived


@transaction.atomic
def record_bounce(*, creator: Creator, provider_payout: str, reason: str, now: datetime) -> Hold:
    """The bank refused: further payouts wait, and the creator is told. Safe to repeat: one hold a provider's payout."""
    hold, is_new = Hold.objects.get_or_create(
        key=f"bank:{provider_payout}",
        defaults={
            "creator": creator,
            "kind": Hold.Kind.BANK,
            "reason": (str(_("your bank refused the last one (%(reason)s).")) % {"reason": reason or "?"})[:300],
            "since": now,
        },
    )
    if is_new:
        tell(
            to=creator.user,
            kind="payouts.bounced",
            subject=_("Your bank refused a payout"),
            body=_("Please check your payout details. Nothing is lost: the money waits at the payment provider."),
            url=reverse("payout_account"),
            now=now,
            key=hold.key,
        )
    return hold
