"""A break: no charge and no access from the end of the paid time, and back by itself, or earlier when asked."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.words import day_lazy, money_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from portal.payments import gateway
from portal.payments.actions import refusing
from subscriptions.actions.boundaries import end_pause
from subscriptions.actions.changes import (
    PaymentDidNotGoThrough,
    ready_subscription,
    require_same_charge,
    take_over,
    update_and_look,
)
from subscriptions.actions.memberships import record_subscription
from subscriptions.actions.quotes import take_quote
from subscriptions.actions.stay_offers import mark_accepted
from subscriptions.models import Membership, MembershipTerms, Pause, Quote
from subscriptions.queries.quotes import IsPaused
from subscriptions.readings import Told, subscription_reading

# Collection is on again a little before the first payment after the break, and well after the last one left out.
BEFORE = timedelta(hours=1)
SOON = timedelta(days=3)


def pause_membership(*, quote: Quote, signature: str, by: User, now: datetime) -> Pause:
    """Take a break as the quote says. Safe to repeat: one pause a quote, asked for under the key `quote:{public_id}`."""
    taken = take_quote(quote=quote, signature=signature, by=by, now=now, do=lambda row: _reserve(row, now))
    pause = Pause.objects.select_related("membership__fan", "membership__creator", "quote").get(quote=taken)
    if pause.sent_at is None:
        send_pause(pause=pause, now=now)
        pause.refresh_from_db()
    return pause


def _reserve(quote: Quote, now: datetime) -> Pause:
    assert quote.membership is not None
    assert quote.next_charge_at is not None
    mark_accepted(membership=quote.membership, kind=MembershipTerms.SaveOffer.PAUSE, quote=quote, now=now)
    try:
        with transaction.atomic():
            return Pause.objects.create(
                membership=quote.membership,
                quote=quote,
                asked_at=now,
                starts_at=quote.effective_at,
                resumes_at=quote.next_charge_at,
            )
    except IntegrityError:
        raise IsPaused from None


def send_pause(*, pause: Pause, now: datetime) -> None:
    """Let the provider leave out the payments in between. Safe to repeat, under the quote's key."""
    asked: Any = {"behavior": "void", "resumes_at": int((pause.resumes_at - BEFORE).timestamp())}
    with refusing(), gateway.asking():
        answer: Told = gateway.client().v1.subscriptions.update(
            pause.membership.stripe_subscription_id,
            {"pause_collection": asked},
            {"idempotency_key": f"quote:{pause.quote.public_id}"},
        )
    with transaction.atomic():
        Pause.objects.filter(pk=pause.pk, sent_at__isnull=True).update(sent_at=now)
        record_subscription(reading=subscription_reading(answer), now=now)
        membership = pause.membership
        tell(
            to=membership.fan,
            kind="subscriptions.paused",
            subject=_("Your pause with %(creator)s is set") % {"creator": membership.creator.display_name},
            body=_("From %(from)s on nothing is charged and nothing is open. On %(until)s it goes on by itself.")
            % {
                "from": day_lazy(pause.starts_at),
                "until": day_lazy(pause.resumes_at),
            },
            url=reverse("membership_list"),
            now=now,
            key=f"paused:{pause.quote.public_id}",
        )


def resume_membership(*, quote: Quote, signature: str, by: User, now: datetime) -> Membership:
    """Back before the break is over: paid now, and from now on on this day; or the break is taken back unbegun.

    A card that says no leaves the pause as it is. Safe to repeat, under the key `quote:{public_id}`.
    """
    taken = take_quote(quote=quote, signature=signature, by=by, now=now, do=lambda _row: None)
    membership = taken.membership
    assert membership is not None
    pause = Pause.objects.open().filter(membership=membership).first()
    if pause is None:
        return membership
    if taken.charge_now_minor or membership.status == Membership.Status.PAUSED:
        _resume_now(taken, membership, now)
    else:
        with refusing(), gateway.asking():
            answer: Told = gateway.client().v1.subscriptions.update(
                membership.stripe_subscription_id,
                {"pause_collection": ""},
                {"idempotency_key": f"quote:{taken.public_id}"},
            )
        with transaction.atomic():
            end_pause(pause=pause, now=now)
            record_subscription(reading=subscription_reading(answer), now=now)
    membership.refresh_from_db()
    return membership


def _resume_now(quote: Quote, membership: Membership, now: datetime) -> None:
    reading = ready_subscription(membership, now)
    rhythm = {"billing_cycle_anchor": {"type": "now"}, "proration_behavior": "none"}
    require_same_charge(quote=quote, subscription_id=reading.id, details=rhythm, now=now)
    try:
        answer, latest = update_and_look(quote, reading.id, {"pause_collection": "", **rhythm})
    except gateway.CertainRefusal as refused:
        raise PaymentDidNotGoThrough(reason=refused) from refused
    with transaction.atomic():
        for pause in Pause.objects.open().filter(membership=membership):
            end_pause(pause=pause, now=now)
        take_over(quote=quote, answer=answer, latest=latest, now=now)


@transaction.atomic
def tell_resumes_soon(*, pause: Pause, now: datetime) -> None:
    """Some days before a pause ends: when, and what is charged then. Told once."""
    membership, quote = pause.membership, pause.quote
    tell(
        to=membership.fan,
        kind="subscriptions.resumes_soon",
        subject=_("Your pause with %(creator)s ends on %(day)s")
        % {
            "creator": membership.creator.display_name,
            "day": day_lazy(pause.resumes_at),
        },
        body=_("Then %(amount)s is charged and everything opens again. You can cancel until then.")
        % {"amount": money_lazy(quote.next_charge_minor or 0, quote.currency)},
        url=reverse("membership_list"),
        now=now,
        key=f"resumes-soon:{quote.public_id}",
    )
    Pause.objects.filter(pk=pause.pk, told_at__isnull=True).update(told_at=now)
