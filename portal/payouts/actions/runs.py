"""A payday in stages: planned → reserved → sending → done. Whatever interrupts it, it is taken up where it stopped."""

import logging
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator, User
from portal.kit.jobs import enqueue
from portal.kit.refusal import Refusal
from portal.ledger.actions import post, prove_books
from portal.ledger.payable import newest_line
from portal.payouts.actions.statements import make_statements
from portal.payouts.models import Payout, PayoutItem, PayoutRun, PayoutSkip
from portal.payouts.postings import reserved
from portal.payouts.queries import Prospect, next_period, prospects, totals

log = logging.getLogger(__name__)


class BooksAreNotProved(Refusal):
    sentence = _("The books are not proved, so nobody is paid: %(broken)s. Look there first.")


def open_run(*, now: datetime, period: str = "", opened_by: User | None = None) -> PayoutRun:
    """The run that is not finished yet; otherwise the run of `period` (default: the next one), newly opened.

    Safe to repeat: one run a period, and one open run at a time. The books are proved first, the provider's side too;
    what the run will do is computed and kept before anything is done.
    """
    period = period or next_period(now)
    known = PayoutRun.objects.exclude(stage=PayoutRun.Stage.DONE).first()
    known = known or PayoutRun.objects.filter(period=period).first()
    if known is not None:
        return known
    proof = prove(now=now)
    if not proof["holds"]:
        raise BooksAreNotProved(broken=", ".join(proof["broken"]))
    try:
        with transaction.atomic():
            cutoff = newest_line()
            plan = totals(prospects(now=now, upto=cutoff))
            return PayoutRun.objects.create(
                period=period, opened_at=now, opened_by=opened_by, cutoff=cutoff, planned=plan, proof_before=proof
            )
    except IntegrityError:
        # Somebody else opened it in the same moment.
        return PayoutRun.objects.exclude(stage=PayoutRun.Stage.DONE).get()


def carry_on(*, run: PayoutRun, now: datetime) -> PayoutRun:
    """Take a run from wherever it is as far as it can go by itself. Safe to repeat, at any stage, by several workers."""
    run.refresh_from_db()
    if run.stage == PayoutRun.Stage.PLANNED:
        reserve_run(run=run, now=now)
    if run.stage == PayoutRun.Stage.RESERVED:
        start_sending(run=run)
    if run.stage == PayoutRun.Stage.SENDING:
        finish_run(run=run, now=now)
    return run


def reserve_run(*, run: PayoutRun, now: datetime) -> PayoutRun:
    """Decide on everybody: a payout with its money in transit, or a skip with its sentence. One transaction a creator.

    Safe to repeat: who was decided on in this run is passed over. A creator whose rows cannot be written does not stop
    the others; the run keeps the trouble, and a later run pays them.
    """
    decided = set(run.payouts.values_list("creator_id", "currency")) | set(
        run.skips.values_list("creator_id", "currency")
    )
    troubles = []
    for prospect in prospects(now=now, upto=run.cutoff):
        if (prospect.creator.pk, prospect.currency) in decided:
            continue
        try:
            reserve_one(run=run, creator=prospect.creator, currency=prospect.currency, now=now)
        except Exception as error:
            log.exception("%s could not be reserved for %s", prospect.creator, run)
            troubles.append(f"{prospect.creator} {prospect.currency}: {type(error).__name__}: {error}"[:300])
    PayoutRun.objects.filter(pk=run.pk, stage=PayoutRun.Stage.PLANNED).update(
        stage=PayoutRun.Stage.RESERVED, troubles=troubles
    )
    run.refresh_from_db()
    return run


def reserve_one(*, run: PayoutRun, creator: Creator, currency: str, now: datetime) -> Payout | PayoutSkip | None:
    """Claim the lines of one creator and put the money in transit; or write down why not.

    Safe to repeat: the run has one row for a creator and currency, and a line of the books is in one payout, ever. None
    when another worker decided in the same moment.
    """
    try:
        with transaction.atomic():
            paid = run.payouts.filter(creator=creator, currency=currency).first()
            decided = paid or run.skips.filter(creator=creator, currency=currency).first()
            if decided is not None:
                return decided
            found = prospects(now=now, upto=run.cutoff, creator=creator, currency=currency)
            if not found:
                return None
            return _reserve(run, found[0], now) if found[0].is_paid else _skip(run, found[0], now)
    except IntegrityError as error:
        log.info("%s was decided on by another worker: %s", creator, error)
        return None


def start_sending(*, run: PayoutRun) -> PayoutRun:
    """Wake workers for every payout of the run. Safe to repeat: the rows are the queue, a job is only a wake-up call."""
    PayoutRun.objects.filter(pk=run.pk, stage=PayoutRun.Stage.RESERVED).update(stage=PayoutRun.Stage.SENDING)
    run.refresh_from_db()
    for payout_id in run.payouts.unsettled().values_list("pk", flat=True):
        enqueue("payouts.send_payout", payout_id=payout_id)
    return run


def finish_run(*, run: PayoutRun, now: datetime) -> PayoutRun:
    """Close a run whose payouts are all settled, once the books are proved again. Safe to repeat.

    Books that are not proved keep the run open, with the proof on it: somebody has to look.
    """
    if run.stage != PayoutRun.Stage.SENDING or run.payouts.unsettled().exists():
        return run
    make_statements(run=run, now=now)
    proof = prove(now=now)
    done = {"stage": PayoutRun.Stage.DONE, "done_at": now} if proof["holds"] else {}
    PayoutRun.objects.filter(pk=run.pk, stage=PayoutRun.Stage.SENDING).update(proof_after=proof, **done)
    run.refresh_from_db()
    return run


def prove(*, now: datetime) -> dict[str, Any]:
    """Prove the books for everybody to see, and what the run keeps of it. A provider that does not answer proves nothing,
    and on a payday that counts as broken."""
    proof = prove_books(now=now)
    rows = {row["code"]: (row["offenders"] + row["unanswered"])[:10] for row in proof.findings}
    return {
        "holds": not any(rows.values()),
        "proved_at": now.isoformat(),
        "broken": {code: found for code, found in rows.items() if found},
        "checked": [row["code"] for row in proof.findings if row["checks"]],
    }


def _reserve(run: PayoutRun, prospect: Prospect, now: datetime) -> Payout:
    look, creator, currency = prospect.look, prospect.creator, prospect.currency
    payout = Payout.objects.create(
        run=run,
        creator=creator,
        currency=currency,
        amount_minor=look.amount,
        netted_minor=look.netted,
        carried_minor=look.carried - look.owed,
        destination=prospect.destination,
        reserved_at=now,
        due_at=now,
    )
    PayoutItem.objects.bulk_create(
        PayoutItem(payout=payout, line_id=line.id, amount_minor=line.amount_minor) for line in prospect.lines
    )
    post(
        key=payout.ledger_key("reserve"),
        kind="payout",
        lines=reserved(creator.public_id, currency, look),
        at=now,
        memo=f"Reserved in {run}",
    )
    return payout


def _skip(run: PayoutRun, prospect: Prospect, now: datetime) -> PayoutSkip:
    return PayoutSkip.objects.create(
        run=run,
        creator=prospect.creator,
        currency=prospect.currency,
        reason=prospect.reason or "",
        sentence=prospect.sentence[:300],
        amount_minor=prospect.waits_minor,
        skipped_at=now,
    )
