"""Gifts and passes."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from portal.kit.jobs import enqueue
from subscriptions.actions import (
    gift_charges,
    gifts,
    passes,
)
from subscriptions.gift_letter import send_gift_letter
from subscriptions.models import (
    Gift,
)
from subscriptions.queries.passes import passes_to_announce
from subscriptions.tasks.rows import A_BATCH, one_by_one


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
