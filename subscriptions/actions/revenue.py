"""Write down how a membership stands, and what that did to the creator's recurring revenue."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from subscriptions.models import Membership, MembershipStep, MrrEvent
from subscriptions.movements import Moment, Movement, counted, movement, movements


@transaction.atomic(savepoint=False)
def follow_revenue(*, membership: Membership, now: datetime) -> MembershipStep | None:
    """Add a step when the membership stands otherwise than its last one says, and the revenue event it makes.

    Call it inside the transaction that changed the membership, with its row locked. Safe to repeat: as it stands, so
    it stood, and nothing is added; an event is known by its key `mrr:{membership}:{step}`.
    """
    last = MembershipStep.objects.filter(membership=membership).order_by("-number").first()
    step = _step_of(membership, last, now)
    if last is None and not membership.is_going_on and not membership.period_start_at:
        return None  # A checkout that nobody has paid is nothing that happened yet.
    if last is not None and _stands(last) == _stands(step):
        return None
    step.save(force_insert=True)
    was_ever = MrrEvent.objects.filter(membership=membership).exists()
    found = movement(moment_of(last) if last else None, moment_of(step), was_ever=was_ever)
    if found is not None:
        _event(membership, step, found).save(force_insert=True)
    return step


def moment_of(step: MembershipStep) -> Moment:
    return Moment(step.number, step.tier_id, step.currency, step.monthly_minor)


def rebuilt(*, membership: Membership, steps: Iterable[MembershipStep]) -> list[MrrEvent]:
    """The events that a membership's steps imply, not saved: what `follow_revenue` has written must equal them."""
    known = {step.number: step for step in steps}
    found = movements(moment_of(step) for _number, step in sorted(known.items()))
    return [_event(membership, known[one.number], one) for one in found]


@transaction.atomic
def rebuild_revenue(*, membership: Membership) -> bool:
    """Bring the events of a membership to what its steps imply; True when they were that already. Safe to repeat."""
    Membership.objects.select_for_update().get(pk=membership.pk)
    implied = rebuilt(membership=membership, steps=MembershipStep.objects.filter(membership=membership))
    held = MrrEvent.objects.filter(membership=membership)
    if [_told(event) for event in held.order_by("pk")] == [_told(event) for event in implied]:
        return True
    held.delete()
    MrrEvent.objects.bulk_create(implied)
    return False


def _step_of(membership: Membership, last: MembershipStep | None, now: datetime) -> MembershipStep:
    price = membership.price
    at = _since(membership, last, now)
    return MembershipStep(
        membership=membership,
        number=last.number + 1 if last else 1,
        at=max(at, last.at) if last else at,
        status=membership.status,
        is_ending=membership.cancel_at_period_end,
        tier=membership.tier,
        price=price,
        currency=price.currency,
        monthly_minor=counted(status=membership.status, monthly_minor=price.monthly_minor),
    )


def _since(membership: Membership, last: MembershipStep | None, now: datetime) -> datetime:
    """When it came to stand so, by the provider's dates where they say it; never later than now."""
    told = None
    if membership.status == Membership.Status.CANCELED:
        told = membership.ended_at
    elif membership.status == Membership.Status.PAST_DUE:
        told = membership.past_due_at
    elif last is None or last.status == Membership.Status.CANCELED:
        told = membership.period_start_at
    return min(told, now) if told else now


def _stands(step: MembershipStep) -> tuple[object, ...]:
    return (step.status, step.is_ending, step.tier_id, step.price_id, step.monthly_minor, step.currency)


def _event(membership: Membership, step: MembershipStep, found: Movement) -> MrrEvent:
    return MrrEvent(
        key=f"mrr:{membership.public_id}:{found.number}",
        membership=membership,
        creator_id=membership.creator_id,
        kind=found.kind,
        at=step.at,
        tier_id=found.tier_id,
        currency=found.currency,
        delta_minor=found.delta_minor,
        mrr_minor=found.mrr_minor,
    )


def _told(event: MrrEvent) -> tuple[object, ...]:
    fields = ("key", "kind", "at", "tier_id", "currency", "delta_minor", "mrr_minor", "creator_id")
    return tuple(getattr(event, name) for name in fields)
