"""A payday from end to end, against the sandbox; the whole books are compared."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from portal.accounts.models import Creator, User
from portal.ledger.actions import post
from portal.ledger.queries import books
from portal.payments import gateway
from portal.payments.actions import open_payout_account
from portal.payouts import queries, tasks
from portal.payouts.actions import runs, sending
from portal.payouts.models import Payout, PayoutItem, PayoutRun, PayoutSkip
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
    account = open_payout_account(creator=mika, now=noon)
    box.complete_onboarding(account.stripe_id)
    deliver()
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


def test_a_second_payday_has_nothing_left_to_pay(
    mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime
) -> None:
    earn(mika, 2_500)
    get_ready(mika)
    first = pay_day(noon)
    assert pay_day(noon).period == "2026-05-2" != first.period
    earn(mika, 3_000)
    third = pay_day(noon + timedelta(days=31))
    assert third.period == "2026-06"
    assert sorted(third.payouts.values_list("amount_minor", flat=True)) == [3_000]
    assert Payout.objects.count() == 2


def test_the_run_of_a_period_is_opened_once(mika: Creator, noon: datetime) -> None:
    first = runs.open_run(now=noon, period="2026-05")
    assert runs.open_run(now=noon, period="2026-06") == first, "one open run at a time"
    runs.carry_on(run=first, now=noon)
    assert runs.open_run(now=noon, period="2026-05") == first
    assert PayoutRun.objects.count() == 1


def test_books_that_are_not_proved_open_no_run(mika: Creator, earn: Earn, box: Sandbox, noon: datetime) -> None:
    earn(mika, 2_500)
    with transaction.atomic():
        post(key="manual:wrong", kind="manual", lines={"stripe:usd": 1, "equity:capital:usd": -1}, at=noon)
        with pytest.raises(runs.BooksAreNotProved, match="I7"):
            runs.open_run(now=noon)
        transaction.set_rollback(True)
    assert not PayoutRun.objects.exists()


def test_a_provider_that_cannot_be_asked_opens_no_run(box: Sandbox, noon: datetime) -> None:
    box.faults.add("server_error", path="/v1/balance")
    with pytest.raises(runs.BooksAreNotProved, match="I7"):
        runs.open_run(now=noon)
    assert runs.open_run(now=noon).proof_before["holds"]


def test_what_is_earned_after_the_cutoff_waits_for_the_next_run(
    mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime
) -> None:
    earn(mika, 2_500)
    get_ready(mika)
    run = runs.open_run(now=noon)
    earn(mika, 4_000)
    runs.reserve_run(run=run, now=noon)
    assert run.payouts.get().amount_minor == 2_500
    assert books("creator:") == {"creator:mika:available:usd": -4_000}
    sending.send_payout(payout_id=run.payouts.get().pk, now=noon)
    runs.carry_on(run=run, now=noon)


def test_currencies_are_never_mixed(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> None:
    earn(mika, 2_500)
    earn(mika, 4_000, currency="eur")
    get_ready(mika)
    run = pay_day(noon)
    assert sorted(run.payouts.values_list("currency", "amount_minor")) == [("eur", 4_000), ("usd", 2_500)]
    assert books("stripe:") == {"stripe:eur": 996_000, "stripe:usd": 997_500}


def test_old_refunds_take_at_most_half_and_the_rest_later(
    mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime
) -> None:
    get_ready(mika)
    earn(mika, 5_000, fact="old")
    pay_day(noon)
    earn(mika, -5_000, fact="refund-of-old")
    earn(mika, 6_000, fact="new")

    second = pay_day(noon).payouts.get()
    assert (second.amount_minor, second.netted_minor, second.carried_minor) == (3_000, 3_000, 2_000)
    assert books("creator:") == {"creator:mika:owed:usd": 2_000}
    assert queries.balances(mika)[0].total == -2_000

    earn(mika, 10_000, fact="newer")
    third = pay_day(noon).payouts.get()
    assert (third.amount_minor, third.netted_minor, third.carried_minor) == (8_000, 2_000, -2_000)
    assert books("creator:") == {}
    assert 5_000 + 3_000 + 8_000 == 5_000 - 5_000 + 6_000 + 10_000


def test_one_row_that_cannot_be_written_does_not_stop_the_others(
    mika: Creator, noor: Creator, earn: Earn, get_ready: GetReady, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for creator in (mika, noor):
        earn(creator, 2_500)
        get_ready(creator)
    honest = runs._reserve

    def broken(run: PayoutRun, prospect: queries.Prospect, now: datetime) -> Payout:
        if prospect.creator == mika:
            honest(run, prospect, now)
            raise RuntimeError("a row that cannot be written")
        return honest(run, prospect, now)

    with monkeypatch.context() as patch:
        patch.setattr(runs, "_reserve", broken)
        run = runs.reserve_run(run=runs.open_run(now=noon), now=noon)
    assert [payout.creator for payout in run.payouts.all()] == [noor]
    assert run.troubles == ["@mika usd: RuntimeError: a row that cannot be written"]
    sending.send_payout(payout_id=run.payouts.get().pk, now=noon)
    assert runs.carry_on(run=run, now=noon).is_done
    assert pay_day(noon).payouts.get().creator == mika


# --- crash on purpose at each stage, run again: the same books -----------------------------------------------------------


class Crash(BaseException):
    """The power goes."""


def crash_once(patch: pytest.MonkeyPatch, place: object, name: str, *, after: bool, on_call: int = 1) -> None:
    """Let the `on_call`th call of a function crash, before or after it has done its work."""
    honest: Callable[..., object] = getattr(place, name)
    calls = 0

    def crashing(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls != on_call:
            return honest(*args, **kwargs)
        if after:
            honest(*args, **kwargs)
        raise Crash

    patch.setattr(place, name, crashing)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("place", "name", "on_call"),
    [
        (runs, "prove", 1),
        (runs, "totals", 1),
        (runs, "reserve_one", 1),
        (runs, "reserve_one", 2),
        (runs, "_reserve", 2),
        (runs, "post", 1),
        (runs, "start_sending", 1),
        (sending, "_claim", 1),
        (sending, "_ask", 1),
        (sending, "_ask", 2),
        (sending, "record_transfer", 1),
        (sending, "post", 2),
        (runs, "finish_run", 1),
        (runs, "prove", 2),
    ],
)
def test_a_crash_anywhere_and_the_same_books(
    mika: Creator, noor: Creator, earn: Earn, get_ready: GetReady, noon: datetime,
    monkeypatch: pytest.MonkeyPatch, place: object, name: str, on_call: int, after: bool,
) -> None:  # fmt: skip
    for creator, amount in ((mika, 2_500), (noor, 7_777)):
        earn(creator, amount)
        get_ready(creator)

    with monkeypatch.context() as patch:
        crash_once(patch, place, name, after=after, on_call=on_call)
        with pytest.raises(Crash):
            pay_day(noon)
    now = noon
    run = runs.open_run(now=now)
    for _ in range(3):
        now += timedelta(minutes=10)
        runs.carry_on(run=run, now=now)
        for payout in Payout.objects.free(now):
            sending.send_payout(payout_id=payout.pk, now=now)
    assert run.is_done, run.proof_after
    assert PayoutRun.objects.count() == 1
    assert sorted(transfer.amount for transfer in gateway.transfers()) == [2_500, 7_777]
    assert books("creator:") == books("transit:") == {}
    assert books("stripe:usd") == {"stripe:usd": 1_000_000 - 10_277}
    assert PayoutItem.objects.count() == 2 and not PayoutSkip.objects.exists()


# --- the jobs ------------------------------------------------------------------------------------------------------------


def test_the_jobs_pay_a_payday_by_themselves(
    mika: Creator, earn: Earn, get_ready: GetReady, django_capture_on_commit_callbacks: Any
) -> None:
    earn(mika, 2_500)
    get_ready(mika)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.open_run(period="2026-05")
    run = PayoutRun.objects.get()
    assert run.is_done, run.proof_after
    assert run.payouts.get().state == "sent"
    with django_capture_on_commit_callbacks(execute=True):
        tasks.open_run(period="2026-05")
    assert PayoutRun.objects.count() == Payout.objects.count() == 1


def test_the_sweeper_finds_what_lost_jobs_left(
    mika: Creator, earn: Earn, get_ready: GetReady, django_capture_on_commit_callbacks: Any
) -> None:
    earn(mika, 2_500)
    get_ready(mika)
    tasks.open_run(period="2026-05")
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep()
            tasks.resolve_unknown()
    assert PayoutRun.objects.get().is_done


# --- the pages of staff --------------------------------------------------------------------------------------------------


def test_staff_preview_open_and_watch_a_run(
    client: Client, staff: User, mika: Creator, noor: Creator, earn: Earn, get_ready: GetReady,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    earn(mika, 2_500)
    earn(noor, 900)
    get_ready(mika)
    client.force_login(staff)
    page = client.get("/ops/payout-runs/").content.decode()
    assert "is paid" in page and "You have not told us yet where to pay you." in page
    assert not PayoutRun.objects.exists(), "looking changes nothing"

    answer = client.post("/ops/payout-runs/", {"period": "2026-05"})
    run = PayoutRun.objects.get()
    assert answer["Location"] == run.get_absolute_url() and run.opened_by == staff
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
    assert not Payout.objects.exists(), "the sweeper does not decide for them"
    assert "Reserve and send" in client.get(run.get_absolute_url()).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(run.get_absolute_url())
    page = client.get(run.get_absolute_url()).content.decode()
    assert "The books hold" in page and "$25.00" in page and "1 / 1" in page
    part = client.get(run.get_absolute_url(), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "1 / 1" in part


def test_staff_cancel_a_payout_that_waits(
    client: Client, staff: User, mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime
) -> None:
    earn(mika, 2_500)
    get_ready(mika)
    run = runs.reserve_run(run=runs.open_run(now=noon), now=noon)
    payout = run.payouts.get()
    client.force_login(staff)
    client.post(run.get_absolute_url(), {"payout": payout.public_id, "reason": ""})
    payout.refresh_from_db()
    assert payout.state == "reserved"
    for _ in range(2):
        client.post(run.get_absolute_url(), {"payout": payout.public_id, "reason": "a mistake of ours"})
    payout.refresh_from_db()
    assert (payout.state, payout.problem) == ("canceled", "a mistake of ours")
    assert books("creator:") == {"creator:mika:available:usd": -2_500}
    assert client.post(run.get_absolute_url(), {"payout": "nobody", "reason": "x"}).status_code == 404


@pytest.mark.parametrize("period", ["", "May", "2026-13", "2026-05-", "2026-05-123"])
def test_a_period_that_is_none_is_refused(client: Client, staff: User, period: str) -> None:
    client.force_login(staff)
    answer = client.post("/ops/payout-runs/", {"period": period})
    assert answer.status_code == 422 and not PayoutRun.objects.exists()


def test_a_run_is_for_staff(client: Client, mika: Creator, noon: datetime) -> None:
    run = runs.open_run(now=noon)
    for path in ("/ops/payout-runs/", run.get_absolute_url()):
        client.logout()
        assert client.get(path).status_code == 302
        client.force_login(mika.user)
        assert client.get(path).status_code == client.post(path).status_code == 403
