import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from celery import shared_task
from django.db.models import F, Model, Q
from django.utils import timezone

from portal.accounts.models import Creator
from portal.kit.jobs import enqueue
from portal.kit.refusal import Refusal
from portal.programs.models import Enrollment, Program
from subscriptions.actions import (
    announcements,
    changes,
    dunning,
    gift_charges,
    gifts,
    memberships,
    offers,
    passes,
    pauses,
    price_changes,
    promos,
    refunds,
    retries,
)
from subscriptions.actions.alarms import raise_unreadable, refresh_membership, resolve_unreadable, watch
from subscriptions.actions.checkout import close_checkout
from subscriptions.actions.emojis import record_points
from subscriptions.actions.invoices import mature_invoice
from subscriptions.actions.media import sweep_media as sweep_lost_media
from subscriptions.actions.memberships import cancel_membership, send_cancellation
from subscriptions.actions.posts import NEWS_FOR, announce_post
from subscriptions.actions.promises import close_promises as close_month_of
from subscriptions.actions.purchases import mature_purchase
from subscriptions.actions.refunds import refund_suspicious
from subscriptions.actions.shares import announce_share
from subscriptions.actions.tenure import rebuild_tenure
from subscriptions.gift_letter import send_gift_letter
from subscriptions.models import (
    Cancellation,
    Checkout,
    Dunning,
    Emoji,
    Gift,
    Grant,
    Invoice,
    Membership,
    Pause,
    PaymentCard,
    PlanChange,
    Post,
    PriceChange,
    PromoCode,
    PromoUse,
    Purchase,
    RefundOrder,
    Trial,
)
from subscriptions.queries import upcoming
from subscriptions.queries.alarms import late_memberships
from subscriptions.queries.passes import passes_to_announce
from subscriptions.queries.promises import creators_to_close, month_of

log = logging.getLogger(__name__)
Row = TypeVar("Row", bound=Model)
A_BATCH = 500
MONTHS_LOOKED_BACK = 3


def one_by_one(rows: Iterable[Row], deed: Callable[[Row, datetime], object], now: datetime) -> int:
    """Do it for each row; how many were done. One bad row never stops the rest: it raises an alarm of its own.

    A refusal (a silent provider, say) is no alarm: the next sweep looks again.
    """
    done = 0
    for row in rows:
        about = f"{row._meta.model_name}:{row.pk}"
        try:
            deed(row, now)
        except Refusal as refusal:
            log.info("%s has to wait: %s", about, refusal)
        except Exception as error:
            log.exception("%s could not be worked on", about)
            raise_unreadable(about=about, error=error, now=now)
        else:
            done += 1
            resolve_unreadable(about=about, now=now)
    return done


@shared_task(name="subscriptions.mature_invoices")
def mature_invoices(**_: Any) -> None:
    """Every hour: payments that are old enough may be paid out."""
    now = timezone.now()
    due = Invoice.objects.filter(
        status=Invoice.Status.PAID, matured_at__isnull=True, paid_at__lte=now - Invoice.MATURES_AFTER
    )
    one_by_one(due.order_by("paid_at")[:A_BATCH], lambda row, at: mature_invoice(invoice=row, now=at), now)
    bought = Purchase.objects.filter(matured_at__isnull=True, earned_at__lte=now - Purchase.MATURES_AFTER)
    one_by_one(bought.order_by("earned_at")[:A_BATCH], lambda row, at: mature_purchase(purchase=row, now=at), now)


@shared_task(name="subscriptions.decide_shares")
def decide_shares(**_: Any) -> None:
    """On the 1st: by which part each creator's month is split, from last month's numbers; creators are told."""
    now = timezone.now()
    enrolled = Enrollment.objects.live(now).filter(program=Program.SUBSCRIPTIONS).values("creator")
    creators = Creator.objects.filter(pk__in=enrolled).select_related("user")
    one_by_one(creators.order_by("pk").iterator(), lambda creator, at: announce_share(creator=creator, now=at), now)


@shared_task(name="subscriptions.sweep_checkouts")
def sweep_checkouts(**_: Any) -> None:
    """Every ten minutes: close attempts whose time is over, so that their places are free again."""
    now = timezone.now()
    stale = Checkout.objects.filter(state=Checkout.State.OPEN, expires_at__lte=now)[:A_BATCH]
    one_by_one(stale, lambda row, at: close_checkout(checkout=row, now=at), now)


@shared_task(name="subscriptions.send_cancellations")
def send_cancellations(**_: Any) -> None:
    """Every ten minutes: ask again for cancellations that never reached the provider."""
    now = timezone.now()
    waiting = Cancellation.objects.filter(
        ends_at__isnull=True,
        undone_at__isnull=True,
        asked_at__lte=now - timedelta(minutes=1),
        membership__status__in=Membership.GOING_ON,
    )
    rows = waiting.select_related("membership")[:A_BATCH]
    one_by_one(rows, lambda row, at: send_cancellation(cancellation=row, now=at), now)


@shared_task(name="subscriptions.refund_suspicious_charge")
def refund_suspicious_charge(*, charge_id: str, **_: Any) -> None:
    """A bank suspects a payment: give it back before it becomes a dispute, and end the membership with the paid time."""
    now = timezone.now()
    invoice = Invoice.objects.select_related("membership__fan", "charge").filter(charge__stripe_id=charge_id).first()
    if invoice is None:
        with suppress(Refusal):  # Beyond the limits, or given back already.
            for purchase in Purchase.objects.select_related("charge").filter(charge__stripe_id=charge_id):
                refund_suspicious(invoice=purchase, now=now)
        return
    try:
        refund_suspicious(invoice=invoice, now=now)
        cancel_membership(membership=invoice.membership, by=invoice.membership.fan, now=now, reason="other")
    except Refusal:
        return  # Beyond the limits, given back or ended already.


@shared_task(name="subscriptions.collect_due")
def collect_due(**_: Any) -> int:
    """Every ten minutes: renewals that were not paid and are due to be tried again, or to be given up."""
    now = timezone.now()
    dunning.free_seats(now=now)
    due = Dunning.objects.due(now).filter(membership__status__in=Membership.GOING_ON)
    rows = due.select_related("membership", "invoice").order_by("next_attempt_at").distinct()[:A_BATCH]
    return one_by_one(list(rows), lambda row, at: retries.run_dunning(dunning=row, now=at), now)


@shared_task(name="subscriptions.retry_new_card")
def retry_new_card(*, card_id: int, **_: Any) -> None:
    """Somebody gave another card: what is unpaid is tried with it at once."""
    card = PaymentCard.objects.select_related("user").get(pk=card_id)
    retries.retry_with_card(user=card.user, card=card.stripe_id, now=timezone.now())


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
    """Every fifteen minutes: codes the provider has not heard of, trials nobody judged, refunds without an answer."""
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


@shared_task(name="subscriptions.watch_renewals")
def watch_renewals(**_: Any) -> int:
    """Every five minutes: first ask the provider about what is late, then raise an alarm for what is late still."""
    now = timezone.now()
    late = list(late_memberships(at=now)[:A_BATCH])
    one_by_one(late, lambda row, at: refresh_membership(membership=row, now=at), now)
    return len(watch(now=now))


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


@shared_task(name="subscriptions.release_schedule")
def release_schedule(*, change_id: int, **_: Any) -> None:
    """A change that is done or dropped no longer waits at the provider."""
    change = PlanChange.objects.get(pk=change_id)
    if change.released_at is None and change.stripe_schedule_id:
        memberships.release_schedule(schedule_id=change.stripe_schedule_id, now=timezone.now())


@shared_task(name="subscriptions.send_changes")
def send_changes(**_: Any) -> None:
    """Every ten minutes: changes, pauses and releases that the provider has not heard of; and answers that were lost."""
    now = timezone.now()
    young = now - timedelta(minutes=1)
    lost = PlanChange.objects.pending().filter(asked_at__lte=young, quote__effective_at__lte=F("quote__quoted_at"))
    one_by_one(lost[:A_BATCH], lambda row, at: changes.look_again(change=row, now=at), now)
    missed = PlanChange.objects.pending().filter(price_change__isnull=False, effective_at__lte=now)
    missed = missed.filter(membership__period_end_at__gt=now).select_related("membership__price")
    one_by_one(missed[:A_BATCH], lambda row, at: price_changes.catch_up(change=row, now=at), now)
    due = price_changes.due_to_schedule(now).filter(asked_at__lte=young)
    whole = due.select_related("membership", "price__tier__creator", "quote", "price_change")
    one_by_one(whole[:A_BATCH], lambda row, at: changes.schedule_change(change=row, now=at), now)
    unsent = Pause.objects.filter(sent_at__isnull=True, ended_at__isnull=True, asked_at__lte=young, starts_at__gt=now)
    whole_pauses = unsent.select_related("membership__fan", "membership__creator", "quote")
    one_by_one(whole_pauses[:A_BATCH], lambda row, at: pauses.send_pause(pause=row, now=at), now)
    stuck = PlanChange.objects.exclude(stripe_schedule_id="").filter(released_at__isnull=True)
    stuck = stuck.filter(Q(dropped_at__lte=young) | Q(applied_at__lte=young))
    one_by_one(
        stuck[:A_BATCH],
        lambda row, at: memberships.release_schedule(schedule_id=row.stripe_schedule_id, now=at),
        now,
    )


@shared_task(name="subscriptions.tell_resumes_soon")
def tell_resumes_soon(**_: Any) -> None:
    """Every day: pauses that end within three days are told."""
    now = timezone.now()
    rows = Pause.objects.open().filter(told_at__isnull=True, starts_at__lte=now, resumes_at__lte=now + pauses.SOON)
    whole = rows.select_related("membership__fan", "membership__creator", "quote")
    one_by_one(whole[:A_BATCH], lambda row, at: pauses.tell_resumes_soon(pause=row, now=at), now)


@shared_task(name="subscriptions.tell_price_change")
def tell_price_change(*, price_change_id: int, **_: Any) -> None:
    """Tell every member whom a new price concerns, each by themselves."""
    now = timezone.now()
    change = PriceChange.objects.select_related("price__tier").get(pk=price_change_id)
    rows = price_changes.members_to_tell(change)
    one_by_one(
        rows.iterator(chunk_size=A_BATCH),
        lambda row, at: price_changes.tell_member(change=change, membership=row, now=at),
        now,
    )


@shared_task(name="subscriptions.follow_price_changes")
def follow_price_changes(**_: Any) -> None:
    """Every day: members whom an announced price concerns only now (they changed their mind about leaving, say)."""
    for change in PriceChange.objects.filter(withdrawn_at__isnull=True).select_related("price__tier"):
        if price_changes.members_to_tell(change).exists():
            tell_price_change(price_change_id=change.pk)


@shared_task(name="subscriptions.record_emoji_points")
def record_emoji_points(**_: Any) -> None:
    """Every hour: keep the most points of every creator who has emojis, so that slots are never lost."""
    creators = Creator.objects.filter(pk__in=Emoji.objects.kept().values("creator"))
    one_by_one(
        creators.iterator(chunk_size=A_BATCH), lambda row, at: record_points(creator=row, now=at), timezone.now()
    )


@shared_task(name="subscriptions.close_promises")
def close_promises(**_: Any) -> None:
    """Every night: write down how the promises of the last months ended, each once; a night may have been missed."""
    now = timezone.now()
    month = month_of(now)
    for _back in range(MONTHS_LOOKED_BACK):
        month = (month - timedelta(days=1)).replace(day=1)
        _close_month(month, now)


def _close_month(month: date, now: datetime) -> None:
    one_by_one(creators_to_close(month=month), lambda row, at: close_month_of(creator=row, month=month, now=at), now)


@shared_task(name="subscriptions.follow_tenure")
def follow_tenure(**_: Any) -> None:
    """Every night: months of those whose access has no end, and of whoever was given or lost any in the last two days."""
    now = timezone.now()
    recent = now - timedelta(days=2)
    rows = Grant.objects.filter(tier__isnull=False).filter(
        Q(until_at__isnull=True, revoked_at__isnull=True) | Q(from_at__gte=recent) | Q(revoked_at__gte=recent)
    )
    found = rows.select_related("fan", "creator").iterator(chunk_size=A_BATCH)
    one_by_one(found, lambda row, at: rebuild_tenure(fan=row.fan, creator=row.creator, now=at), now)


@shared_task(name="subscriptions.announce_posts")
def announce_posts(**_: Any) -> None:
    """Every minute: members hear of posts that are out, each once; what is older than a few days is no news."""
    now = timezone.now()
    fresh = Post.objects.published(now).filter(announced_at__isnull=True, published_at__gt=now - NEWS_FOR)
    rows = fresh.select_related("creator", "tier", "opens_tier").order_by("published_at")[:A_BATCH]
    one_by_one(rows, lambda row, at: announce_post(post=row, now=at), now)


@shared_task(name="subscriptions.sweep_media")
def sweep_media(**_: Any) -> None:
    """Every night: delete what was uploaded and never became part of a post."""
    sweep_lost_media(now=timezone.now())


@shared_task(name="subscriptions.deliver_gift")
def deliver_gift(*, gift_id: int, again: bool = False, **_: Any) -> None:
    """The mail with a gift's link; once, unless somebody asked for it again."""
    now = timezone.now()
    gift = Gift.objects.unclaimed().select_related("buyer", "creator", "tier").filter(pk=gift_id).first()
    if gift is None or not gift.recipient_email or (gift.delivered_at is not None and not again):
        return
    send_gift_letter(gift)
    gifts.record_delivered(gift=gift, now=now)


@shared_task(name="subscriptions.move_charge")
def move_charge(*, gift_id: int, **_: Any) -> None:
    """A gift was claimed by somebody who pays already, or was taken back: their next charge moves."""
    gift_charges.move_charge(gift=Gift.objects.select_related("grant").get(pk=gift_id), now=timezone.now())


@shared_task(name="subscriptions.follow_gifts")
def follow_gifts(**_: Any) -> None:
    """Every ten minutes: gifts to be delivered, reminded of or ended; and charges that have to move."""
    now = timezone.now()
    for gift in Gift.objects.to_deliver(now)[:A_BATCH]:
        enqueue("subscriptions.deliver_gift", gift_id=gift.pk)
    soon = Gift.objects.unclaimed().filter(expires_at__lte=now + Gift.REMINDED_BEFORE, reminded_at__isnull=True)
    one_by_one(soon.filter(expires_at__gt=now)[:A_BATCH], lambda row, at: gifts.remind_of_gift(gift=row, now=at), now)
    over = Gift.objects.unclaimed().filter(expires_at__lte=now)
    one_by_one(over[:A_BATCH], lambda row, at: gifts.expire_gift(gift=row, now=at), now)
    late = Gift.objects.exclude(moves_charge_of="").filter(charge_moved_at__isnull=True, withdrawn_at__isnull=True)
    one_by_one(late[:A_BATCH], lambda row, at: gift_charges.move_charge(gift=row, now=at), now)
    back = Gift.objects.filter(withdrawn_at__isnull=False, grant__isnull=False, charge_returned_at__isnull=True)
    rows = back.filter(grant__until_at__gt=now).select_related("grant")
    one_by_one(rows[:A_BATCH], lambda row, at: gift_charges.move_charge(gift=row, now=at), now)


@shared_task(name="subscriptions.announce_passes")
def announce_passes(**_: Any) -> None:
    """Every hour: passes that end soon are told, each once, with the way to the next."""
    now = timezone.now()
    rows = passes_to_announce(at=now)[:A_BATCH]
    one_by_one(rows, lambda row, at: passes.announce_pass_end(purchase=row, now=at), now)
