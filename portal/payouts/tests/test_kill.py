"""Owed equals sent, to the cent, although workers are killed at random points and answers get lost.

Two real processes carry one run from planned to done. They are SIGKILLed again and again, in the middle of whatever they
do, and replaced; a fifth of the provider's answers is lost after the transfer has gone through; no job ever arrives, so
the rows alone are the queue. Runs on whatever database the tests run on, and on the sandbox's own file.
"""

import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone

from portal.accounts.models import Creator, User
from portal.kit.money import format_money
from portal.ledger import chart
from portal.ledger.actions import post
from portal.ledger.invariants import findings, offenders
from portal.ledger.queries import books
from portal.payments import gateway
from portal.payments.models import PayoutAccount
from portal.payouts import defaults
from portal.payouts.actions import runs, sending
from portal.payouts.models import Payout, PayoutRun
from portal.sandbox.engine import Sandbox
from portal.sandbox.handlers import connect

pytestmark = pytest.mark.django_db(transaction=True)
LOST_ANSWERS = 0.2
TILL = 100_000_000


@pytest.fixture
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of seconds instead of minutes; and every job is lost."""
    monkeypatch.setattr(Payout, "CLAIM_LASTS", timedelta(seconds=0.4))
    monkeypatch.setattr(sending, "FIRST_WAIT", timedelta(seconds=0.05))
    monkeypatch.setattr(sending, "LONGEST_WAIT", timedelta(seconds=0.2))
    monkeypatch.setattr(runs, "enqueue", lambda name, **arguments: None)


def people_who_earned(count: int, box: Sandbox, dice: random.Random, now: datetime) -> int:
    """`count` creators with ready accounts and a few lines each; what they are owed in all."""
    defaults.install()
    box.top_up(TILL, "usd")
    post(key="manual:till", kind="manual", lines={chart.stripe("usd"): TILL, chart.capital("usd"): -TILL}, at=now)
    users = User.objects.bulk_create(User(email=f"c{n}@example.com", name=f"C{n}") for n in range(count))
    creators = Creator.objects.bulk_create(
        Creator(user=user, handle=f"c{n:04}", display_name=f"C{n}") for n, user in enumerate(users)
    )
    accounts, owed = [], 0
    with box.unit():
        for creator in creators:
            there = connect.new_account(box, "US", "usd", creator.user.email)
            there.update(payouts_enabled=True, capabilities={"transfers": "active"})
            accounts.append(PayoutAccount(creator=creator, stripe_id=there["id"], state="ready", opened_at=now))
    PayoutAccount.objects.bulk_create(accounts)
    for creator in creators:
        for line in range(dice.randint(1, 4)):
            amount = dice.randint(1_000, 40_000)
            lines = {chart.rewards_expense("usd"): amount, chart.creator_available(creator.public_id, "usd"): -amount}
            post(key=f"rewards:{creator.public_id}:{line}", kind="rewards", lines=lines, at=now)
            owed += amount
    return owed


def work(box: Sandbox, dice: random.Random) -> None:
    """What a worker does: carry the run on, and send what is free. Ends when the run is done."""
    while True:
        run = PayoutRun.objects.get()
        if run.is_done:
            return
        runs.carry_on(run=run, now=timezone.now())
        free = list(Payout.objects.free(timezone.now()).values_list("pk", flat=True)[:10])
        dice.shuffle(free)
        for payout_id in free:
            if dice.random() < LOST_ANSWERS:
                box.faults.add("timeout_after_commit", method="POST", path="/v1/transfers")
            sending.send_payout(payout_id=payout_id, now=timezone.now())
        if not free:
            time.sleep(0.02)


def start(job: Callable[[], None], complaints: Path, box: Sandbox) -> int:
    """Fork a worker with connections of its own."""
    connections.close_all()
    box.store.close()
    child = os.fork()
    if child:
        return child
    try:
        job()
        os._exit(0)
    except BaseException:  # noqa: BLE001  a child never returns into pytest
        with complaints.open("a") as file:
            traceback.print_exc(file=file)
        os._exit(1)


def kill_and_replace(box: Sandbox, complaints: Path, dice: random.Random, *, kills: int, seconds: float) -> int:
    """Two workers; kill one at random, start another, `kills` times; then let them finish. Returns the kills."""
    workers: list[int] = []
    done, until = 0, time.monotonic() + seconds
    try:
        while True:
            while len(workers) < 2:
                workers.append(start(lambda: work(box, random.Random(os.getpid())), complaints, box))
            time.sleep(dice.uniform(0.02, 0.35))
            if PayoutRun.objects.get().is_done:
                return done
            assert time.monotonic() < until, f"not done after {seconds} s and {done} kills"
            if done < kills:
                victim = workers.pop(dice.randrange(2))
                os.kill(victim, signal.SIGKILL)
                os.waitpid(victim, 0)
                done += 1
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)


def sent_at_the_provider() -> list[int]:
    return [transfer.amount for transfer in gateway.transfers()]


def test_killed_workers_pay_everybody_exactly_once(
    box: Sandbox, haste: None, tmp_path: Path, noon: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(2026)
    owed = people_who_earned(120, box, dice, noon)
    run = runs.open_run(now=timezone.now())
    complaints = tmp_path / "complaints.txt"

    kills = kill_and_replace(box, complaints, dice, kills=24, seconds=60)

    assert not complaints.exists(), complaints.read_text()
    run.refresh_from_db()
    sent, attempts = sent_at_the_provider(), sum(run.payouts.values_list("attempt", flat=True))
    transit = books("transit:")
    with capsys.disabled():
        print(
            f"\nowed = sent: {format_money(owed, 'usd')} = {format_money(sum(sent), 'usd')}"
            f" · {run.payouts.count()} payouts, {len(sent)} transfers, {attempts} attempts"
            f" · {kills} workers killed · in transit {sum(transit.values())}"
            f" · {connections['default'].vendor}"
        )
    assert sum(sent) == owed
    assert len(sent) == run.payouts.count() == 120
    assert transit == {}
    assert books("creator:") == {}
    assert {finding.code: finding.offenders for finding in findings() if finding.offenders} == {}
    assert run.proof_before["holds"] and run.proof_after["holds"]
    assert kills > 5 and attempts > 120, "the test did not disturb enough to prove anything"


def test_a_key_for_each_attempt_pays_twice_and_only_the_provider_shows_it(
    box: Sandbox, haste: None, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mistake most libraries invite. Everything inside balances; the comparison with the outside is what catches it."""
    dice = random.Random(2026)
    owed = people_who_earned(20, box, dice, noon)
    monkeypatch.setattr(Payout, "idempotency_key", property(lambda payout: f"payout-{payout.pk}-{payout.attempt}"))
    box.faults.add("timeout_after_commit", method="POST", path="/v1/transfers", times=5)
    run = runs.carry_on(run=runs.open_run(now=noon), now=noon)
    now = noon
    while run.payouts.unsettled().exists():
        for payout_id in Payout.objects.free(now).values_list("pk", flat=True):
            sending.send_payout(payout_id=payout_id, now=now)
        now += timedelta(seconds=1)

    sent = sent_at_the_provider()
    assert sum(sent) > owed and len(sent) == 25
    assert offenders() == {}
    broken = {finding.code: finding.offenders for finding in findings() if finding.offenders}
    assert set(broken) == {"I7"}
    assert sum("has 2 transfers" in row for row in broken["I7"]) == 5
    assert runs.carry_on(run=run, now=now).stage == PayoutRun.Stage.SENDING, "a run that is not proved stays open"
