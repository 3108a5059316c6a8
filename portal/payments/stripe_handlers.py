"""Payout accounts follow the provider: whatever the event says, the current account is read."""

from portal.ledger.actions import settle
from portal.payments import actions, gateway
from portal.payments.inbox import on
from portal.payments.models import PayoutAccount, StripeEvent
from portal.payments.postings import topup_target


@on(
    "v2.core.account.updated",
    "v2.core.account.closed",
    "v2.core.account[requirements].updated",
    "v2.core.account[configuration.recipient].updated",
    "v2.core.account[configuration.recipient].capability_status_updated",
    "v2.core.account[identity].updated",
)
def follow_payout_account(*, event: StripeEvent) -> None:
    """An account that is not of this portal (another one shares the provider's test mode) is none of our business."""
    account = PayoutAccount.objects.filter(stripe_id=event.object_id).first()
    if account is not None:
        actions.read_payout_account(account=account, now=event.received_at)


@on(
    "account.updated",
    "account.external_account.created",
    "account.external_account.updated",
    "account.external_account.deleted",
)
def watch_bank(*, event: StripeEvent) -> None:
    """Whether the bank behind a payout account has changed."""
    account = PayoutAccount.objects.filter(stripe_id=event.account).first()
    if account is not None:
        actions.read_bank(account=account, now=event.received_at)


@on("topup.succeeded", "topup.failed", "topup.reversed", "topup.canceled")
def follow_topup(*, event: StripeEvent) -> None:
    """The platform moved its own money from its bank to the provider, or the bank took it back."""
    topup = gateway.fetch("topup", event.object_id)
    settle(
        source=f"topup:{event.object_id}",
        target=topup_target(topup.to_dict()),
        at=event.received_at,
        memo="Own money for what the platform pays itself",
    )
