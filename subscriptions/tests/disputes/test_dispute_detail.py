"""What our rows say about a disputed payment goes to the bank in those words, once, by staff and in time."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.kit.refusal import Refusal
from portal.ledger.queries import books
from portal.payments.gateway import client as provider
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.disputes import AnswerIsTooLate, OnlyStaffAnswer, accept_dispute, submit_evidence
from subscriptions.actions.gifts import claim_gift
from subscriptions.models import ChargeDispute, DisputeAnswer, Invoice, Post, PostReading, Tier
from subscriptions.queries.disputes import dispute_dossier
from subscriptions.tests.alarms.test_watch import look
from subscriptions.tests.conftest import Join
from subscriptions.tests.gifts.conftest import Give

pytestmark = pytest.mark.usefixtures("books_proved")
SOON = timedelta(hours=1)


@pytest.fixture
def dispute(box: Sandbox, sam: User, gold: Tier, join: Join, deliver: Deliver) -> ChargeDispute:
    join(sam, gold)
    charge = Invoice.objects.get().charge
    assert charge is not None
    box.open_dispute(charge.stripe_id)
    deliver()
    return ChargeDispute.objects.get()


def press(client: Client, dispute: ChargeDispute, at: datetime, **fields: str) -> int:
    with time_machine.travel(at, tick=False):
        return client.post(f"/staff/disputes/{dispute.stripe_id}/", fields).status_code


def test_the_draft_is_what_is_sent(
    client: Client, sam: User, staff: User, mika: Creator, dispute: ChargeDispute, deliver: Deliver, noon: datetime
) -> None:
    post = Post.objects.create(creator=mika, title="Rice", created_at=noon)
    PostReading.objects.create(post=post, reader=sam, read_at=noon + timedelta(minutes=5))
    assert (dispute.reason, dispute.due_at) == ("fraudulent", noon + timedelta(days=7))
    client.force_login(staff)
    with time_machine.travel(noon + SOON, tick=False):
        assert dispute.stripe_id in client.get("/staff/disputes/").content.decode()
        draft = client.get(f"/staff/disputes/{dispute.stripe_id}/").content.decode()
    invoice = Invoice.objects.get()
    for words in (
        "opened &#x27;Rice&#x27;",
        "sam@example.com",
        invoice.number,
        "nothing has been sent",
        "$10.00 at once",
    ):
        assert words in draft
    assert not DisputeAnswer.objects.exists()
    assert press(client, dispute, noon + SOON, evidence="yes", words="She wrote to us.") == 302
    told = provider().v1.disputes.retrieve(dispute.stripe_id)
    assert (told.status, told.evidence_details.submission_count) == ("under_review", 1)
    assert told.evidence.uncategorized_text.startswith("She wrote to us.")
    assert "opened 'Rice'" in told.evidence.access_activity_log
    answer = DisputeAnswer.objects.get()
    assert (answer.decided_by, answer.sent_at) == (staff, noon + SOON)
    assert answer.evidence["uncategorized_text"] == told.evidence.uncategorized_text
    deliver()
    assert books("creator:") == {"creator:mika:held:usd": -900}


def test_twice_is_one_answer(staff: User, dispute: ChargeDispute, noon: datetime) -> None:
    for words in ("first", "second"):
        submit_evidence(dispute=dispute, by=staff, words=words, now=noon + SOON)
    assert DisputeAnswer.objects.get().evidence["uncategorized_text"].startswith("first")
    assert provider().v1.disputes.retrieve(dispute.stripe_id).evidence_details.submission_count == 1
    with pytest.raises(Refusal):
        accept_dispute(dispute=dispute, by=staff, now=noon + SOON)


def test_a_lost_answer_is_asked_again_under_its_key(
    box: Sandbox, staff: User, dispute: ChargeDispute, noon: datetime
) -> None:
    box.faults.add("timeout_after_commit", path=f"/v1/disputes/{dispute.stripe_id}", method="POST")
    with pytest.raises(Refusal):
        submit_evidence(dispute=dispute, by=staff, now=noon)
    assert DisputeAnswer.objects.get().sent_at is None
    submit_evidence(dispute=dispute, by=staff, now=noon + SOON)
    assert DisputeAnswer.objects.get().sent_at == noon + SOON
    assert provider().v1.disputes.retrieve(dispute.stripe_id).evidence_details.submission_count == 1


def test_accepting_loses_it_at_once(
    client: Client, staff: User, dispute: ChargeDispute, deliver: Deliver, noon: datetime
) -> None:
    client.force_login(staff)
    assert [press(client, dispute, noon + SOON, accept="yes") for _twice in range(2)] == [302, 302]
    deliver()
    dispute.refresh_from_db()
    assert dispute.status == "lost"
    assert books("creator:") == {}
    assert DisputeAnswer.objects.get().kind == "accepted"


def test_an_alarm_two_days_before_it_is_due(staff: User, dispute: ChargeDispute, noon: datetime) -> None:
    due = noon + timedelta(days=7)
    assert look(due - timedelta(hours=49)) == []
    assert look(due - timedelta(hours=48)) == [("dispute_due", f"dispute:{dispute.stripe_id}")]
    submit_evidence(dispute=dispute, by=staff, now=due - timedelta(hours=47))
    assert look(due - timedelta(hours=47)) == []


def test_not_after_the_day_it_is_due(staff: User, dispute: ChargeDispute, noon: datetime) -> None:
    with pytest.raises(AnswerIsTooLate):
        submit_evidence(dispute=dispute, by=staff, now=noon + timedelta(days=7))
    assert not DisputeAnswer.objects.exists()


def test_a_gift_has_its_own_offer_and_its_claim(
    box: Sandbox, sam: User, lee: User, silver: Tier, give: Give, deliver: Deliver, noon: datetime
) -> None:
    give(sam, silver, 1)
    gift = give(sam, silver, 3, now=noon + timedelta(minutes=2))
    claim_gift(gift=gift, secret=gift.secret, by=lee, now=noon + SOON)
    assert gift.purchase is not None and gift.purchase.charge is not None
    box.open_dispute(gift.purchase.charge.stripe_id)
    deliver()
    dossier = dispute_dossier(dispute=ChargeDispute.objects.get())
    assert dossier is not None
    evidence = dossier.evidence()
    assert gift.quote.public_id in evidence["uncategorized_text"]
    assert "the gift was claimed" in evidence["access_activity_log"]
    assert "Gift, 3 month(s), paid once" in evidence["product_description"]


def test_staff_alone(client: Client, sam: User, mika: Creator, dispute: ChargeDispute, noon: datetime) -> None:
    for somebody in (sam, mika.user):
        client.force_login(somebody)
        assert press(client, dispute, noon, accept="yes") in (302, 403, 404)
        assert client.get("/staff/disputes/").status_code in (302, 403, 404)
        with pytest.raises(OnlyStaffAnswer):
            accept_dispute(dispute=dispute, by=somebody, now=noon)
    assert not DisputeAnswer.objects.exists()


def test_a_wrong_name_and_other_methods(client: Client, staff: User, dispute: ChargeDispute) -> None:
    client.force_login(staff)
    assert client.get("/staff/disputes/none/").status_code == 404
    assert client.post("/staff/disputes/").status_code == 405
    assert client.delete(f"/staff/disputes/{dispute.stripe_id}/").status_code == 405
