"""The next charge of a membership waits for a gift, and comes back when the gift is taken back."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from portal.kit.words import day_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from portal.payments import gateway
from portal.payments.actions import refusing
from subscriptions.actions.grants import revoke_grant
from subscriptions.actions.memberships import record_subscription
from subscriptions.models import Checkout, Grant, Invoice, Membership
from subscriptions.queries.gifts import Given
from subscriptions.readings import Told, subscription_reading

# Nobody is charged unheard when a gift that paid for the time is taken back.
TOLD_BEFORE = timedelta(days=3)


def move_charge(*, gift: Given, now: datetime) -> Given:
    """Bring the next charge at the provider to what a gift, or a seat of a pool, says. Safe to repeat, under the keys
    `{source}` and `{source}:back`.
    """
    gift.refresh_from_db()
    if gift.withdrawn_at is not None:
        return _bring_back(gift, now)
    if gift.moves_charge_of and gift.charge_moved_at is None:
        assert gift.moves_charge_to is not None
        _move(gift.moves_charge_of, gift.moves_charge_to, gift.source, now)
        type(gift).objects.filter(pk=gift.pk, charge_moved_at__isnull=True).update(charge_moved_at=now)
    return gift


def _bring_back(gift: Given, now: datetime) -> Given:
    """What was given back pays for no time: the charge comes with the time that was paid for, or in three days."""
    joined = Checkout.objects.filter(quote__inputs__gift=gift.source).exclude(stripe_subscription_id="").first()
    subscription_id = gift.moves_charge_of if gift.charge_moved_at else joined.stripe_subscription_id if joined else ""
    membership = Membership.objects.going_on().filter(stripe_subscription_id=subscription_id).first()
    if not subscription_id or membership is None or gift.charge_returned_at is not None or gift.grant is None:
        return gift
    soon = now + TOLD_BEFORE
    due = max(soon, gift.grant.from_at) if gift.moves_charge_of else soon
    if membership.status == Membership.Status.TRIALING and membership.period_end_at and membership.period_end_at > due:
        _move(subscription_id, due, f"{gift.source}:back", now)
        _tell_charge(membership, gift, due, now)
    if joined is not None:
        _close_free_days(subscription_id, now)
    type(gift).objects.filter(pk=gift.pk).update(charge_returned_at=now)
    return gift


def _close_free_days(subscription_id: str, now: datetime) -> None:
    """The door that the free days opened when somebody joined with what was left of the gift."""
    free = Invoice.objects.filter(stripe_subscription_id=subscription_id, is_trial=True)
    for grant in Grant.objects.filter(source__in=[invoice.source for invoice in free], revoked_at__isnull=True):
        revoke_grant(grant=grant, by=None, reason="gift refunded", now=now)


def _move(subscription_id: str, to: datetime, key: str, now: datetime) -> None:
    asked: Any = {"trial_end": int(to.timestamp()), "proration_behavior": "none"}
    with refusing(), gateway.asking():
        answer: Told = gateway.client().v1.subscriptions.update(subscription_id, asked, {"idempotency_key": key})
    with transaction.atomic():
        record_subscription(reading=subscription_reading(answer), now=now)


def _tell_charge(membership: Membership, gift: Given, due: datetime, now: datetime) -> None:
    tell(
        to=membership.fan,
        kind="subscriptions.gift_withdrawn",
        subject=_("Your next charge for %(creator)s is on %(day)s")
        % {"creator": membership.creator.display_name, "day": day_lazy(due)},
        body=_("The gift that paid for the time until later was taken back. You can cancel until then."),
        url=reverse("membership_list"),
        now=now,
        key=f"gift-charge:{gift.public_id}",
    )
