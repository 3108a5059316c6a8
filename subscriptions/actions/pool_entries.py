"""Entering a pool, leaving it, and what happens to the entries: frozen, drawn, offered seats in their order."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.kit.words import day_lazy
from portal.kit.words import gettext_lazy as _
from portal.notices.actions import tell
from subscriptions.actions.pools import locked_pool, seed_of
from subscriptions.draw import entries_hash_of, order_of
from subscriptions.models import GiftPool, PoolEntry, PoolOffer, PoolRules, PoolSeat
from subscriptions.queries.persons import mailbox_of
from subscriptions.queries.pools import entered, require_enterable
from subscriptions.queries.refunds import has_open_dispute

Outcome, Way = PoolOffer.Outcome, PoolRules.Way


class NotYourEntry(Refusal):
    sentence = _("This is somebody else's entry.")
    status = 403


class EntriesAreClosed(Refusal):
    sentence = _("Entries have closed, and the list is fixed. You need not take what you are offered.")


@transaction.atomic
def enter_pool(*, pool: GiftPool, by: User, now: datetime) -> PoolEntry:
    """Enter. First come: a seat that is free is offered at once. Safe to repeat: one entry a person; who left is back.

    Raises why not: closed, not among those it is for, entered under another account.
    """
    row = locked_pool(pool)
    known = PoolEntry.objects.filter(pool=row, fan=by).first()
    if known is not None and known.left_at is None:
        return known
    require_enterable(pool=row, fan=by, at=now)
    entry = known or PoolEntry(pool=row, fan=by, mailbox=mailbox_of(by.email))
    entry.entered_at, entry.left_at = now, None
    if row.rules.way == Way.FIRST:
        entry.place = (PoolEntry.objects.filter(pool=row).aggregate(last=Max("place"))["last"] or 0) + 1
    entry.save()
    hand_out(pool=row, now=now)
    return entry


@transaction.atomic
def leave_pool(*, entry: PoolEntry, by: User, now: datetime) -> PoolEntry:
    """No longer be in it, while entries are open and no seat was offered. Safe to repeat: the first time stays."""
    pool = locked_pool(entry.pool)
    row = PoolEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if row.fan_id != by.pk:
        raise NotYourEntry
    if row.left_at is not None:
        return row
    if pool.frozen_at is not None or now >= pool.rules.closes_at or PoolOffer.objects.filter(entry=row).exists():
        raise EntriesAreClosed
    row.left_at, row.place = now, None
    row.save(update_fields=["left_at", "place"])
    return row


@transaction.atomic
def freeze_pool(*, pool: GiftPool, now: datetime) -> GiftPool:
    """Entries are over: the list is fixed, and its hash published before the seed is. Safe to repeat: the first stays."""
    row = locked_pool(pool)
    if row.frozen_at is None and row.called_off_at is None and now >= row.rules.closes_at:
        row.frozen_at = now
        row.entries_hash = entries_hash_of(entered(row).values_list("public_id", flat=True))
        row.save(update_fields=["frozen_at", "entries_hash"])
    return row


@transaction.atomic
def draw_pool(*, pool: GiftPool, now: datetime) -> GiftPool:
    """Publish the seed, and with it the order of the entries; the first are offered seats. Safe to repeat: drawn once.

    Not before the list has stood for an hour. Raises SeedIsLost, or ListHasChanged when the rows are not those that
    were frozen: then somebody has to look.
    """
    row = locked_pool(pool)
    due = row.frozen_at is not None and now >= max(row.rules.draws_at, row.frozen_at + PoolRules.FROZEN_FOR)
    if row.rules.way != Way.DRAW or row.drawn_at is not None or not due:
        return row
    entries = {entry.public_id: entry for entry in entered(row)}
    if entries_hash_of(entries) != row.entries_hash:
        raise ListHasChanged(f"pool {row.public_id}")
    row.seed, row.drawn_at = seed_of(row), now
    for place, public_id in enumerate(order_of(entries, row.seed), start=1):
        entries[public_id].place = place
    PoolEntry.objects.bulk_update(entries.values(), ["place"], batch_size=500)
    row.save(update_fields=["seed", "drawn_at"])
    hand_out(pool=row, now=now)
    return row


class ListHasChanged(Exception):
    """The entries are not those whose hash was published."""


def hand_out(*, pool: GiftPool, now: datetime) -> list[PoolOffer]:
    """Offer each free seat to the next in order, as often as the rules say. The pool is locked by whoever calls.

    Safe to repeat: an entry is offered one seat ever. Seats of a disputed payment wait.
    """
    rules = pool.rules
    if pool.called_off_at is not None or (rules.way == Way.DRAW and pool.drawn_at is None):
        return []
    waiting = entered(pool).filter(place__isnull=False, offer__isnull=True).select_related("fan").order_by("place")
    found = []
    for seat, entry in zip(offerable(pool), waiting, strict=False):
        until = now + timedelta(days=rules.claim_days)
        offer = PoolOffer.objects.create(entry=entry, seat=seat, offered_at=now, until_at=until)
        _tell_offer(pool, offer, now)
        found.append(offer)
    return found


def offerable(pool: GiftPool) -> list[PoolSeat]:
    """Free seats that may be offered once more, the oldest payment first."""
    free = PoolSeat.objects.free().filter(funding__pool=pool).select_related("funding__purchase__charge")
    rounds = pool.rules.rounds
    seats = [seat for seat in free.prefetch_related("offers") if len(seat.offers.all()) < rounds]
    return [seat for seat in seats if not is_disputed(seat)]


def is_disputed(seat: PoolSeat) -> bool:
    purchase = seat.funding.purchase
    return purchase is not None and has_open_dispute(invoice=purchase)


@transaction.atomic
def pass_offer(*, offer: PoolOffer, now: datetime) -> PoolOffer:
    """Its days are over and nobody claimed it: the seat goes to the next. Safe to repeat. A dispute stops the clock."""
    pool = locked_pool(offer.entry.pool)
    row = _locked_offer(offer)
    if row.outcome != Outcome.OPEN or now < row.until_at or is_disputed(row.seat):
        return row
    _end(row, Outcome.PASSED, now)
    hand_out(pool=pool, now=now)
    tell(
        to=row.entry.fan,
        kind="subscriptions.pool_passed",
        subject=_("Your seat in “%(pool)s” went on") % {"pool": pool.name},
        body=_("You did not claim it in time, so it was offered to the next person, or goes back to who paid for it."),
        url=reverse("pool_detail", args=[pool.creator.handle, pool.public_id]),
        now=now,
        key=f"pool-passed:{row.entry.public_id}",
    )
    return row


@transaction.atomic
def decline_seat(*, offer: PoolOffer, by: User, now: datetime) -> PoolOffer:
    """Leave the seat to the next, without waiting. Safe to repeat; what was claimed or has passed stays as it is."""
    if offer.entry.fan_id != by.pk:
        raise NotYourEntry
    pool = locked_pool(offer.entry.pool)
    row = _locked_offer(offer)
    if row.outcome == Outcome.OPEN:
        _end(row, Outcome.DECLINED, now)
        hand_out(pool=pool, now=now)
    return row


@transaction.atomic
def remind_of_offer(*, offer: PoolOffer, now: datetime) -> PoolOffer:
    """A day before the end. Once."""
    row = _locked_offer(offer)
    if row.outcome == Outcome.OPEN and row.reminded_at is None and now < row.until_at:
        row.reminded_at = now
        row.save(update_fields=["reminded_at"])
        pool = row.entry.pool
        tell(
            to=row.entry.fan,
            kind="subscriptions.pool_reminder",
            subject=_("Claim your seat in “%(pool)s” by %(day)s") % {"pool": pool.name, "day": day_lazy(row.until_at)},
            body=_("It goes to the next person after that. You pay nothing, and nothing renews."),
            url=reverse("pool_entry", args=[row.entry.public_id]),
            now=now,
            key=f"pool-reminder:{row.entry.public_id}",
        )
    return row


def tell_place(*, entry: PoolEntry, now: datetime) -> None:
    """The draw was held and this person was not offered a seat yet. Safe to repeat: told once."""
    pool = entry.pool
    tell(
        to=entry.fan,
        kind="subscriptions.pool_drawn",
        subject=_("The draw of “%(pool)s” was held: you are number %(place)s")
        % {"pool": pool.name, "place": entry.place},
        body=_("If a seat comes free, it is offered in this order. The page shows how to recompute it."),
        url=reverse("pool_detail", args=[pool.creator.handle, pool.public_id]),
        now=now,
        key=f"pool-drawn:{entry.public_id}",
    )


def _locked_offer(offer: PoolOffer) -> PoolOffer:
    rows = PoolOffer.objects.select_for_update(of=("self",))
    whole = ("entry__fan", "entry__pool__creator", "seat__funding__purchase__charge", "seat__funding__pool__tier")
    return rows.select_related(*whole).get(pk=offer.pk)


def _end(offer: PoolOffer, outcome: str, now: datetime) -> None:
    offer.outcome, offer.ended_at = outcome, now
    offer.save(update_fields=["outcome", "ended_at"])


def _tell_offer(pool: GiftPool, offer: PoolOffer, now: datetime) -> None:
    tell(
        to=offer.entry.fan,
        kind="subscriptions.pool_offered",
        subject=_("A seat in “%(pool)s” is yours if you claim it") % {"pool": pool.name},
        body=_("%(tier)s of %(creator)s, paid for by somebody else. Claim it by %(day)s.")
        % {"tier": pool.tier.name, "creator": pool.creator.display_name, "day": day_lazy(offer.until_at)},
        url=reverse("pool_entry", args=[offer.entry.public_id]),
        now=now,
        key=f"pool-offered:{offer.entry.public_id}",
    )
