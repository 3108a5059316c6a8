"""What was lost on the way to a bank, or is not known of it, is made up for by the sweep."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import User
from portal.kit.refusal import Refusal
from portal.ledger.queries import books
from portal.payments.gateway import client as provider
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.disputes import accept_dispute, submit_evidence
from subscriptions.models import Alarm, ChargeDispute, DisputeAnswer, Invoice, Tier
from subscriptions.tasks import sweep_offers
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")
SOON = timedelta(minutes=15)


@pytest.fixture
def disputes(box: Sandbox, sam: User, lee: User, gold: Tier, join: Join, deliver: Deliver) -> list[ChargeDispute]:
    """Of Sam and of Lee."""
    for fan in (sam, lee):
        join(fan, gold)
    for invoice in Invoice.objects.select_related("charge").order_by("pk"):
        assert invoice.charge is not None
        box.open_dispute(invoice.charge.stripe_id)
    deliver()
    return list(ChargeDispute.objects.order_by("pk"))


def sweep(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        sweep_offers()


def test_lost_answers_are_made_up_for_and_none_stops_another(
    box: Sandbox, staff: User, disputes: list[ChargeDispute], deliver: Deliver, noon: datetime
) -> None:
    paths = [f"/v1/disputes/{dispute.stripe_id}" for dispute in disputes]
    for path in paths:
        box.faults.add("timeout_after_commit", path=f"{path}*", method="POST")
    with pytest.raises(Refusal):
        submit_evidence(dispute=disputes[0], by=staff, now=noon)
    with pytest.raises(Refusal):
        accept_dispute(dispute=disputes[1], by=staff, now=noon)
    first, second = DisputeAnswer.objects.order_by("pk")
    box.faults.add("server_error", path=paths[0])
    sweep(noon + SOON)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.sent_at, second.sent_at) == (None, noon + SOON)
    for again in (2, 3):
        sweep(noon + again * SOON)
    first.refresh_from_db()
    assert first.sent_at == noon + 2 * SOON
    assert provider().v1.disputes.retrieve(disputes[0].stripe_id).evidence_details.submission_count == 1
    deliver()
    assert [row.status == "lost" for row in ChargeDispute.objects.order_by("pk")] == [False, True]
    assert books() == {
        "asset:disputed:usd": 1_000,
        "creator:mika:held:usd": -900,
        "expense:dispute_fee:usd": 3_000,
        "expense:stripe_fee:usd": 118,
        "income:platform_fee:usd": -100,
        "stripe:usd": -3_118,
    }


def test_what_never_arrived_is_asked_for_once(
    box: Sandbox, staff: User, disputes: list[ChargeDispute], noon: datetime
) -> None:
    box.faults.add("server_error", path=f"/v1/disputes/{disputes[0].stripe_id}", method="POST")
    with pytest.raises(Refusal):
        submit_evidence(dispute=disputes[0], by=staff, now=noon)
    for again in (1, 2):
        sweep(noon + again * SOON)
    assert DisputeAnswer.objects.get().sent_at == noon + SOON
    assert provider().v1.disputes.retrieve(disputes[0].stripe_id).evidence_details.submission_count == 1


def test_what_the_bank_has_decided_meanwhile_takes_the_answer_back(
    box: Sandbox, staff: User, disputes: list[ChargeDispute], deliver: Deliver, noon: datetime
) -> None:
    box.faults.add("server_error", path=f"/v1/disputes/{disputes[0].stripe_id}", method="POST")
    with pytest.raises(Refusal):
        submit_evidence(dispute=disputes[0], by=staff, now=noon)
    box.close_dispute(disputes[0].stripe_id, won=False)
    sweep(noon + SOON)
    assert not DisputeAnswer.objects.exists()
    assert not Alarm.objects.exists()


def test_one_without_a_day_gets_it_from_the_provider(disputes: list[ChargeDispute], noon: datetime) -> None:
    due = disputes[0].due_at
    ChargeDispute.objects.update(due_at=None, reason="")
    for again in (1, 2):
        sweep(noon + again * SOON)
    assert set(ChargeDispute.objects.values_list("due_at", "reason")) == {(due, "fraudulent")}
