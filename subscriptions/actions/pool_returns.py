"""Seats that nobody took go back to who paid for them: decided and booked first, then asked of the provider."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import ngettext

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.kit.words import money_lazy
from portal.notices.actions import tell
from subscriptions.actions.pool_entries import EntriesAreClosed, NotYourEntry, hand_out
from subscriptions.actions.pools import locked_pool
from subscriptions.actions.refunds import PaymentIsDisputed, RefundIsUnderWay, send_refund
from subscriptions.models import GiftPool, PoolFunding, PoolRules, PoolSeat, Purchase, RefundOrder
from subscriptions.queries.refunds import facts_of, has_open_dispute, seats_with_back

Way = PoolRules.Way


class NoSeatToReturn(Refusal):
    sentence = _("None of your seats is free: each is claimed, offered to somebody, or on its way back already.")


def return_seats(*, funding: PoolFunding, now: datetime) -> list[PoolSeat]:
    """Give back what the rules left over of one payment: seats that nobody took and that nobody is left for.

    The decision is one transaction (rows, order), the provider is asked after it under the key `refund:{order}`. Safe to
    repeat: a seat goes back once; an order without an answer is asked again by the sweep of refunds.
    """
    order, seats = _decide(funding=funding, by=None, now=now)
    if order is not None:
        send_refund(order=order, now=now)
    return seats


def take_back_seats(*, funding: PoolFunding, by: User, now: datetime) -> list[PoolSeat]:
    """The giver wants the money back, while entries are open: of every seat that nobody has and nobody was offered.

    Safe to repeat, as `return_seats`.
    """
    if funding.giver_id != by.pk:
        raise NotYourEntry
    order, seats = _decide(funding=funding, by=by, now=now)
    if order is None:
        raise NoSeatToReturn
    send_refund(order=order, now=now)
    return seats


@transaction.atomic
def _decide(*, funding: PoolFunding, by: User | None, now: datetime) -> tuple[RefundOrder | None, list[PoolSeat]]:
    rows = Purchase.objects.select_for_update(of=("self",)).select_related("creator", "buyer", "charge")
    purchase = rows.get(pool_funding=funding)
    pool = locked_pool(funding.pool)
    if by is not None and (pool.frozen_at is not None or now >= pool.rules.closes_at):
        raise EntriesAreClosed
    hand_out(pool=pool, now=now)
    if by is None and not is_over(pool, now):
        return None, []
    free = set(PoolSeat.objects.free().filter(funding=funding).values_list("pk", flat=True))
    if not free:
        return None, []
    if has_open_dispute(invoice=purchase):
        raise PaymentIsDisputed
    if purchase.refund_orders.filter(state=RefundOrder.State.ASKED).exists():
        raise RefundIsUnderWay
    facts = facts_of(purchase)
    laid = seats_with_back(purchase=purchase, gone=facts.refunded + facts.lost)
    seats = [(seat, seat.total_minor - back) for seat, back in laid if seat.pk in free]
    amount = sum(left for _seat, left in seats)
    reason = "giver" if by is not None else "called_off" if pool.called_off_at is not None else "unclaimed"
    order = None
    if amount:
        told = ngettext(
            "%(count)s seat of “%(pool)s” went back.", "%(count)s seats of “%(pool)s” went back.", len(seats)
        )
        words = told % {"count": len(seats), "pool": pool.name}
        order = purchase.refund_orders.create(amount_minor=amount, reason=words[:200], asked_at=now)
    for seat, left in seats:
        seat.returned_at, seat.returned_reason, seat.returned_minor = now, reason, left
        seat.return_order = order
        seat.save(update_fields=["returned_at", "returned_reason", "returned_minor", "return_order"])
    _tell_returned(funding, pool, order, len(seats), now)
    return order, [seat for seat, _left in seats]


def is_over(pool: GiftPool, now: datetime) -> bool:
    """Whether a seat that is free after everything was handed out stays free."""
    if pool.called_off_at is not None:
        return True
    return pool.drawn_at is not None if pool.rules.way == Way.DRAW else now >= pool.rules.closes_at


@transaction.atomic
def finish_pool(*, pool: GiftPool, now: datetime) -> GiftPool:
    """Every seat is claimed or gone back. Safe to repeat: the first time stays."""
    row = locked_pool(pool)
    waiting = PoolSeat.objects.alive().filter(funding__pool=row, claimed_at__isnull=True)
    if row.finished_at is None and is_over(row, now) and not waiting.exists():
        row.finished_at = now
        row.save(update_fields=["finished_at"])
    return row


def _tell_returned(funding: PoolFunding, pool: GiftPool, order: RefundOrder | None, count: int, now: datetime) -> None:
    if order is None:
        return
    assert funding.purchase is not None
    tell(
        to=funding.giver,
        kind="subscriptions.pool_returned",
        subject=_("%(amount)s comes back to you from “%(pool)s”")
        % {"amount": money_lazy(order.amount_minor, funding.purchase.currency), "pool": pool.name},
        body=_(
            "Seats that came back: %(count)s. It goes to the card you paid with; your bank shows it within some days."
        )
        % {"count": count},
        url=reverse("pool_funding_list"),
        now=now,
        key=f"pool-returned:{order.public_id}",
    )
