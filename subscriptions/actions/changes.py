"""Going to another plan: more at once, for the part of the paid time that is left; less when that is over."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.payments import gateway
from portal.payments.actions import ProviderIsSilent, refusing
from subscriptions.actions.boundaries import drop_changes
from subscriptions.actions.invoices import record_invoice
from subscriptions.actions.memberships import (
    NotYourMembership,
    record_subscription,
    release_schedule,
    release_schedules,
)
from subscriptions.actions.quotes import record_charge, sound_alarm, take_quote
from subscriptions.actions.stay_offers import mark_accepted
from subscriptions.actions.tiers import own_price, send_price
from subscriptions.models import Membership, MembershipTerms, PlanChange, Quote
from subscriptions.readings import (
    SubscriptionReading,
    Told,
    invoice_reading,
    subscription_reading,
)

Dropped = PlanChange.Dropped


class PaymentDidNotGoThrough(Refusal):
    sentence = _("Your card was not charged, and your plan stays as it is: %(reason)s")
    status = 402


class ChargeDiffers(Refusal):
    sentence = _(
        "The payment provider would charge another amount than we showed you. Nothing was charged; our staff is told."
    )


class NothingWaits(Refusal):
    sentence = _("No change of this membership is waiting.")


def change_plan(*, quote: Quote, signature: str, by: User, now: datetime) -> PlanChange:
    """Do what the quote says: charge and change now, or leave word for the end of the paid time.

    One change of a membership waits at most; a new one takes the place of the old. Safe to repeat: one change a quote,
    asked at the provider under the key `quote:{public_id}`, outside any transaction.
    """
    taken = take_quote(quote=quote, signature=signature, by=by, now=now, do=lambda row: _reserve(row, now))
    change = _whole(PlanChange.objects.get(quote=taken).pk)
    if change.applied_at is None and change.dropped_at is None:
        if change.is_now:
            charge_change(change=change, now=now)
        elif not change.stripe_schedule_id:
            schedule_change(change=change, now=now)
    return _whole(change.pk)


def _whole(pk: int) -> PlanChange:
    rows = PlanChange.objects.select_related(
        "membership__fan", "membership__creator", "quote", "price_change", "price__tier__creator", "from_price"
    )
    return rows.get(pk=pk)


def _reserve(quote: Quote, now: datetime) -> PlanChange:
    assert quote.price is not None
    assert quote.membership is not None
    membership = quote.membership
    if quote.kind == Quote.Kind.DOWNGRADE:
        mark_accepted(membership=membership, kind=MembershipTerms.SaveOffer.LOWER, quote=quote, now=now)
    drop_changes(changes=membership.changes.pending(), reason=Dropped.REPLACED, now=now)
    return PlanChange.objects.create(
        membership=membership,
        quote=quote,
        from_price=membership.price,
        price=own_price(price=quote.price, fan=quote.fan, amount_minor=quote.amount_minor),
        asked_at=now,
        effective_at=quote.effective_at,
    )


def charge_change(*, change: PlanChange, now: datetime) -> None:
    """Change the plan at the provider and charge its part, which must be what was shown; else nothing happens.

    The parts are counted from the moment of the quote. A card that says no leaves the old plan untouched.
    """
    quote, membership = change.quote, change.membership
    assert quote is not None
    reading = ready_subscription(membership, now)
    send_price(price=change.price)
    details: dict[str, Any] = {
        "items": [{"id": reading.item_id, "price": change.price.stripe_price_id}],
        "proration_behavior": "always_invoice",
        "proration_date": int(quote.quoted_at.timestamp()),
    }
    if reading.price_id != change.price.stripe_price_id:
        require_same_charge(quote=quote, subscription_id=reading.id, details=details, now=now)
    try:
        answer, latest = update_and_look(quote, reading.id, details)
    except gateway.CertainRefusal as refused:
        drop_changes(changes=PlanChange.objects.filter(pk=change.pk), reason=Dropped.UNPAID, now=now)
        raise PaymentDidNotGoThrough(reason=refused) from refused
    take_over(quote=quote, answer=answer, latest=latest, now=now)


def update_and_look(quote: Quote, subscription_id: str, asked: dict[str, Any]) -> tuple[Told, Told]:
    """Ask for a change that is paid at once, or not at all; the subscription and its newest invoice.

    Raises `gateway.CertainRefusal` for a no, ProviderIsSilent when nobody knows.
    """
    asked = asked | {"payment_behavior": "error_if_incomplete"}
    try:
        with gateway.asking():
            subscriptions = gateway.client().v1.subscriptions
            answer: Told = subscriptions.update(
                subscription_id,
                asked,  # type: ignore[arg-type]
                {"idempotency_key": f"quote:{quote.public_id}"},
            )
        return answer, gateway.fetch_invoice(subscription_reading(answer).latest_invoice_id)
    except gateway.Unclear as silent:
        raise ProviderIsSilent from silent


def require_same_charge(*, quote: Quote, subscription_id: str, details: dict[str, Any], now: datetime) -> None:
    """Ask the provider what it would charge. Another amount than was shown: staff are told, and ChargeDiffers."""
    with refusing(), gateway.asking():
        preview: Told = gateway.client().v1.invoices.create_preview(
            {"subscription": subscription_id, "subscription_details": details}  # type: ignore[arg-type]
        )
    if preview.amount_due != quote.charge_now_minor:
        with transaction.atomic():
            drop_changes(changes=PlanChange.objects.filter(quote=quote), reason=Dropped.UNPAID, now=now)
            sound_alarm(quote=quote, asked_minor=preview.amount_due, now=now)
        raise ChargeDiffers


@transaction.atomic
def take_over(*, quote: Quote, answer: Told, latest: Told, now: datetime) -> None:
    """Record what the provider did, and that it charged what was shown."""
    record_subscription(reading=subscription_reading(answer), now=now)
    reading = invoice_reading(latest)
    if reading is not None and quote.charge_now_minor:
        invoice = record_invoice(reading=reading, now=now)
        record_charge(quote=quote, invoice=invoice, charged_minor=reading.paid, now=now)


def schedule_change(*, change: PlanChange, now: datetime) -> None:
    """Leave word at the provider that the plan changes at the end of the paid time. Safe to repeat, under its key.

    What the fan's code takes off goes along. A schedule that is there already (of a change before) is written anew.
    """
    membership = change.membership
    send_price(price=change.price)
    with refusing():
        subscription: Told = gateway.fetch_subscription(membership.stripe_subscription_id)
        reading = subscription_reading(subscription)
        with gateway.asking():
            schedules = gateway.client().v1.subscription_schedules
            schedule_id = reading.schedule_id
            if not schedule_id:
                made = schedules.create({"from_subscription": reading.id}, {"idempotency_key": f"wait:{change.key}"})
                schedule_id = made.id
            schedules.update(schedule_id, _phases(reading, change))  # type: ignore[arg-type]
    PlanChange.objects.filter(pk=change.pk).update(stripe_schedule_id=schedule_id)
    # It is this change's now; the one before has nothing left to take back.
    others = PlanChange.objects.filter(stripe_schedule_id=schedule_id, released_at__isnull=True).exclude(pk=change.pk)
    others.update(released_at=now)


def _phases(reading: SubscriptionReading, change: PlanChange) -> dict[str, Any]:
    off = [{"discount": id} for id in reading.discount_ids]
    unit = "month" if change.price.months % 12 else "year"
    running: dict[str, Any] = {
        "items": [{"price": reading.price_id, "quantity": 1}],
        "start_date": int(reading.period_start_at.timestamp()),
        "end_date": int(reading.period_end_at.timestamp()),
        "discounts": off,
    }
    if reading.status == Membership.Status.TRIALING:
        running["trial_end"] = running["end_date"]
    then = {
        "items": [{"price": change.price.stripe_price_id, "quantity": 1}],
        "duration": {
            "interval": unit,
            "interval_count": change.price.months if unit == "month" else change.price.months // 12,
        },
        "discounts": off,
        "proration_behavior": "none",
    }
    return {"end_behavior": "release", "proration_behavior": "none", "phases": [running, then]}


def ready_subscription(membership: Membership, now: datetime) -> SubscriptionReading:
    """The provider's subscription, with nothing waiting that would stand in the way of a change now."""
    with refusing():
        reading = subscription_reading(gateway.fetch_subscription(membership.stripe_subscription_id))
    if reading.schedule_id:
        release_schedule(schedule_id=reading.schedule_id, now=now)
    return reading


def take_back_change(*, membership: Membership, by: User, now: datetime) -> PlanChange:
    """The fan's own change that waits will not happen. Safe to repeat until another is asked for."""
    if by.pk != membership.fan_id and not by.is_staff:
        raise NotYourMembership
    with transaction.atomic():
        waiting = membership.changes.pending().filter(quote__isnull=False).first()
        if waiting is None:
            raise NothingWaits
        drop_changes(changes=PlanChange.objects.filter(pk=waiting.pk), reason=Dropped.TAKEN_BACK, now=now)
    # Now, because the boundary may be near; a sweep makes up for a provider that is silent.
    with suppress(Refusal):
        release_schedules(membership=membership, now=now)
    return _whole(waiting.pk)


def look_again(*, change: PlanChange, now: datetime) -> None:
    """A change whose answer was lost: find out what came of it. Never charges: the fan was told that nothing was."""
    change = _whole(change.pk)
    with refusing():
        answer: Told = gateway.fetch_subscription(change.membership.stripe_subscription_id)
        reading = subscription_reading(answer)
        latest = gateway.fetch_invoice(reading.latest_invoice_id)
    assert change.quote is not None
    if reading.price_id == change.price.stripe_price_id:
        take_over(quote=change.quote, answer=answer, latest=latest, now=now)
    elif now > change.quote.expires_at + timedelta(minutes=5):
        drop_changes(changes=PlanChange.objects.filter(pk=change.pk), reason=Dropped.UNPAID, now=now)
