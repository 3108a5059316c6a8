"""One payout to the provider, exactly once: claim → ask (outside any transaction, under a fixed key) → record.

1. Claim the row by conditional UPDATE; the winner's attempt number is its token.
2. Ask for the transfer under the key `payout-{public id}`. A repeat under that key gives the same transfer.
3. Yes: record the transfer and post transit → provider. A certain no: give the money back; it may be paid by a later
   payout, under a new key. Anything else: the state is `unknown`, and the same question is asked again later.
4. When the provider may have forgotten the key (24 hours), its list of transfers is read before asking again.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from portal.kit.refusal import Refusal
from portal.ledger.actions import BooksAlarm, post
from portal.payments import gateway
from portal.payouts.models import Payout, PayoutQuerySet
from portal.payouts.postings import given_back, sent

State = Payout.State
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=20), timedelta(hours=1)


class PayoutIsOnItsWay(Refusal):
    sentence = _("This payout is already on its way and cannot be canceled any more.")


class StrayTransfer(BooksAlarm):
    """The provider has a transfer that does not fit its payout: money left that the books do not know of."""


def send_payout(*, payout_id: int, now: datetime) -> Payout | None:
    """Send one payout as far as is possible now; None when it is not free (settled, in other hands, or not due).

    Safe to repeat and to kill at any point; nothing is held while the provider is asked.
    """
    payout = _claim(payout_id, now)
    if payout is None:
        return None
    try:
        transfer = find_transfer(payout) if payout.key_may_be_forgotten(now) else None
        transfer = transfer or _ask(payout)
    except gateway.Unclear as error:
        _wait(payout, str(error), now)
    except gateway.CertainRefusal as refusal:
        _refused(payout, refusal, now)
    else:
        record_transfer(payout=payout, transfer=transfer, now=now)
    payout.refresh_from_db()
    return payout


def find_transfer(payout: Payout) -> gateway.Transfer | None:
    """The transfer of this payout in the provider's own list, found by its metadata; None if there is none."""
    with gateway.asking():
        listed = gateway.client().v1.transfers.list(
            {"transfer_group": payout.run.transfer_group, "destination": payout.destination, "limit": 100}
        )
        for transfer in listed.auto_paging_iter():
            if "payout" in transfer.metadata and transfer.metadata["payout"] == payout.public_id:
                return transfer
    return None


def record_transfer(*, payout: Payout, transfer: gateway.Transfer, now: datetime) -> bool:
    """The money has left: name the transfer and post it. Safe to repeat: one transfer a payout, one entry a payout.

    True when this call recorded it. Raises `StrayTransfer` when the transfer is not what was asked for, when the payout
    has another transfer already, or was given back meanwhile.
    """
    if (transfer.amount, transfer.currency) != (payout.amount_minor, payout.currency):
        raise StrayTransfer(f"{transfer.id} moved {transfer.amount} {transfer.currency}, asked was {payout}")
    with transaction.atomic():
        moved = (
            Payout.objects.filter(pk=payout.pk)
            .unsettled()
            .update(
                state=State.SENT,
                stripe_transfer_id=transfer.id,
                destination_payment=str(transfer.destination_payment or ""),
                sent_at=now,
                claimed_at=None,
                problem="",
            )
        )
        if moved:
            post(
                key=payout.ledger_key("sent"),
                kind="payout",
                lines=sent(payout.creator.public_id, payout.currency, payout.amount_minor),
                at=now,
                memo=f"Transfer {transfer.id}",
            )
            return True
    payout.refresh_from_db()
    if payout.stripe_transfer_id != transfer.id:
        raise StrayTransfer(f"{transfer.id} was sent for {payout}, which is {payout.state}")
    return False


@transaction.atomic
def cancel_payout(*, payout: Payout, now: datetime, reason: str) -> Payout:
    """Take back a payout that nobody has begun to send; its money is available again. Repeating is harmless.

    Sending is the point of no return: whoever updates the row first wins, the other is refused.
    """
    if payout.state == State.CANCELED:
        return payout
    untouched = Payout.objects.filter(pk=payout.pk, state=State.RESERVED, attempt=0)
    if not untouched.update(state=State.CANCELED, ended_at=now, problem=reason[:300]):
        raise PayoutIsOnItsWay
    _give_back(payout, "canceled", now, f"Canceled: {reason}"[:200])
    payout.refresh_from_db()
    return payout


def _claim(payout_id: int, now: datetime) -> Payout | None:
    taken = (
        Payout.objects.filter(pk=payout_id)
        .free(now)
        .update(
            state=State.SENDING,
            claimed_at=now,
            attempt=F("attempt") + 1,
            first_tried_at=Coalesce("first_tried_at", now),
        )
    )
    return Payout.objects.select_related("run", "creator").get(pk=payout_id) if taken else None


def _ask(payout: Payout) -> gateway.Transfer:
    with gateway.asking():
        return gateway.client().v1.transfers.create(
            {
                "amount": payout.amount_minor,
                "currency": payout.currency,
                "destination": payout.destination,
                "transfer_group": payout.run.transfer_group,
                "metadata": {"payout": payout.public_id},
            },
            {"idempotency_key": payout.idempotency_key},
        )


def _wait(payout: Payout, problem: str, now: datetime) -> None:
    """Unclear: nobody may release or repeat it under another key; the same question is asked again later."""
    wait = min(FIRST_WAIT * 2 ** min(payout.attempt - 1, 10), LONGEST_WAIT)
    _in_my_hands(payout).update(state=State.UNKNOWN, claimed_at=None, due_at=now + wait, problem=problem[:300])


def _refused(payout: Payout, refusal: gateway.CertainRefusal, now: datetime) -> None:
    """A certain no gives the money back; after an unclear attempt the provider's list has the last word."""
    if payout.attempt > 1:
        try:
            transfer = find_transfer(payout)
        except gateway.GatewayError as error:
            return _wait(payout, str(error), now)
        if transfer is not None:
            record_transfer(payout=payout, transfer=transfer, now=now)
            return None
    problem = f"{refusal.code}: {refusal}" if refusal.code else str(refusal)
    with transaction.atomic():
        if _in_my_hands(payout).update(state=State.FAILED, claimed_at=None, ended_at=now, problem=problem[:300]):
            _give_back(payout, "failed", now, f"Refused: {problem}"[:200])
    return None


def _in_my_hands(payout: Payout) -> PayoutQuerySet:
    return Payout.objects.filter(pk=payout.pk, state=State.SENDING, attempt=payout.attempt)


def _give_back(payout: Payout, step: str, now: datetime, memo: str) -> None:
    lines = given_back(payout.creator.public_id, payout.currency, payout.amount_minor)
    post(key=payout.ledger_key(step), kind="payout", lines=lines, at=now, memo=memo)
