"""What became of everybody's money from one payday to the next, frozen."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from portal.accounts.models import Creator
from portal.ledger.payable import movements, settled_line
from portal.payouts.models import PayoutRun, Statement


def make_statements(*, run: PayoutRun, now: datetime) -> int:
    """One statement a creator and currency that moved since the last run's statements. How many are new.

    Safe to repeat: the run remembers up to which line its statements tell, and has them once.
    """
    # Waits for writers, so it is a short transaction of its own.
    upto = settled_line()
    with transaction.atomic():
        row = PayoutRun.objects.select_for_update().get(pk=run.pk)
        if row.statements_upto:
            return 0
        since = PayoutRun.objects.aggregate(newest=Max("statements_upto"))["newest"] or 0
        made = Statement.objects.bulk_create(_told(row, since, upto, now))
        row.statements_upto = upto
        row.save(update_fields=["statements_upto"])
    return len(made)


def _told(run: PayoutRun, since: int, upto: int, now: datetime) -> Iterator[Statement]:
    last = {(one.creator_id, one.currency): one.closing_minor for one in Statement.objects.order_by("upto_line")}
    moved = movements(since=since, upto=upto)
    people = Creator.objects.in_bulk([who for who, _currency in moved], field_name="public_id")
    for (who, currency), (earned, paid) in sorted(moved.items()):
        opening = last.get((people[who].pk, currency), 0)
        yield Statement(
            run=run,
            creator=people[who],
            currency=currency,
            opening_minor=opening,
            earned_minor=earned,
            paid_minor=paid,
            closing_minor=opening + earned - paid,
            since_line=since,
            upto_line=upto,
            made_at=now,
        )
