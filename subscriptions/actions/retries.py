"""Trying an unpaid renewal again: by plan, with a new card, or because the member asks. Reserve, commit, call, record."""

import logging
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from portal.payments import gateway
from portal.payments.actions import refusing
from subscriptions.actions.dunning import FINAL_CODES, close_dunning, next_attempt, tell_declined
from subscriptions.actions.invoices import record_invoice
from subscriptions.actions.memberships import NotYourMembership, record_subscription
from subscriptions.models import Dunning, Membership, PaymentAttempt
from subscriptions.readings import invoice_reading, subscription_reading

log = logging.getLogger(__name__)
Kind, Outcome, State = PaymentAttempt.Kind, PaymentAttempt.Outcome, Dunning.State


class NothingToPay(Refusal):
    sentence = _("Nothing is open here; you need not pay anything.")


class TooManyTries(Refusal):
    sentence = _("You have tried %(most)s times. Please give another card; it is tried at once.")


class TryIsUnderWay(Refusal):
    sentence = _("Your card is being asked right now. Please look again in a minute.")


def retry_payment(*, membership: Membership, by: User, now: datetime) -> PaymentAttempt:
    """The member asks to be charged now, at most five times for one renewal. The answer is on the row.

    Safe to repeat while no answer has come: the same attempt is asked again under its own key.
    """
    if by.pk != membership.fan_id:
        raise NotYourMembership
    dunning = Dunning.objects.open().filter(membership=membership).order_by("failed_at").first()
    if dunning is None or not membership.is_going_on:
        raise NothingToPay
    attempt = collect(dunning=dunning, kind=Kind.BY_FAN, now=now)
    if attempt is None:
        raise TryIsUnderWay
    return attempt


def retry_with_card(*, user: User, card: str, now: datetime) -> list[PaymentAttempt]:
    """Another card is there: everything that is unpaid is tried with it at once. Safe to repeat: once a card."""
    tried = []
    for dunning in Dunning.objects.open().filter(membership__fan=user, membership__status__in=Membership.GOING_ON):
        if dunning.attempts.filter(card=card).exclude(outcome=Outcome.ASKED).exists():
            continue
        attempt = collect(dunning=dunning, kind=Kind.NEW_CARD, card=card, now=now)
        if attempt is not None:
            tried.append(attempt)
    return tried


def run_dunning(*, dunning: Dunning, now: datetime) -> PaymentAttempt | None:
    """What the plan wants now: one more try, or the end after the last one. Safe to repeat and to be late.

    After a final no of the bank the card is not asked again; then the membership ends at the deadline.
    """
    attempt = None
    if not _is_tried_enough(dunning, now):
        attempt = collect(dunning=dunning, kind=Kind.PLANNED, now=now)
        dunning.refresh_from_db()
    if _is_tried_enough(dunning, now):
        give_up(dunning=dunning, now=now)
    return attempt


def _is_tried_enough(dunning: Dunning, now: datetime) -> bool:
    if dunning.state != State.OPEN or now < dunning.deadline_at:
        return False
    answered = dunning.attempts.filter(outcome=Outcome.DECLINED, answered_at__gte=dunning.deadline_at)
    return dunning.decline_code in FINAL_CODES or answered.exists()


def collect(*, dunning: Dunning, kind: str, now: datetime, card: str = "") -> PaymentAttempt | None:
    """Ask for the money of one unpaid renewal once. None when somebody else has it in hand, or it is over.

    One attempt a renewal is in the air, the database says so. Its row names the key; an unclear answer leaves it
    there, and whoever comes next asks the same question.
    """
    attempt = _reserve(dunning=dunning, kind=kind, card=card, now=now)
    if attempt is None:
        return None
    asked = {"payment_method": attempt.card} if attempt.card else {}
    code = message = ""
    with refusing():
        try:
            with gateway.asking():
                gateway.client().v1.invoices.pay(
                    dunning.invoice.stripe_id,
                    {"off_session": True, **asked},  # type: ignore[arg-type]
                    {"idempotency_key": attempt.key},
                )
        except gateway.CertainRefusal as no:
            code, message = no.decline_code or no.code or "declined", str(no)
        # Whatever it answered: what the provider says of the invoice now is what counts.
        invoice = invoice_reading(gateway.fetch_invoice(dunning.invoice.stripe_id))
        subscription = subscription_reading(gateway.fetch_subscription(dunning.invoice.stripe_subscription_id))
    with transaction.atomic():
        if invoice is not None:
            record_invoice(reading=invoice, now=now)
        record_subscription(reading=subscription, now=now)
        return _record(attempt, code, message, card or (invoice.card if invoice else ""), now)


@transaction.atomic
def _reserve(*, dunning: Dunning, kind: str, card: str, now: datetime) -> PaymentAttempt | None:
    row = Dunning.objects.select_for_update().select_related("membership").get(pk=dunning.pk)
    if row.state != State.OPEN or not row.membership.is_going_on:
        return None
    in_the_air = row.attempts.filter(outcome=Outcome.ASKED).first()
    if row.claimed_at is not None and row.claimed_at > now - Dunning.CLAIM_LASTS:
        return None
    if in_the_air is None and kind == Kind.BY_FAN and row.attempts.filter(kind=kind).count() >= Dunning.MOST_MANUAL:
        raise TooManyTries(most=Dunning.MOST_MANUAL)
    row.claimed_at = now
    row.save(update_fields=["claimed_at"])
    return in_the_air or row.attempts.create(kind=kind, card=card, asked_at=now)


def _record(attempt: PaymentAttempt, code: str, message: str, card: str, now: datetime) -> PaymentAttempt:
    dunning = Dunning.objects.select_for_update().get(pk=attempt.dunning_id)
    paid = dunning.state == State.RECOVERED
    attempt.outcome = Outcome.PAID if paid else Outcome.DECLINED
    attempt.decline_code, attempt.message, attempt.answered_at = code[:60], message[:300], now
    attempt.save()
    if dunning.state == State.OPEN:
        dunning.decline_code, dunning.card, dunning.claimed_at = code[:60] or "declined", card, None
        dunning.next_attempt_at = next_attempt(dunning, now)
        dunning.save()
        if attempt.kind != Kind.BY_FAN and now < dunning.deadline_at:
            tell_declined(dunning=dunning, now=now, key=attempt.key)
    attempt.refresh_from_db()
    return attempt


def give_up(*, dunning: Dunning, now: datetime) -> Dunning:
    """The last try was in vain: the open invoice is void, nothing more is charged, the membership ends and says so.

    Safe to repeat: asked under the keys `void:{invoice}` and `unpaid:{invoice}`. Money that came meanwhile counts.
    """
    invoice, subscription_id = dunning.invoice, dunning.invoice.stripe_subscription_id
    with refusing():
        try:
            with gateway.asking():
                v1 = gateway.client().v1
                v1.invoices.void_invoice(invoice.stripe_id, {}, {"idempotency_key": f"void:{invoice.stripe_id}"})
        except gateway.CertainRefusal as no:
            log.info("invoice %s is not void: %s", invoice.stripe_id, no)
        invoice_now = invoice_reading(gateway.fetch_invoice(invoice.stripe_id))
        if invoice_now is None or invoice_now.status != "paid":
            try:
                with gateway.asking():
                    key = f"unpaid:{invoice.stripe_id}"
                    gateway.client().v1.subscriptions.cancel(subscription_id, {}, {"idempotency_key": key})
            except gateway.CertainRefusal as no:
                log.info("subscription %s has ended already: %s", subscription_id, no)
        subscription = subscription_reading(gateway.fetch_subscription(subscription_id))
    with transaction.atomic():
        if invoice_now is not None and invoice_now.status != "paid":
            close_dunning(dunning=dunning, state=State.GIVEN_UP, now=now)
            _tell_end(dunning, now)
        if invoice_now is not None:
            record_invoice(reading=invoice_now, now=now)
        record_subscription(reading=subscription, now=now)
    dunning.refresh_from_db()
    return dunning


def _tell_end(dunning: Dunning, now: datetime) -> None:
    creator = dunning.membership.creator
    tell(
        to=dunning.membership.fan,
        kind="subscriptions.ended",
        subject=_("Your membership with %(creator)s has ended") % {"creator": creator.display_name},
        body=_(
            "The payment could not be collected, so we stopped asking. You owe nothing. You can come back at any time"
            " and keep your badge."
        ),
        url=reverse("creator_page", args=[creator.handle]),
        now=now,
        # It takes the place of the plain word that a membership has ended.
        key=f"ended:{dunning.invoice.stripe_subscription_id}",
    )
