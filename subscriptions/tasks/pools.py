"""Gift pools: entries frozen, draws held, seats that go on, and what nobody took on its way back."""

from datetime import datetime
from typing import Any

from celery import shared_task
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from portal.kit.jobs import enqueue
from subscriptions.actions import pool_entries, pool_returns
from subscriptions.actions.gift_charges import move_charge
from subscriptions.models import GiftPool, PoolEntry, PoolFunding, PoolOffer, PoolRules, PoolSeat
from subscriptions.tasks.rows import A_BATCH, one_by_one


@shared_task(name="subscriptions.follow_pools")
def follow_pools(**_: Any) -> None:
    """Every ten minutes: lists are frozen, draws held, seats offered to the next; what is left over goes back."""
    now = timezone.now()
    going_on = GiftPool.objects.filter(finished_at__isnull=True)
    one_by_one(list(going_on[:A_BATCH]), _advance, now)
    for pool in GiftPool.objects.filter(drawn_at__isnull=False, told_at__isnull=True)[:A_BATCH]:
        enqueue("subscriptions.tell_draw", pool_id=pool.pk)
    soon = PoolOffer.objects.filter(
        outcome=PoolOffer.Outcome.OPEN, reminded_at__isnull=True, until_at__lte=now + PoolOffer.REMINDED_BEFORE
    )
    rows = soon.filter(until_at__gt=now)[:A_BATCH]
    one_by_one(list(rows), lambda row, at: pool_entries.remind_of_offer(offer=row, now=at), now)
    over = PoolOffer.objects.filter(outcome=PoolOffer.Outcome.OPEN, until_at__lte=now).order_by("until_at", "pk")
    rows = over.select_related("entry__pool")[:A_BATCH]
    one_by_one(list(rows), lambda row, at: pool_entries.pass_offer(offer=row, now=at), now)
    free = PoolSeat.objects.free().filter(funding=OuterRef("pk"))
    fundings = PoolFunding.objects.filter(Exists(free), pool__finished_at__isnull=True).select_related("pool")
    one_by_one(list(fundings[:A_BATCH]), lambda row, at: pool_returns.return_seats(funding=row, now=at), now)
    # Not one whose draw has just failed: its alarm stays until it is held.
    under_way = Q(drawn_at__isnull=False) | Q(called_off_at__isnull=False) | Q(rule_versions__way=PoolRules.Way.FIRST)
    ending = going_on.filter(under_way).distinct()[:A_BATCH]
    one_by_one(list(ending), lambda row, at: pool_returns.finish_pool(pool=row, now=at), now)
    _follow_charges(now)


def _advance(pool: GiftPool, now: datetime) -> None:
    pool_entries.freeze_pool(pool=pool, now=now)
    pool_entries.draw_pool(pool=pool, now=now)


def _follow_charges(now: datetime) -> None:
    """Charges that the provider has not heard of, for seats as for gifts."""
    late = PoolSeat.objects.exclude(moves_charge_of="").filter(charge_moved_at__isnull=True, withdrawn_at__isnull=True)
    one_by_one(list(late[:A_BATCH]), lambda row, at: move_charge(gift=row, now=at), now)
    back = PoolSeat.objects.filter(withdrawn_at__isnull=False, grant__until_at__gt=now, charge_returned_at__isnull=True)
    rows = back.select_related("grant")[:A_BATCH]
    one_by_one(list(rows), lambda row, at: move_charge(gift=row, now=at), now)


@shared_task(name="subscriptions.move_charge_of_seat")
def move_charge_of_seat(*, seat_id: int, **_: Any) -> None:
    """A seat was claimed by somebody who pays already, or was taken back: their next charge moves."""
    move_charge(gift=PoolSeat.objects.select_related("grant").get(pk=seat_id), now=timezone.now())


@shared_task(name="subscriptions.tell_draw")
def tell_draw(*, pool_id: int, **_: Any) -> None:
    """Everybody who entered and was not offered a seat hears of their place, once."""
    now = timezone.now()
    rows = PoolEntry.objects.filter(pool_id=pool_id, place__isnull=False, offer__isnull=True)
    found = rows.select_related("pool__creator", "fan").order_by("place").iterator(chunk_size=A_BATCH)
    one_by_one(found, lambda row, at: pool_entries.tell_place(entry=row, now=at), now)
    GiftPool.objects.filter(pk=pool_id, told_at__isnull=True).update(told_at=now)
