"""Memberships follow the provider's subscription; cancelling and undoing are asked there and recorded here."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.prepared import Given, Prepared
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from portal.payments import gateway
from portal.payments.actions import ensure_customer, refusing
from subscriptions.actions.boundaries import drop_changes, end_pause, follow_changes, follow_pause
from subscriptions.actions.grants import follow_grace
from subscriptions.actions.leaving import tell_cancellations
from subscriptions.actions.members import welcome
from subscriptions.actions.quotes import take_quote
from subscriptions.actions.revenue import follow_revenue
from subscriptions.models import Cancellation, Checkout, Membership, Pause, PlanChange, Quote, TierPrice
from subscriptions.queries.places import is_waiting
from subscriptions.readings import SubscriptionReading, subscription_reading

log = logging.getLogger(__name__)
Status = Membership.Status


class NothingToCancel(Refusal):
    sentence = _("This membership has ended already; nothing will be charged.")


class NothingToUndo(Refusal):
    sentence = _("This membership is not about to end.")


class NotYourMembership(Refusal):
    sentence = _("Only the member can do this.")
    status = 403


# With those it speaks of: what follows asks for each of them.
LED_TO = Prepared(
    lambda: (
        Membership.objects.select_for_update(of=("self",))
        .select_related("fan", "creator", "price__tier")
        .filter(fan__checkouts__public_id=Given("checkout"), creator=F("fan__checkouts__creator"))
        .order_by()
    )
)


@transaction.atomic(savepoint=False)
def membership_of(*, checkout: str) -> Membership | None:
    """The locked membership that an attempt to join leads to, made when it is not there; None when it is not ours."""
    known = LED_TO.first(checkout=checkout)
    if known is not None:
        if known.tier_id == known.price.tier_id:
            known.tier = known.price.tier
        return known
    attempt = Checkout.objects.select_related("price__tier").filter(public_id=checkout).first()
    if attempt is None:
        return None
    return Membership.objects.select_for_update(of=("self",)).get_or_create(
        fan_id=attempt.fan_id,
        creator_id=attempt.creator_id,
        defaults={"tier": attempt.price.tier, "price": attempt.price, "joined_at": attempt.started_at},
    )[0]


@transaction.atomic
def record_subscription(*, reading: SubscriptionReading, now: datetime) -> Membership | None:
    """Take over what the provider's subscription says; None when it is not of this app. Safe to repeat.

    Who comes back has a new subscription there and the old row here; the ended one cannot push the new one aside.
    """
    membership = membership_of(checkout=reading.checkout)
    price = TierPrice.objects.select_related("tier").filter(stripe_price_id=reading.price_id).first()
    if membership is None or price is None:
        return None
    if not _speaks_for(reading, membership):
        log.warning("subscription %s is not the current one of %s", reading.id, membership)
        return membership
    before = membership.status if membership.stripe_subscription_id == reading.id else ""
    going_on = reading.status in Membership.GOING_ON
    membership.stripe_subscription_id = reading.id
    membership.status = reading.status
    membership.price, membership.tier = price, price.tier
    membership.period_start_at, membership.period_end_at = reading.period_start_at, reading.period_end_at
    membership.anchor_day = reading.anchor_at.day
    membership.cancel_at_period_end = going_on and reading.is_ending
    # The day it was due, not the day we heard of it: the same facts give the same grace.
    membership.past_due_at = reading.period_start_at if reading.status == Status.PAST_DUE else None
    membership.ended_at = (reading.ended_at or now) if reading.status == Status.CANCELED else None
    follow_pause(membership=membership, reading=reading, now=now)
    membership.save()
    follow_changes(membership=membership, reading=reading, now=now)
    Checkout.objects.filter(public_id=reading.checkout).update(stripe_subscription_id=reading.id)
    _follow_cancellation(membership, reading, now)
    tell_cancellations(membership=membership, now=now)
    follow_grace(membership=membership, now=now)
    if follow_revenue(membership=membership, now=now) is not None:
        welcome(membership=membership, now=now)
    if membership.status != before:
        _tell_change(membership, now)
    return membership


def _speaks_for(reading: SubscriptionReading, membership: Membership) -> bool:
    """Is this the subscription that the membership should show?"""
    if membership.stripe_subscription_id in ("", reading.id):
        return True
    if membership.is_going_on:
        return False
    if reading.status in Membership.GOING_ON:
        return True
    return membership.period_end_at is None or reading.period_end_at > membership.period_end_at


def _follow_cancellation(membership: Membership, reading: SubscriptionReading, now: datetime) -> None:
    """The row that says who asked for the end; also when it was asked on the provider's own page."""
    asked = membership.cancellations.filter(undone_at__isnull=True)
    if membership.cancel_at_period_end:
        if not asked.update(ends_at=reading.ends_at):
            membership.cancellations.create(asked_by=membership.fan, asked_at=now, ends_at=reading.ends_at)
    elif membership.is_going_on:
        # One without an end is on its way to the provider and not undone.
        asked.filter(ends_at__isnull=False).update(undone_at=now)
    elif membership.status == Status.CANCELED:
        asked.filter(ends_at__isnull=True).update(ends_at=membership.ended_at)


def cancel_membership(
    *, membership: Membership, by: User, now: datetime, reason: str = "", comment: str = ""
) -> Cancellation:
    """End a membership with the paid time; nothing more is charged. With a payment open, it ends now and the open
    invoice is void. Safe to repeat: one open cancellation a membership, asked at the provider under its own key.
    """
    cancellation = _reserve_cancellation(membership=membership, by=by, now=now, reason=reason, comment=comment)
    if cancellation.ends_at is None:
        send_cancellation(cancellation=cancellation, now=now)
        cancellation.refresh_from_db()
    return cancellation


def cancel_by_quote(
    *, quote: Quote, signature: str, by: User, now: datetime, reason: str = "", comment: str = ""
) -> Cancellation:
    """Leave, as the quote showed it. Safe to repeat: taken once; the rest is `cancel_membership`."""
    taken = take_quote(quote=quote, signature=signature, by=by, now=now, do=lambda _row: None)
    assert taken.membership is not None
    return cancel_membership(membership=taken.membership, by=by, now=now, reason=reason, comment=comment)


@transaction.atomic
def _reserve_cancellation(
    *, membership: Membership, by: User, now: datetime, reason: str, comment: str
) -> Cancellation:
    row = Membership.objects.select_for_update().get(pk=membership.pk)
    if by.pk != row.fan_id and not by.is_staff:
        raise NotYourMembership
    if not row.is_going_on:
        raise NothingToCancel
    drop_changes(changes=row.changes.pending(), reason=PlanChange.Dropped.ENDING, now=now)
    known = row.cancellations.filter(undone_at__isnull=True).first()
    return known or row.cancellations.create(asked_by=by, asked_at=now, reason=reason, comment=comment)


def send_cancellation(*, cancellation: Cancellation, now: datetime) -> None:
    """Ask the provider for what a cancellation says, and take over the answer. Safe to repeat."""
    membership = cancellation.membership
    key = f"cancel:{membership.public_id}:{int(cancellation.asked_at.timestamp())}"
    subscription_id = membership.stripe_subscription_id
    release_schedules(membership=membership, now=now)
    asked: Any = {"cancel_at_period_end": True}
    if pause := Pause.objects.open().filter(membership=membership).first():
        # A pause left behind would void the renewal of somebody who stays after all.
        asked["pause_collection"] = ""
    with refusing(), gateway.asking():
        subscriptions = gateway.client().v1.subscriptions
        if membership.status == Status.PAUSED or is_waiting(membership=membership, at=now):
            answer = subscriptions.cancel(subscription_id, {}, {"idempotency_key": key})
        elif membership.status == Status.PAST_DUE:
            for invoice in gateway.client().v1.invoices.list({"subscription": subscription_id, "status": "open"}).data:
                gateway.client().v1.invoices.void_invoice(invoice.id, {}, {"idempotency_key": f"void:{invoice.id}"})
            answer = subscriptions.cancel(subscription_id, {}, {"idempotency_key": key})
        else:
            answer = subscriptions.update(subscription_id, asked, {"idempotency_key": key})
    with transaction.atomic():
        if pause is not None:
            end_pause(pause=pause, now=now)
        record_subscription(reading=subscription_reading(answer), now=now)


def release_schedules(*, membership: Membership, now: datetime) -> None:
    """What waits at the provider for the end of the paid time lets the subscription go. Safe to repeat."""
    waiting = PlanChange.objects.filter(membership=membership, released_at__isnull=True).exclude(stripe_schedule_id="")
    for schedule_id in set(waiting.values_list("stripe_schedule_id", flat=True)):
        release_schedule(schedule_id=schedule_id, now=now)


def release_schedule(*, schedule_id: str, now: datetime) -> None:
    """Let the provider forget a change that is done, dropped or in the way. Safe to repeat."""
    with refusing():
        try:
            with gateway.asking():
                schedules = gateway.client().v1.subscription_schedules
                schedules.release(schedule_id, {}, {"idempotency_key": f"release:{schedule_id}"})
        except gateway.CertainRefusal:
            log.info("schedule %s has ended or was released already", schedule_id)
    PlanChange.objects.filter(stripe_schedule_id=schedule_id, released_at__isnull=True).update(released_at=now)


def undo_cancellation(*, membership: Membership, by: User, now: datetime) -> Membership:
    """Let the membership go on. Safe to repeat; refused when it is not about to end."""
    if by.pk != membership.fan_id and not by.is_staff:
        raise NotYourMembership
    membership.refresh_from_db()
    cancellation = membership.cancellations.filter(undone_at__isnull=True).first()
    if cancellation is None or not membership.is_going_on:
        raise NothingToUndo
    key = f"go-on:{membership.public_id}:{int(cancellation.asked_at.timestamp())}"
    with refusing(), gateway.asking():
        answer = gateway.client().v1.subscriptions.update(
            membership.stripe_subscription_id, {"cancel_at_period_end": False}, {"idempotency_key": key}
        )
    with transaction.atomic():
        record_subscription(reading=subscription_reading(answer), now=now)
        membership.cancellations.filter(undone_at__isnull=True).update(undone_at=now)
    membership.refresh_from_db()
    return membership


def card_link(*, fan: User) -> str:
    """The provider's page where a fan gives another card; a fresh address each time."""
    with refusing():
        customer = ensure_customer(user=fan)
        with gateway.asking():
            session = gateway.client().v1.billing_portal.sessions.create(
                {"customer": customer, "return_url": settings.SITE_URL + reverse("membership_list")}
            )
    return session.url


def _tell_change(membership: Membership, now: datetime) -> None:
    fan, creator = membership.fan, membership.creator
    subscription = membership.stripe_subscription_id
    if membership.status in (Status.ACTIVE, Status.TRIALING):
        tell(
            to=creator.user,
            kind="subscriptions.joined",
            subject=_("%(fan)s joined %(tier)s") % {"fan": fan, "tier": membership.tier},
            body=_("You have a new member."),
            url=reverse("member_list"),
            now=now,
            key=f"joined:{subscription}",
        )
    elif membership.status == Status.PAST_DUE:
        due = membership.past_due_at or now
        tell(
            to=fan,
            kind="subscriptions.payment_failed",
            subject=_("Your payment for %(creator)s did not go through") % {"creator": creator.display_name},
            body=_("You keep your access for now. Please check your card; we will try again."),
            url=reverse("membership_list"),
            now=now,
            key=f"past_due:{subscription}:{int(due.timestamp())}",
        )
    elif membership.status == Status.CANCELED:
        tell(
            to=fan,
            kind="subscriptions.ended",
            subject=_("Your membership with %(creator)s has ended") % {"creator": creator.display_name},
            body=_("Nothing more will be charged. You can come back at any time and keep your badge."),
            url=reverse("creator_page", args=[creator.handle]),
            now=now,
            key=f"ended:{subscription}",
        )
