"""Codes, trials, and the dates that people are told of before they come."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from subscriptions.actions import (
    announcements,
    disputes,
    offers,
    promos,
    refunds,
)
from subscriptions.models import (
    DisputeAnswer,
    PromoCode,
    PromoUse,
    RefundOrder,
    Trial,
)
from subscriptions.queries import upcoming
from subscriptions.queries.disputes import disputes_without_day
from subscriptions.tasks.rows import A_BATCH, one_by_one


@shared_task(name="subscriptions.judge_trial")
def judge_trial(*, trial_id: int, **_: Any) -> None:
    """A trial has begun: has its card had one here before?"""
    trial = Trial.objects.select_related("creator", "fan", "membership").get(pk=trial_id)
    offers.judge_trial(trial=trial, now=timezone.now())


@shared_task(name="subscriptions.cut_promo_short")
def cut_promo_short(*, use_id: int, **_: Any) -> None:
    """A code was used once too often, as the card shows: it does not count for later payments."""
    use = PromoUse.objects.select_related("promo", "fan", "checkout").get(pk=use_id)
    offers.cut_promo_short(use=use, now=timezone.now())


@shared_task(name="subscriptions.sweep_offers")
def sweep_offers(**_: Any) -> None:
    """Every fifteen minutes: codes the provider has not heard of, trials nobody judged, refunds without an answer, answers
    to banks that nobody has confirmed, disputes of which we do not know until when.
    """
    now = timezone.now()
    unknown = PromoCode.objects.switched_on().filter(stripe_coupon_id="").select_related("creator")
    one_by_one(unknown[:A_BATCH], lambda row, _at: promos.send_promo(promo=row), now)
    unjudged = Trial.objects.filter(closed_at__isnull=True, ends_at__gt=now).filter(
        Q(refused_at__isnull=False) | Q(fingerprint="")
    )
    rows = unjudged.select_related("creator", "fan", "membership")[:A_BATCH]
    one_by_one(rows, lambda row, at: offers.judge_trial(trial=row, now=at), now)
    waiting = RefundOrder.objects.filter(state=RefundOrder.State.ASKED, asked_at__lte=now - timedelta(minutes=1))
    orders = waiting.select_related("invoice__charge", "purchase__charge", "asked_by")[:A_BATCH]
    one_by_one(orders, lambda row, at: refunds.send_refund(order=row, now=at), now)
    unsent = DisputeAnswer.objects.filter(sent_at__isnull=True, decided_at__lte=now - timedelta(minutes=1))
    answers = unsent.select_related("dispute")[:A_BATCH]
    one_by_one(answers, lambda row, at: disputes.send_answer(answer=row, now=at), now)
    one_by_one(disputes_without_day()[:A_BATCH], lambda row, at: disputes.refresh_dispute(dispute=row, now=at), now)


@shared_task(name="subscriptions.announce_dates")
def announce_dates(**_: Any) -> None:
    """Every hour: renewals that come, trials that end, cards that expire; each is told once."""
    now = timezone.now()
    soon = upcoming.renewals_to_announce(at=now)
    one_by_one(soon, lambda row, at: announcements.announce_renewal(membership=row, now=at), now)
    ending = upcoming.trials_to_announce(at=now)
    one_by_one(ending, lambda row, at: announcements.announce_trial_end(trial=row, now=at), now)
    expiring = upcoming.cards_to_announce(at=now)
    one_by_one(expiring, lambda row, at: announcements.announce_card_expiry(card=row, now=at), now)
