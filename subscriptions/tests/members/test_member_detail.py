from datetime import datetime, timedelta

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.members import NotYourMember, write_note
from subscriptions.actions.memberships import cancel_membership, undo_cancellation
from subscriptions.models import MemberNote, Tier
from subscriptions.queries.timeline import timeline
from subscriptions.tests.conftest import Join


def test_the_timeline_tells_what_happened_in_order(
    box: Sandbox, deliver: Deliver, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    cancel_membership(membership=membership, by=sam, now=noon + timedelta(days=1), reason="unused", comment="No time")
    undo_cancellation(membership=membership, by=sam, now=noon + timedelta(days=2))
    box.replace_card(Customer.objects.get(user=sam).stripe_id, card="4000000000000341")
    box.advance_to(noon + timedelta(days=32))
    deliver()
    told = [str(line.title) for line in timeline(membership=membership)][::-1]
    assert told[0] == "Joined Gold" or told[1] == "Joined Gold"
    assert "Paid for Gold" in told and told[2:] == ["Cancelled", "Took the cancellation back", "A payment failed"]
    (asked,) = [line for line in timeline(membership=membership) if line.title == "Cancelled"]
    assert str(asked.detail) == "I do not use it: “No time”"


def test_the_creator_reads_it_and_keeps_a_note(
    client: Client, mika: Creator, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    path = f"/studio/members/{membership.public_id}/"
    client.force_login(mika.user)
    page = client.get(path).content.decode()
    assert "Joined Gold" in page and "$10.00" in page and "sam@example.com" not in page
    for _twice in range(2):
        assert client.post(path, {"text": "Asked about <b>knives</b>"}).status_code == 302
    assert MemberNote.objects.count() == 1
    assert "&lt;b&gt;knives" in client.get(path).content.decode()
    assert client.post(path, {"text": ""}).status_code == 422
    assert client.post(path, {"text": "x" * 501}).status_code == 422


def test_others_find_nothing(client: Client, noor: Creator, sam: User, lee: User, gold: Tier, join: Join) -> None:
    membership = join(sam, gold)
    path = f"/studio/members/{membership.public_id}/"
    assert client.get(path).status_code == 302
    client.force_login(noor.user)
    assert client.get(path).status_code == 404
    assert client.post(path, {"text": "mine?"}).status_code == 404
    assert client.put(path).status_code == 405
    with pytest.raises(NotYourMember):
        write_note(creator=noor, fan=sam, text="mine?", now=membership.joined_at)
