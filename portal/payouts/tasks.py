"""Payout jobs. The rows are the queue: a lost job costs a minute, a repeated one nothing."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from portal.kit.jobs import enqueue
from portal.payouts.actions import runs, sending
from portal.payouts.models import Payout, PayoutRun


@shared_task(name="payouts.open_run")
def open_run(*, period: str = "", **_: Any) -> None:
    """Payday: resume the run that is not finished, or open the run of `period` (default: this month's)."""
    now = timezone.now()
    run = runs.open_run(now=now, period=period or f"{now:%Y-%m}")
    enqueue("payouts.reserve_run", run_id=run.pk)


@shared_task(name="payouts.reserve_run")
def reserve_run(*, run_id: int, **_: Any) -> None:
    """Carry a run on from whatever stage it is in."""
    runs.carry_on(run=PayoutRun.objects.get(pk=run_id), now=timezone.now())


@shared_task(name="payouts.send_payout")
def send_payout(*, payout_id: int, **_: Any) -> None:
    payout = sending.send_payout(payout_id=payout_id, now=timezone.now())
    if payout is not None and payout.run.stage == PayoutRun.Stage.SENDING:
        runs.finish_run(run=payout.run, now=timezone.now())


@shared_task(name="payouts.resolve_unknown")
def resolve_unknown(**_: Any) -> None:
    """Ask again about payouts whose answer was unclear and whose wait is over."""
    _wake(Payout.State.UNKNOWN)


@shared_task(name="payouts.sweep_payouts")
def sweep(**_: Any) -> None:
    """Every minute: payouts whose job was lost or whose worker died, and the run that nobody carries on.

    A run that staff have opened waits, while it is only planned, until they say that it may go on.
    """
    _wake(Payout.State.RESERVED, Payout.State.SENDING)
    open_runs = PayoutRun.objects.exclude(stage=PayoutRun.Stage.DONE)
    run = open_runs.exclude(stage=PayoutRun.Stage.PLANNED, opened_by__isnull=False).first()
    if run is not None:
        runs.carry_on(run=run, now=timezone.now())


def _wake(*states: str) -> None:
    free = Payout.objects.free(timezone.now()).filter(state__in=states, run__stage=PayoutRun.Stage.SENDING)
    for payout_id in free.order_by("due_at").values_list("pk", flat=True)[:1000]:
        enqueue("payouts.send_payout", payout_id=payout_id)
