"""One payout to the provider: sent, refused, unclear, canceled; in a day and after it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from portal.accounts.models import Creator
from portal.ledger.queries import books
from portal.payments import gateway
from portal.payouts.actions import runs
from portal.payouts.actions.sending import (
    PayoutIsOnItsWay,
    StrayTransfer,
    cancel_payout,
    find_transfer,
    record_transfer,
    send_payout,
)
from portal.payouts.models import Payout
from portal.payouts.tests.conftest import Deliver, Earn, GetReady
from portal.sandbox.engine import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("till", "books_proved")]
DAY = timedelta(days=1)
Send = Callable[..., Payout]


@pytest.fixture
def payout(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> Payout:
    """Mika's $50.00, reserved."""
    earn(mika, 5_000)
    get_ready(mika)
    return runs.reserve_run(run=runs.open_run(now=noon), now=noon).payouts.get()


@pytest.fixture
def send(payout: Payout) -> Send:
    def again(at: datetime) -> Payout:
        send_payout(payout_id=payout.pk, now=at)
        payout.refresh_from_db()
        return payout

    return again


def transfers() -> list[tuple[str, int]]:
    return [(transfer.metadata["payout"], transfer.amount) for transfer in gateway.transfers()]


def money() -> dict[str, int]:
    return books("creator:") | books("transit:") | {"stripe:usd": books("stripe:usd")["stripe:usd"]}


RESERVED = {"transit:mika:usd": -5_000, "stripe:usd": 1_000_000}
SENT = {"stripe:usd": 995_000}
BACK = {"creator:mika:available:usd": -5_000, "stripe:usd": 1_000_000}


def test_it_is_sent_and_posted(payout: Payout, send: Send, noon: datetime) -> None:
    assert money() == RESERVED
    send(noon)
    assert (payout.state, payout.attempt, payout.sent_at) == ("sent", 1, noon)
    assert (
        payout.stripe_transfer_id
        and payout.stripe_transfer_id.startswith("tr_")
        and payout.destination_payment.startswith("py_")
    )
    assert transfers() == [(payout.public_id, 5_000)]
    assert money() == SENT


def test_sending_again_does_nothing(payout: Payout, send: Send, noon: datetime) -> None:
    for days in (0, 1, 30):
        send(noon + days * DAY)
    assert payout.attempt == 1 and len(transfers()) == 1 and money() == SENT


def test_a_lost_answer_is_unknown_and_asked_again_with_the_same_key(
    payout: Payout, send: Send, box: Sandbox, noon: datetime
) -> None:
    box.faults.add("timeout_after_commit", path="/v1/transfers")
    send(noon)
    assert payout.state == "unknown" and payout.problem
    assert len(transfers()) == 1 and money() == RESERVED

    assert send(noon).state == "unknown", "not before the wait is over"
    send(noon + timedelta(seconds=20))
    assert (payout.state, payout.attempt) == ("sent", 2)
    assert len(transfers()) == 1 and money() == SENT


@pytest.mark.parametrize("fault", ["server_error", "rate_limit"])
def test_trouble_before_anything_was_done_is_unknown_too(
    payout: Payout, send: Send, box: Sandbox, noon: datetime, fault: str
) -> None:
    box.faults.add(fault, path="/v1/transfers")
    assert send(noon).state == "unknown"
    assert transfers() == [] and money() == RESERVED
    assert send(noon + timedelta(minutes=1)).state == "sent"
    assert len(transfers()) == 1


def test_after_a_day_the_provider_is_asked_before_anything_is_sent(
    payout: Payout, send: Send, box: Sandbox, noon: datetime
) -> None:
    box.faults.add("timeout_after_commit", path="/v1/transfers")
    send(noon)
    box.advance_to(noon + 2 * DAY)
    send(noon + 2 * DAY)
    assert payout.state == "sent"
    assert transfers() == [(payout.public_id, 5_000)] and money() == SENT


def test_after_a_day_it_is_sent_when_the_provider_has_nothing(
    payout: Payout, send: Send, box: Sandbox, noon: datetime
) -> None:
    box.faults.add("server_error", path="/v1/transfers")
    send(noon)
    box.advance_to(noon + 2 * DAY)
    assert send(noon + 2 * DAY).state == "sent"
    assert len(transfers()) == 1 and money() == SENT


def test_after_a_day_nothing_is_sent_while_the_list_cannot_be_read(
    payout: Payout, send: Send, box: Sandbox, noon: datetime
) -> None:
    box.faults.add("timeout_after_commit", method="POST", path="/v1/transfers")
    send(noon)
    box.advance_to(noon + 2 * DAY)
    box.faults.add("server_error", method="GET", path="/v1/transfers")
    assert send(noon + 2 * DAY).state == "unknown"
    assert len(transfers()) == 1 and money() == RESERVED
    assert send(noon + 3 * DAY).state == "sent"


def test_a_stored_error_never_releases_the_money(payout: Payout, send: Send, box: Sandbox, noon: datetime) -> None:
    """A 500 under the key is answered again and again; only the forgotten key lets it go on, and then once."""
    box.faults.add("stored_error", path="/v1/transfers")
    for minutes in (0, 10, 60):
        assert send(noon + timedelta(minutes=minutes)).state == "unknown"
    assert money() == RESERVED
    box.advance_to(noon + 2 * DAY)
    assert send(noon + 2 * DAY).state == "sent"
    assert len(transfers()) == 1


def test_a_certain_no_gives_the_money_back_and_a_later_payout_pays_it(
    payout: Payout, send: Send, box: Sandbox, noon: datetime
) -> None:
    box.faults.add("insufficient_capabilities", path="/v1/transfers")
    send(noon)
    assert payout.state == "failed" and payout.ended_at == noon
    assert "insufficient_capabilities" in payout.problem
    assert transfers() == [] and money() == BACK

    run = runs.carry_on(run=payout.run, now=noon)
    assert run.is_done, run.proof_after
    second = runs.reserve_run(run=runs.open_run(now=noon + DAY), now=noon + DAY).payouts.get()
    assert second.amount_minor == 5_000 and second.idempotency_key != payout.idempotency_key
    assert [item.amount_minor for item in second.items.all()] == [5_000]
    send_payout(payout_id=second.pk, now=noon + DAY)
    assert transfers() == [(second.public_id, 5_000)]


def test_a_no_after_a_lost_yes_is_not_believed(payout: Payout, send: Send, box: Sandbox, noon: datetime) -> None:
    """The key was forgotten early and the account is restricted by now: the list of transfers has the last word."""
    box.faults.add("timeout_after_commit", path="/v1/transfers")
    send(noon)
    box.faults.add("insufficient_capabilities", method="POST", path="/v1/transfers")
    box.store.execute("DELETE FROM idempotency")
    assert send(noon + timedelta(minutes=1)).state == "sent"
    assert len(transfers()) == 1 and money() == SENT


def test_too_little_at_the_provider_is_a_no(payout: Payout, send: Send, box: Sandbox, noon: datetime) -> None:
    box.faults.add("balance_insufficient", path="/v1/transfers")
    assert send(noon).state == "failed"
    assert money() == BACK


def test_a_dead_workers_claim_is_taken_over(payout: Payout, send: Send, noon: datetime) -> None:
    Payout.objects.update(state="sending", claimed_at=noon, attempt=1, first_tried_at=noon)
    assert send(noon + timedelta(minutes=4)).state == "sending"
    assert send(noon + timedelta(minutes=5)).state == "sent"


# --- what events and late answers do ----------------------------------------------------------------------------------


def test_an_event_settles_a_payout_whose_answer_was_lost(
    payout: Payout, send: Send, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    box.faults.add("timeout_after_commit", path="/v1/transfers")
    send(noon)
    assert "transfer.created" in deliver()
    payout.refresh_from_db()
    assert payout.state == "sent" and money() == SENT
    assert send(noon + DAY).attempt == 1


def test_two_workers_that_report_one_success_post_once(payout: Payout, send: Send, noon: datetime) -> None:
    send(noon)
    transfer = find_transfer(payout)
    assert transfer is not None
    assert record_transfer(payout=payout, transfer=transfer, now=noon) is False
    assert money() == SENT


def test_a_transfer_that_is_not_what_was_asked_for_is_an_alarm(payout: Payout, send: Send, noon: datetime) -> None:
    made = gateway.client().v1.transfers.create({"amount": 1, "currency": "usd", "destination": payout.destination})
    with pytest.raises(StrayTransfer):
        record_transfer(payout=payout, transfer=made, now=noon)
    gateway.client().v1.transfers.reversals.create(made.id)
    assert money() == RESERVED
    send(noon)


# --- canceling --------------------------------------------------------------------------------------------------------


def test_a_payout_nobody_has_begun_can_be_canceled(payout: Payout, send: Send, noon: datetime) -> None:
    for _ in range(2):
        cancel_payout(payout=payout, now=noon, reason="asked by the creator")
    assert payout.state == "canceled" and money() == BACK
    assert send(noon).state == "canceled" and transfers() == []


def test_sending_is_the_point_of_no_return(payout: Payout, send: Send, box: Sandbox, noon: datetime) -> None:
    stale = Payout.objects.get(pk=payout.pk)
    box.faults.add("timeout_after_commit", path="/v1/transfers")
    send(noon)
    with pytest.raises(PayoutIsOnItsWay):
        cancel_payout(payout=stale, now=noon, reason="too late")
    assert money() == RESERVED
    send(noon + DAY)
    with pytest.raises(PayoutIsOnItsWay):
        cancel_payout(payout=stale, now=noon, reason="much too late")
    assert money() == SENT
