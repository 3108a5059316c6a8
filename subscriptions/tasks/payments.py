"""What is paid, or should have been: payments that mature, attempts that ran out, renewals that failed."""

from contextlib import suppress
from typing import Any

from celery import shared_task
from django.utils import timezone

from portal.accounts.models import Creator
from portal.kit.refusal import Refusal
from portal.programs.models import Enrollment, Program
from subscriptions.actions import (
    dunning,
    retries,
)
from subscriptions.actions.alarms import refresh_membership, watch
from subscriptions.actions.checkout import close_checkout
from subscriptions.actions.invoices import mature_invoice
from subscriptions.actions.memberships import cancel_membership
from subscriptions.actions.pool_seats import mature_seat
from subscriptions.actions.purchases import mature_purchase
from subscriptions.actions.refunds import refund_suspicious
from subscriptions.actions.shares import announce_share
from subscriptions.models import (
    Checkout,
    Dunning,
    Invoice,
    Membership,
    PaymentCard,
    PoolSeat,
    Purchase,
)
from subscriptions.queries.alarms import late_memberships
from subscriptions.tasks.rows import A_BATCH, one_by_one


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
    seats = PoolSeat.objects.filter(matured_at__isnull=True, claimed_at__lte=now - Purchase.MATURES_AFTER)
    one_by_one(seats.order_by("claimed_at")[:A_BATCH], lambda row, at: mature_seat(seat=row, now=at), now)


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


@shared_task(name="subscriptions.watch_renewals")
def watch_renewals(**_: Any) -> int:
    """Every five minutes: first ask the provider about what is late, then raise an alarm for what is late still."""
    now = timezone.now()
    late = list(late_memberships(at=now)[:A_BATCH])
    one_by_one(late, lambda row, at: refresh_membership(membership=row, now=at), now)
    return len(watch(now=now))
