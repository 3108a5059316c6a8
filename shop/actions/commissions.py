"""Deeds on commissions. Each moves a fact (a date) forward and then settles: books follow facts, in any order."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import translation

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.kit.words import gettext_lazy as _
from portal.kit.words import totals_lazy
from portal.ledger.actions import settle
from portal.notices.actions import tell
from shop.models import Brand, Click, Commission, CommissionEvent, Order, OrderLine, ShopTerms
from shop.postings import order_target
from shop.queries.budget import prepaid_minor
from shop.queries.links import rate_at

State, Kind = Commission.State, CommissionEvent.Kind
BUCKET = {State.PENDING: "pending", State.HELD: "held", State.RELEASED: "available"}


class CommissionIsVoid(Refusal):
    sentence = _("This commission is canceled already.")


class ReasonNeeded(Refusal):
    sentence = _("Say why: the creator will read it.")
    status = 422
    field = "reason"


def release_day(order: Order, terms: ShopTerms) -> datetime:
    """The end of the return window. Without a report of delivery the terms' days of delivery count."""
    delivered = order.delivered_at or order.placed_at + timedelta(days=terms.delivery_days)
    return delivered + timedelta(days=terms.return_days)


def earn(*, line: OrderLine, click: Click, now: datetime) -> Commission:
    """The commission of a credited line, at the rate of its click; it waits for budget until `fund_waiting` has run."""
    order, link = line.order, click.link
    commission = Commission(
        line=line,
        brand=order.brand,
        creator=link.creator,
        link=link,
        click=click,
        terms=link.terms,
        rate_bp=rate_at(link, click.at),
        fee_bp=link.terms.fee_bp,
        currency=order.currency,
        earned_at=order.placed_at,
        release_at=release_day(order, link.terms),
    )
    commission.state = commission.state_of_facts()
    commission.save()
    _note(commission, Kind.EARNED, now)
    return commission


@transaction.atomic
def fund_waiting(*, brand: Brand, now: datetime) -> int:
    """Cover waiting commissions from the budget, the oldest sale first; stops at the first it cannot cover.

    Returns how many were covered. Safe to repeat; the brand's row is locked, so the budget is never promised twice.
    """
    Brand.objects.select_for_update().get(pk=brand.pk)
    waiting = (
        Commission.objects.waiting_for_budget().filter(brand=brand).select_related("line__order", "creator", "brand")
    )
    left, covered = None, 0
    for commission in waiting:
        left = prepaid_minor(brand) if left is None else left
        if commission.cost_minor > left:
            break
        left -= commission.cost_minor
        commission.funded_at = now
        _note(commission, Kind.FUNDED, now)
        settle_commission(commission=commission, at=now)
        covered += 1
    return covered


def settle_commission(*, commission: Commission, at: datetime) -> None:
    """Save the state that follows from the facts and post what the books lack. Safe to repeat."""
    commission.state = commission.state_of_facts()
    commission.save()
    target = order_target(
        creator=commission.creator.public_id,
        brand=commission.brand.public_id,
        currency=commission.currency,
        left_minor=commission.line.kept_minor if commission.funded_at else 0,
        rate_bp=commission.rate_bp,
        fee_bp=commission.fee_bp,
        bucket=BUCKET.get(State(commission.state), ""),
    )
    settle(
        source=commission.source, target=target, at=at, memo=f"Commission on order {commission.line.order.external_id}"
    )


@transaction.atomic
def follow_return(*, commission: Commission, now: datetime, number: str) -> None:
    """The line's returned base has grown: the commission shrinks at its frozen rate, before release or after it."""
    _note(commission, Kind.RETURNED, now, reason=number)
    settle_commission(commission=commission, at=now)


@transaction.atomic
def follow_delivery(*, commission: Commission, now: datetime) -> None:
    """The day of delivery is known: the return window of a commission that is not released ends by it."""
    if commission.released_at is None:
        commission.release_at = release_day(commission.line.order, commission.terms)
        settle_commission(commission=commission, at=now)


def release_commissions(*, now: datetime) -> int:
    """Release every pending commission whose return window is over. Each is a transaction of its own; repeat at will.

    Returns how many were released. Each creator is told once a day, with the sum.
    """
    released: dict[int, list[Commission]] = {}
    for commission_id in list(Commission.objects.due(now).order_by("release_at", "pk").values_list("pk", flat=True)):
        if (commission := _release(commission_id, now)) is not None:
            released.setdefault(commission.creator_id, []).append(commission)
    for commissions in released.values():
        _tell_of_release(commissions, now)
    return sum(len(commissions) for commissions in released.values())


@transaction.atomic
def hold_commission(*, commission: Commission, reason: str, by: User, now: datetime) -> Commission:
    """Keep a commission back for a review; the creator reads the reason. Repeating is harmless."""
    if not reason.strip():
        raise ReasonNeeded
    commission = _locked(commission)
    if commission.state == State.VOID:
        raise CommissionIsVoid
    if commission.held_at is None:
        commission.held_at, commission.reason = now, reason[:200]
        _note(commission, Kind.HELD, now, reason=reason, by=by)
        settle_commission(commission=commission, at=now)
    return commission


@transaction.atomic
def lift_hold(*, commission: Commission, by: User, now: datetime, reason: str = "") -> Commission:
    """End the review: the commission is where it would be without it. Repeating is harmless."""
    commission = _locked(commission)
    if commission.held_at is not None:
        commission.held_at, commission.reason = None, ""
        _note(commission, Kind.LIFTED, now, reason=reason, by=by)
        settle_commission(commission=commission, at=now)
    return commission


@transaction.atomic
def void_commission(*, commission: Commission, reason: str, by: User | None, now: datetime) -> Commission:
    """Cancel a commission for good, also after release; the money goes back to the budget. Repeating is harmless."""
    if not reason.strip():
        raise ReasonNeeded
    commission = _locked(commission)
    if commission.voided_at is None:
        commission.voided_at, commission.reason = now, reason[:200]
        _note(commission, Kind.VOIDED, now, reason=reason, by=by)
        settle_commission(commission=commission, at=now)
        fund_waiting(brand=commission.brand, now=now)
    return commission


@transaction.atomic
def _release(commission_id: int, now: datetime) -> Commission | None:
    """Looks again under the lock: a return or a hold may have come first."""
    commission = _locked(Commission(pk=commission_id))
    if commission.state != State.PENDING or commission.release_at > now:
        return None
    commission.released_at = now
    _note(commission, Kind.RELEASED, now)
    settle_commission(commission=commission, at=now)
    return commission


def _locked(commission: Commission) -> Commission:
    rows = Commission.objects.select_for_update(of=("self",))
    return rows.select_related("line__order", "creator__user", "brand").get(pk=commission.pk)


def _note(commission: Commission, kind: str, at: datetime, *, reason: str = "", by: User | None = None) -> None:
    CommissionEvent.objects.create(
        commission=commission, kind=kind, at=at, amount_minor=commission.amount_minor, reason=reason[:200], by=by
    )


def _tell_of_release(commissions: list[Commission], now: datetime) -> None:
    user = commissions[0].creator.user
    totals: dict[str, int] = {}
    for commission in commissions:
        totals[commission.currency] = totals.get(commission.currency, 0) + commission.amount_minor
    with translation.override(user.language):
        tell(
            to=user,
            kind="shop.released",
            subject=_("Commissions released: %(total)s") % {"total": totals_lazy(totals)},
            body=_("Their return windows are over. They are part of what the next payout can bring you."),
            url=reverse("commission_list"),
            now=now,
            key=f"released:{user.pk}:{now.date().isoformat()}:{commissions[0].pk}",
        )
