"""An unpaid renewal is tried again by our own plan: +2, +5, +7, +7 days; then the membership ends."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.payments import gateway
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.invoices import record_invoice
from subscriptions.actions.memberships import NotYourMembership, cancel_membership
from subscriptions.actions.retries import NothingToPay, TooManyTries, retry_payment
from subscriptions.models import Dunning, Invoice, Membership, PaymentAttempt, Tier
from subscriptions.readings import invoice_reading
from subscriptions.tasks import collect_due
from subscriptions.tests.conftest import Join
from subscriptions.tests.passing import fail_renewal, give_card, live_until

pytestmark = pytest.mark.usefixtures("books_proved")

ONE_PAYMENT = {
    "creator:mika:pending:usd": -900,
    "expense:stripe_fee:usd": 59,
    "income:platform_fee:usd": -100,
    "stripe:usd": 941,
}
TWO_PAYMENTS = {code: 2 * amount for code, amount in ONE_PAYMENT.items()}


@pytest.fixture
def due(noon: datetime) -> datetime:
    return noon.replace(month=6)


@pytest.fixture
def unpaid(box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver, due: datetime) -> Dunning:
    """Sam's second month could not be collected."""
    join(sam, gold)
    fail_renewal(box, sam, due, deliver)
    return Dunning.objects.select_related("membership__fan", "invoice").get()


def run_at(moment: datetime) -> int:
    with time_machine.travel(moment, tick=False):
        return collect_due()


def test_four_tries_and_then_it_ends(box: Sandbox, unpaid: Dunning, deliver: Deliver, due: datetime) -> None:
    failed = unpaid.failed_at
    assert timedelta() < failed - due <= timedelta(hours=2)
    assert unpaid.next_attempt_at == failed + timedelta(days=2)
    live_until(box, deliver, due + timedelta(days=30))
    unpaid.refresh_from_db()
    tried = [(attempt.asked_at - failed).days for attempt in unpaid.attempts.all()]
    assert tried == [2, 7, 14, 21]
    assert (unpaid.state, unpaid.membership.__class__.objects.get().status) == ("given_up", "canceled")
    assert set(Invoice.objects.values_list("status", flat=True)) == {"paid", "void"}
    assert books() == ONE_PAYMENT
    ended = Notice.objects.get(kind="subscriptions.ended")
    assert "could not be collected" in ended.body


def test_a_try_that_works_recovers_everything(box: Sandbox, sam: User, unpaid: Dunning, deliver: Deliver) -> None:
    give_card(box, sam, deliver)
    unpaid.refresh_from_db()
    assert unpaid.state == Dunning.State.RECOVERED
    attempt = unpaid.attempts.get()
    assert (attempt.kind, attempt.outcome) == (PaymentAttempt.Kind.NEW_CARD, PaymentAttempt.Outcome.PAID)
    assert Membership.objects.get().status == Membership.Status.ACTIVE
    assert books() == TWO_PAYMENTS
    assert Notice.objects.filter(user=sam, kind="subscriptions.recovered").count() == 1


def test_running_twice_is_one_try(box: Sandbox, unpaid: Dunning, deliver: Deliver) -> None:
    moment = unpaid.failed_at + timedelta(days=2)
    box.advance_to(moment)
    assert [run_at(moment), run_at(moment), run_at(moment + timedelta(minutes=30))] == [1, 0, 0]
    assert unpaid.attempts.count() == 1
    unpaid.refresh_from_db()
    assert unpaid.next_attempt_at == unpaid.failed_at + timedelta(days=7)


def test_an_answer_that_got_lost_is_no_second_charge(
    box: Sandbox, sam: User, unpaid: Dunning, deliver: Deliver
) -> None:
    """The card works again, the charge is made, its answer is lost; the same question brings the same answer."""
    from portal.payments.models import Customer

    box.replace_card(Customer.objects.get(user=sam).stripe_id, card="4242424242424242")
    moment = unpaid.failed_at + timedelta(days=2)
    box.advance_to(moment)
    box.faults.add("timeout_after_commit", path="/v1/invoices/*/pay")
    assert run_at(moment) == 0
    assert unpaid.attempts.get().outcome == PaymentAttempt.Outcome.ASKED
    assert run_at(moment + timedelta(minutes=11)) == 1
    deliver()
    assert unpaid.attempts.get().outcome == PaymentAttempt.Outcome.PAID
    assert books() == TWO_PAYMENTS


def test_a_final_no_waits_for_another_card(
    box: Sandbox, sam: User, unpaid: Dunning, deliver: Deliver, due: datetime
) -> None:
    """A stolen card is not asked again; the membership ends at the deadline, unless another card comes."""
    Dunning.objects.all().delete()
    reading = invoice_reading(gateway.fetch_invoice(unpaid.invoice.stripe_id))
    assert reading is not None
    record_invoice(reading=replace(reading, decline_code="stolen_card"), now=box.today())
    final = Dunning.objects.get()
    assert final.next_attempt_at == final.deadline_at == final.failed_at + timedelta(days=21)
    live_until(box, deliver, due + timedelta(days=20))
    assert not final.attempts.exists()
    give_card(box, sam, deliver)
    final.refresh_from_db()
    assert final.state == Dunning.State.RECOVERED
    assert books() == TWO_PAYMENTS


def test_after_a_final_no_it_ends_without_another_try(
    box: Sandbox, unpaid: Dunning, deliver: Deliver, due: datetime
) -> None:
    Dunning.objects.update(decline_code="stolen_card", next_attempt_at=unpaid.deadline_at)
    live_until(box, deliver, due + timedelta(days=22))
    unpaid.refresh_from_db()
    assert (unpaid.state, unpaid.attempts.count()) == (Dunning.State.GIVEN_UP, 0)
    assert books() == ONE_PAYMENT


def test_a_member_may_try_five_times(box: Sandbox, sam: User, unpaid: Dunning) -> None:
    now = box.today()
    for _count in range(5):
        attempt = retry_payment(membership=unpaid.membership, by=sam, now=now)
        assert (attempt.outcome, attempt.decline_code) == (PaymentAttempt.Outcome.DECLINED, "generic_decline")
    with pytest.raises(TooManyTries):
        retry_payment(membership=unpaid.membership, by=sam, now=now)
    # What a member tries takes nothing away from the plan.
    unpaid.refresh_from_db()
    assert unpaid.next_attempt_at == unpaid.failed_at + timedelta(days=2)
    assert unpaid.attempts.count() == 5


def test_only_the_member_tries(box: Sandbox, lee: User, unpaid: Dunning) -> None:
    with pytest.raises(NotYourMembership):
        retry_payment(membership=unpaid.membership, by=lee, now=box.today())


def test_nothing_is_tried_where_nothing_is_open(sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    with pytest.raises(NothingToPay):
        retry_payment(membership=join(sam, gold), by=sam, now=noon)


def test_a_cancellation_on_its_way_stops_the_plan(box: Sandbox, sam: User, unpaid: Dunning) -> None:
    """The provider was silent when Sam left: even then nothing is tried any more."""
    box.faults.add("server_error", path="/v1/subscriptions/*")
    with pytest.raises(Exception, match="does not answer"):
        cancel_membership(membership=unpaid.membership, by=sam, now=box.today())
    moment = unpaid.failed_at + timedelta(days=2)
    box.advance_to(moment)
    assert run_at(moment) == 0
    assert not unpaid.attempts.exists()


def test_one_bad_row_stops_nothing(
    box: Sandbox, sam: User, lee: User, gold: Tier, join: Join, deliver: Deliver, unpaid: Dunning
) -> None:
    """The provider knows nothing of one invoice; the other is tried all the same."""
    Invoice.objects.filter(pk=unpaid.invoice_id).update(stripe_id="in_gone")
    second = join(lee, gold, now=box.today())
    fail_renewal(box, lee, second.period_end_at or box.today(), deliver)
    moment = box.today() + timedelta(days=3)
    Dunning.objects.update(next_attempt_at=moment - timedelta(days=1))
    box.advance_to(moment)
    run_at(moment)
    assert PaymentAttempt.objects.filter(dunning__membership=second, outcome="declined").count() == 1
