"""Reasons to begin, and what is given back: codes, a free trial, a refund out of kindness."""

from datetime import timedelta

from portal.accounts.models import Creator, User
from portal.demo.clock import Clock
from subscriptions import tasks
from subscriptions.actions.promos import add_promo
from subscriptions.actions.refunds import refund_invoice
from subscriptions.actions.tiers import set_leaving
from subscriptions.models import Invoice, PromoCode, Tier

FOR_A_FRIEND = "COUNTER"


def make_codes(clock: Clock, mika: Creator) -> None:
    """One code for the spring, and one that only a few may use."""
    add_promo(
        creator=mika,
        code="SPRING",
        percent=25,
        duration=PromoCode.Duration.MONTHS,
        months=3,
        most_uses=100,
        now=clock.now,
    )
    add_promo(
        creator=mika,
        code=FOR_A_FRIEND,
        amount_minor=500,
        most_uses=10,
        ends_at=clock.now + timedelta(days=200),
        now=clock.now,
    )


def offer_to_stay(mika: Creator) -> None:
    """Who is about to leave Mika may stay for less."""
    set_leaving(creator=mika, pauses=True, save_offer="discount", save_code="SPRING", save_again_months=12)


def open_trial(mika: Creator) -> None:
    """The first tier may be tried for fourteen days from now on."""
    Tier.objects.filter(creator=mika, rank=1).update(trial_days=14)


def be_kind(clock: Clock, mika: Creator, people: dict[str, User]) -> None:
    """Dara's rice became a cracker; Mika gives four dollars of the last payment back."""
    paid = Invoice.objects.filter(membership__fan=people["Dara"], membership__creator=mika, paid_at__isnull=False)
    refund_invoice(
        invoice=paid.latest("paid_at"), amount_minor=400, by=mika.user, reason="For the cracker.", now=clock.now
    )
    clock.bring_events()


def keep_watch(clock: Clock) -> None:
    """What the timetable does for memberships each night, from here on."""
    clock.nightly += [
        lambda now: tasks.collect_due(),
        lambda now: tasks.announce_dates(),
        lambda now: tasks.sweep_offers(),
    ]
