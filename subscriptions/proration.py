"""What a change in the middle of a paid period costs: pure arithmetic on minor units and moments, no Django.

Credit follows what the plan was billed at (never the last charge), for the time that is left; half a unit rounds up. The
provider counts the same way (`billing_mode=flexible`), so the amount shown is the amount charged.
"""

import calendar
from dataclasses import dataclass
from datetime import datetime

from portal.kit.money import share_bp


@dataclass(frozen=True, slots=True)
class Debit:
    """What the plan in force was billed at, after discounts, and for which time."""

    amount_minor: int
    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Off:
    """A discount that counts at the moment of the change: basis points, or a fixed amount of each invoice."""

    percent_bp: int = 0
    amount_minor: int = 0

    def of(self, amount: int) -> int:
        """What it takes off `amount`: half a unit rounds up, never more than all of it."""
        if self.percent_bp:
            return share_bp(amount, self.percent_bp)
        return min(amount, self.amount_minor)


NOTHING_OFF = Off()


def part_left(amount: int, start: datetime, end: datetime, at: datetime) -> int:
    """The part of `amount` for the time from `start` to `end` that is left at `at`; whole seconds, half a unit up."""
    first, last, now = (int(moment.timestamp()) for moment in (start, end, at))
    if not first <= now < last:
        return 0
    return (2 * amount * (last - now) + (last - first)) // (2 * (last - first))


def unused(debit: Debit | None, at: datetime) -> int:
    """What the time that is left of a billed plan is worth; nothing where nothing was billed."""
    return part_left(debit.amount_minor, debit.start_at, debit.end_at, at) if debit else 0


def charge_in_period(
    *, debit: Debit | None, price_minor: int, start: datetime, end: datetime, at: datetime, off: Off = NOTHING_OFF
) -> int:
    """The charge for a dearer plan until the end of the same period; the billing day stays. Below zero: not now."""
    rest = part_left(price_minor, start, end, at)
    return rest - off.of(rest) - unused(debit, at)


def charge_for_new_period(*, debit: Debit | None, price_minor: int, at: datetime, off: Off = NOTHING_OFF) -> int:
    """The charge for a whole new period that begins now (month to year), less what is left of the old one."""
    return price_minor - off.of(price_minor) - unused(debit, at)


def add_months(moment: datetime, months: int, *, anchor_day: int | None = None) -> datetime:
    """So many months later, on the anchor's day or the last of a shorter month: 31 January, 28 February, 31 March."""
    year, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + year, month + 1
    day = min(anchor_day or moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
