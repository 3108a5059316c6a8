"""After sending: it arrives, the provider takes it back, the bank refuses it."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import Creator
from portal.ledger.queries import books
from portal.payments import gateway
from portal.payouts.actions import runs, sending
from portal.payouts.models import Hold, Payout, PayoutRun
from portal.payouts.queries import prospects
from portal.payouts.tests.conftest import Deliver, Earn, GetReady
from portal.sandbox.engine import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("till", "books_proved")]


@pytest.fixture
def payout(mika: Creator, earn: Earn, get_ready: GetReady, deliver: Deliver, noon: datetime) -> Payout:
    """Mika's $50.00, sent."""
    earn(mika, 5_000)
    get_ready(mika)
    run = runs.reserve_run(run=runs.open_run(now=noon), now=noon)
    sent = sending.send_payout(payout_id=run.payouts.get().pk, now=noon)
    assert sent is not None and sent.state == "sent"
    deliver()
    return sent


def take_back(payout: Payout, amount: int) -> None:
    gateway.client().v1.transfers.reversals.create(str(payout.stripe_transfer_id), {"amount": amount})


def test_it_arrives_at_the_bank(payout: Payout, box: Sandbox, deliver: Deliver, noon: datetime) -> None:
    box.advance_to(noon + timedelta(days=7))
    assert "payout.paid" in deliver()
    payout.refresh_from_db()
    assert (payout.state, payout.paid_at) == ("paid", noon + timedelta(days=7))
    assert books("creator:") == {}


def test_the_bank_refuses(
    mika: Creator, payout: Payout, box: Sandbox, deliver: Deliver, earn: Earn, noon: datetime
) -> None:
    box.onboarding_step(payout.destination, "bank", bank="000111111116")
    box.advance_to(noon + timedelta(days=7))
    assert "payout.failed" in deliver()
    payout.refresh_from_db()
    hold = Hold.objects.get()
    assert payout.state == "sent", "the money is with the provider, under the creator's name"
    assert hold.kind == "bank" and "bank refused" in hold.reason
    assert "payouts.bounced" in mika.user.notices.values_list("kind", flat=True)

    earn(mika, 9_000)
    assert prospects(now=noon + timedelta(days=30), creator=mika)[0].reason == "held"


def test_a_hold_because_of_the_bank_ends_when_money_arrives(
    mika: Creator, payout: Payout, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    box.onboarding_step(payout.destination, "bank", bank="000111111116")
    box.advance_to(noon + timedelta(days=7))
    deliver()
    box.onboarding_step(payout.destination, "bank", bank="000999999991")
    box.advance_to(noon + timedelta(days=21))
    deliver()
    payout.refresh_from_db()
    assert payout.state == "paid"
    assert list(Hold.objects.live(noon + timedelta(days=21))) == []


def test_a_bounce_told_twice_is_one_hold(payout: Payout, box: Sandbox, deliver: Deliver, noon: datetime) -> None:
    box.onboarding_step(payout.destination, "bank", bank="000111111116")
    box.advance_to(noon + timedelta(days=7))
    box.faults.add("duplicate", path="payout.*", times=0)
    deliver()
    for event in gateway.client().v1.events.list({"type": "payout.failed"}, {"stripe_account": payout.destination}):
        box.resend(event.id)
    deliver()
    assert Hold.objects.count() == 1


def test_what_the_provider_takes_back_is_available_again(
    mika: Creator, payout: Payout, deliver: Deliver, noon: datetime
) -> None:
    take_back(payout, 5_000)
    deliver()
    payout.refresh_from_db()
    assert (payout.state, payout.returned_minor) == ("returned", 5_000)
    assert books("creator:") == {"creator:mika:available:usd": -5_000}
    assert books("stripe:usd") == {"stripe:usd": 1_000_000}
    assert mika.user.notices.filter(kind="payouts.returned").count() == 1

    next_run = runs.reserve_run(run=_next(payout, noon), now=noon)
    assert next_run.payouts.get().amount_minor == 5_000


def _next(payout: Payout, now: datetime) -> PayoutRun:
    done = runs.carry_on(run=payout.run, now=now)
    done = runs.carry_on(run=runs.start_sending(run=done), now=now)
    assert done.is_done, done.proof_after
    return runs.open_run(now=now)


def test_parts_taken_back_add_up_in_any_order(payout: Payout, box: Sandbox, deliver: Deliver) -> None:
    take_back(payout, 1_000)
    take_back(payout, 700)
    box.reorder()
    deliver()
    payout.refresh_from_db()
    assert (payout.state, payout.returned_minor) == ("sent", 1_700)
    assert books("creator:") == {"creator:mika:available:usd": -1_700}
    take_back(payout, 3_300)
    deliver()
    payout.refresh_from_db()
    assert payout.state == "returned"
    assert books("creator:") == {"creator:mika:available:usd": -5_000}


def test_taken_back_before_we_knew_it_was_sent(
    noor: Creator, earn: Earn, get_ready: GetReady, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    earn(noor, 2_000)
    get_ready(noor)
    run = runs.reserve_run(run=runs.open_run(now=noon), now=noon)
    box.faults.add("timeout_after_commit", path="/v1/transfers")
    lost = sending.send_payout(payout_id=run.payouts.get().pk, now=noon)
    assert lost is not None
    transfer = sending.find_transfer(lost)
    assert transfer is not None
    gateway.client().v1.transfers.reversals.create(transfer.id)
    box.reorder()
    deliver()
    lost.refresh_from_db()
    assert lost.state == "returned"
    assert books("creator:") == {"creator:noor:available:usd": -2_000} and books("transit:") == {}


def test_transfers_and_accounts_of_others_are_ignored(payout: Payout, box: Sandbox, deliver: Deliver) -> None:
    before = books()
    foreign = gateway.client().v1.transfers.create({"amount": 7, "currency": "usd", "destination": payout.destination})
    gateway.client().v1.transfers.reversals.create(foreign.id)
    deliver()
    assert books() == before
