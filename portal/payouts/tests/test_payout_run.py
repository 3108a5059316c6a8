"""A payday from end to end, against the sandbox; the whole books are compared."""

from datetime import datetime

import pytest

from portal.accounts.models import Creator
from portal.ledger.queries import books
from portal.payouts.actions import runs, sending
from portal.payouts.models import Payout, PayoutRun
from portal.payouts.tests.conftest import Deliver, Earn, GetReady
from portal.sandbox.engine import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("till", "books_proved")]


def pay_day(now: datetime) -> PayoutRun:
    run = runs.carry_on(run=runs.open_run(now=now), now=now)
    for payout in run.payouts.unsettled():
        sending.send_payout(payout_id=payout.pk, now=now)
    return runs.carry_on(run=run, now=now)


def test_everyone_who_is_ready_is_paid_once(
    mika: Creator, noor: Creator, earn: Earn, get_ready: GetReady, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    earn(mika, 2_500)
    earn(mika, 1_234)
    earn(noor, 999)
    account = get_ready(mika)
    get_ready(noor)

    run = pay_day(noon)

    assert run.stage == PayoutRun.Stage.DONE, run.proof_after
    assert books() == {
        "bank:eur": -1_000_000,
        "bank:usd": -1_000_000,
        "creator:noor:available:usd": -999,
        "expense:rewards:usd": 4_733,
        "stripe:eur": 1_000_000,
        "stripe:usd": 996_266,
    }
    payout = Payout.objects.get()
    assert (payout.state, payout.amount_minor, payout.destination) == ("sent", 3_734, account.stripe_id)
    assert run.skips.get().reason == "below_minimum"
    assert run.planned == {"usd": {"payouts": 1, "amount_minor": 3_734, "skips": 1, "waits_minor": 999}}
