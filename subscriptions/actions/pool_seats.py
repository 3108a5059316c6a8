"""Seats of a gift pool: there once they are paid for, claimed by whom they were offered to, withdrawn with their money."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.kit.jobs import enqueue
from portal.kit.money import split_by_weight
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.kit.words import money_lazy
from portal.notices.actions import tell
from subscriptions.actions.charges import settle_payment
from subscriptions.actions.grants import revoke_grant
from subscriptions.actions.pool_entries import NotYourEntry, hand_out, is_disputed
from subscriptions.actions.pools import locked_pool
from subscriptions.actions.tenure import rebuild_tenure
from subscriptions.models import GiftPool, Grant, PoolFunding, PoolOffer, PoolSeat, Purchase, Quote
from subscriptions.queries.gifts import claim_effect
from subscriptions.queries.refunds import facts_of, seats_with_back

Outcome = PoolOffer.Outcome
WHOLE = ("funding__pool__creator__user", "funding__pool__tier", "funding__giver", "grant", "redeemer")


class SeatHasPassed(Refusal):
    sentence = _("This seat was not claimed in time; it went on to somebody else, or back to who paid for it.")


class SeatIsWithdrawn(Refusal):
    sentence = _("The payment of this seat was given back, and the seat with it.")


class SeatIsDisputed(Refusal):
    sentence = _("A bank is looking at the payment of this seat. It cannot be claimed meanwhile; it waits for you.")


@transaction.atomic
def write_funding(*, quote: Quote, pool: GiftPool, seats: int, is_anonymous: bool, now: datetime) -> PoolFunding:
    """What goes with seats that are not paid yet. Safe to repeat with another wish: one funding a quote."""
    made = {"pool": pool, "giver": quote.fan, "seats_wanted": seats, "made_at": now}
    words = {"is_anonymous": is_anonymous}
    return PoolFunding.objects.update_or_create(quote=quote, defaults=words, create_defaults=made | words)[0]


@transaction.atomic
def begin_seats(*, purchase: Purchase, now: datetime) -> list[PoolSeat]:
    """It is paid: the seats are there, and go out by the rules. Safe to repeat: one row a seat.

    Each has its part of the payment, cents spread by largest remainder. The purchase is locked by whoever calls.
    """
    funding = PoolFunding.objects.select_related("pool", "giver").get(purchase=purchase)
    pool, known = locked_pool(funding.pool), list(funding.seats.all())
    if known:
        return known
    ones = [1] * funding.seats_wanted
    parts = zip(split_by_weight(purchase.gross_minor, ones), split_by_weight(purchase.tax_minor, ones), strict=True)
    rows = [
        PoolSeat(funding=funding, number=number, gross_minor=gross, tax_minor=tax)
        for number, (gross, tax) in enumerate(parts, start=1)
    ]
    seats = PoolSeat.objects.bulk_create(rows)
    # Paid at the last minute, when everything seemed settled: the sweep looks again.
    GiftPool.objects.filter(pk=pool.pk, finished_at__isnull=False).update(finished_at=None)
    hand_out(pool=pool, now=now)
    _tell_funded(funding, pool, now)
    return seats


@transaction.atomic
def claim_seat(*, offer: PoolOffer, by: User, now: datetime) -> PoolSeat:
    """Take the seat: its months begin now, or after what this person has already; then the creator's part is earned.

    Safe to repeat for whoever claimed it: one grant a seat, `pool-seat:{public_id}`. Refused with the reason.
    """
    if offer.entry.fan_id != by.pk:
        raise NotYourEntry
    purchase = Purchase.objects.select_for_update(of=("self",)).get(pool_funding__seats__offers=offer.pk)
    pool = locked_pool(offer.entry.pool)
    row = PoolOffer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
    seat = (
        PoolSeat.objects.select_for_update(of=("self",))
        .select_related(*WHOLE, "funding__purchase__charge")
        .get(pk=row.seat_id)
    )
    if row.outcome == Outcome.CLAIMED and seat.withdrawn_at is None:
        return seat
    _require_claimable(row, seat, now)
    effect = claim_effect(gift=seat, fan=by, at=now)
    seat.grant = Grant.objects.create(
        source=seat.source,
        fan=by,
        creator=pool.creator,
        tier=pool.tier,
        kind=Grant.Kind.GIFTED,
        from_at=effect.from_at,
        until_at=effect.until_at,
        granted_by=None if seat.funding.is_anonymous else seat.funding.giver,
        reason=str(_("A seat of the gift pool “%(pool)s”") % {"pool": pool.name}),
    )
    seat.redeemer, seat.claimed_at = by, now
    if effect.moves is not None:
        seat.moves_charge_of, seat.moves_charge_to = effect.moves.stripe_subscription_id, effect.charge_at
        enqueue("subscriptions.move_charge_of_seat", seat_id=seat.pk)
    seat.save()
    row.outcome, row.ended_at = Outcome.CLAIMED, now
    row.save(update_fields=["outcome", "ended_at"])
    rebuild_tenure(fan=by, creator=pool.creator, now=now)
    settle_payment(payment=purchase, now=now)
    _tell_claimed(seat, pool, now)
    return seat


def require_claimable(*, offer: PoolOffer, now: datetime) -> None:
    """Raises why a seat cannot be claimed."""
    _require_claimable(offer, offer.seat, now)


def _require_claimable(offer: PoolOffer, seat: PoolSeat, now: datetime) -> None:
    if offer.outcome == Outcome.WITHDRAWN or seat.withdrawn_at is not None:
        raise SeatIsWithdrawn
    # A dispute stops the clock.
    if offer.outcome == Outcome.OPEN and is_disputed(seat):
        raise SeatIsDisputed
    # The deadline itself counts, not whether a job has marked it yet.
    if offer.outcome != Outcome.OPEN or now >= offer.until_at:
        raise SeatHasPassed


@transaction.atomic
def withdraw_seats(*, purchase: Purchase, now: datetime) -> list[PoolSeat]:
    """Take back what was given with money that went back: seats nobody has first, then what was claimed last.

    Months that are over stay what they were. Safe to repeat: a seat is withdrawn once. The purchase is locked by whoever calls.
    """
    facts = facts_of(purchase)
    funding = PoolFunding.objects.select_related("pool").get(purchase=purchase)
    pool, found = locked_pool(funding.pool), []
    for seat, back in seats_with_back(purchase=purchase, gone=facts.refunded + facts.lost):
        if seat.state in ("withdrawn", "returned") or not seat.total_minor or back < seat.total_minor:
            continue
        seat.withdrawn_at, seat.withdrawn_reason = now, "disputed" if facts.lost else "refunded"
        seat.save(update_fields=["withdrawn_at", "withdrawn_reason"])
        _close(PoolSeat.objects.select_related(*WHOLE).get(pk=seat.pk), pool, now)
        found.append(seat)
    return found


def _close(seat: PoolSeat, pool: GiftPool, now: datetime) -> None:
    """What a withdrawn seat had opened, or was about to."""
    person = None if seat.is_used_up(now) else seat.redeemer
    if seat.grant is not None and person is not None:
        revoke_grant(grant=seat.grant, by=None, reason=f"gift {seat.withdrawn_reason}", now=now)
        enqueue("subscriptions.move_charge_of_seat", seat_id=seat.pk)
    offer = PoolOffer.objects.filter(seat=seat, outcome=Outcome.OPEN).select_related("entry__fan").first()
    if offer is not None:
        offer.outcome, offer.ended_at, person = Outcome.WITHDRAWN, now, offer.entry.fan
        offer.save(update_fields=["outcome", "ended_at"])
    if person is not None:
        tell(
            to=person,
            kind="subscriptions.gift_withdrawn",
            subject=_("Your seat in “%(pool)s” was taken back") % {"pool": pool.name},
            body=_("Its payment was given back to the person who paid, so what it opened is closed again."),
            url=reverse("creator_page", args=[pool.creator.handle]),
            now=now,
            key=f"pool-withdrawn:{seat.public_id}",
        )


@transaction.atomic
def mature_seat(*, seat: PoolSeat, now: datetime) -> PoolSeat:
    """Seven days after it was claimed, the creator's part may be paid out. Safe to repeat."""
    purchase = (
        Purchase.objects.select_for_update(of=("self",))
        .select_related("creator", "buyer")
        .get(pool_funding__seats=seat.pk)
    )
    row = PoolSeat.objects.select_for_update(of=("self",)).get(pk=seat.pk)
    if row.claimed_at is None or row.matured_at is not None or now < row.claimed_at + Purchase.MATURES_AFTER:
        return row
    row.matured_at = row.claimed_at + Purchase.MATURES_AFTER
    row.save(update_fields=["matured_at"])
    settle_payment(payment=purchase, now=now)
    return row


def _tell_funded(funding: PoolFunding, pool: GiftPool, now: datetime) -> None:
    assert funding.purchase is not None
    amount = money_lazy(funding.purchase.total_minor, funding.purchase.currency)
    people = (
        (funding.giver, _("Your seats in “%(pool)s” are paid for: %(amount)s"), reverse("pool_funding_list")),
        (
            pool.creator.user,
            _("Somebody paid for seats in “%(pool)s”: %(amount)s"),
            reverse("pool_studio", args=[pool.public_id]),
        ),
    )
    for person, subject, url in people:
        tell(
            to=person,
            kind="subscriptions.pool_funded",
            subject=subject % {"pool": pool.name, "amount": amount},
            body=_("Each seat that nobody claims goes back to the card it was paid with, whole."),
            url=url,
            now=now,
            key=f"pool-funded:{funding.public_id}:{person.pk}",
        )


def _tell_claimed(seat: PoolSeat, pool: GiftPool, now: datetime) -> None:
    people = (
        (seat.funding.giver, reverse("pool_funding_list")),
        (pool.creator.user, reverse("pool_studio", args=[pool.public_id])),
    )
    for person, url in people:
        tell(
            to=person,
            kind="subscriptions.pool_claimed",
            subject=_("A seat in “%(pool)s” was claimed") % {"pool": pool.name},
            body=_("%(tier)s of %(creator)s is open to somebody now.")
            % {"tier": pool.tier.name, "creator": pool.creator.display_name},
            url=url,
            now=now,
            key=f"pool-claimed:{seat.public_id}:{person.pk}",
        )
