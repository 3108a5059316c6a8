"""What recurring revenue did when a membership changed: two moments in, named differences out. No Django.

A step counts what one month of a membership brings: its price divided by its months, while it is active or its payment
is being collected; nothing on trial, incomplete or ended. A yearly price counts a twelfth, promo codes do not count.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Whoever is late is still a member; only the end is the end.
COUNTED = ("active", "past_due")


@dataclass(frozen=True, slots=True)
class Moment:
    """How a membership stood: `monthly_minor` is 0 where nothing recurs; `number` is the step's."""

    number: int
    tier_id: int
    currency: str
    monthly_minor: int


@dataclass(frozen=True, slots=True)
class Movement:
    """`number` is the step that made it; `tier_id` the tier after, for churn the one before."""

    number: int
    kind: str
    tier_id: int
    currency: str
    delta_minor: int
    mrr_minor: int


def counted(*, status: str, monthly_minor: int) -> int:
    """What a membership of that status adds to the recurring revenue of a month."""
    return monthly_minor if status in COUNTED else 0


def movement(before: Moment | None, after: Moment, *, was_ever: bool) -> Movement | None:
    """The difference between two moments; None when revenue did not move. `was_ever`: it brought something before."""
    held = before.monthly_minor if before else 0
    delta = after.monthly_minor - held
    if not delta:
        return None
    if not held:
        kind = "reactivation" if was_ever else "new"
    elif not after.monthly_minor:
        kind = "churn"
    else:
        kind = "expansion" if delta > 0 else "contraction"
    tier_id = before.tier_id if kind == "churn" and before else after.tier_id
    return Movement(after.number, kind, tier_id, after.currency, delta, after.monthly_minor)


def movements(moments: Iterable[Moment]) -> Iterator[Movement]:
    """All movements of one membership, from its moments in their order."""
    before, was_ever = None, False
    for after in moments:
        found = movement(before, after, was_ever=was_ever)
        if found is not None:
            yield found
        before, was_ever = after, was_ever or after.monthly_minor > 0
