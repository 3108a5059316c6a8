"""The provider's word on payouts. Events are hints: the current transfer or payout is read."""

from portal.payments import gateway
from portal.payments.inbox import on
from portal.payments.models import PayoutAccount, StripeEvent
from portal.payouts.actions import outcomes, sending
from portal.payouts.models import Payout


@on("transfer.created", "transfer.updated", "transfer.reversed")
def follow_transfer(*, event: StripeEvent) -> None:
    """Settles a payout whose answer was lost, and posts what was taken back. Foreign transfers are none of ours."""
    transfer = gateway.fetch_transfer(event.object_id)
    if "payout" not in transfer.metadata:
        return
    payout = Payout.objects.select_related("creator", "run").filter(public_id=transfer.metadata["payout"]).first()
    if payout is None:
        return
    if payout.state in Payout.UNSETTLED:
        sending.record_transfer(payout=payout, transfer=transfer, now=event.received_at)
    if transfer.amount_reversed:
        outcomes.record_returned(payout=payout, returned_minor=transfer.amount_reversed, now=event.received_at)


@on("payout.paid")
def note_arrival(*, event: StripeEvent) -> None:
    """The provider paid its own balance of a creator out to the bank; its list says which transfers were in it."""
    account = PayoutAccount.objects.select_related("creator").filter(stripe_id=event.account).first()
    if account is None or gateway.fetch("payout", event.object_id, account=event.account).status != "paid":
        return
    outcomes.record_arrived(
        creator=account.creator,
        destination_payments=gateway.paid_out(event.object_id, account=event.account),
        now=event.received_at,
    )


@on("payout.failed")
def note_bounce(*, event: StripeEvent) -> None:
    account = PayoutAccount.objects.select_related("creator__user").filter(stripe_id=event.account).first()
    if account is None:
        return
    failed = gateway.fetch("payout", event.object_id, account=event.account)
    reason = failed.failure_message or failed.failure_code or ""
    outcomes.record_bounce(
        creator=account.creator, provider_payout=event.object_id, reason=reason, now=event.received_at
    )
