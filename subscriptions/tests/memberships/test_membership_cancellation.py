from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.payments.gateway import client as provider
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.memberships import (
    NothingToCancel,
    NothingToUndo,
    NotYourMembership,
    cancel_membership,
    undo_cancellation,
)
from subscriptions.models import Cancellation, Grant, Invoice, Membership, Quote, Tier
from subscriptions.queries.access import perks
from subscriptions.tasks import send_cancellations
from subscriptions.tests.conftest import Join


@pytest.fixture
def membership(sam: User, gold: Tier, join: Join) -> Membership:
    return join(sam, gold)


def address(membership: Membership) -> str:
    return f"/me/memberships/{membership.public_id}/cancellation/"


def test_two_steps_and_nothing_more_is_charged(
    client: Client, box: Sandbox, sam: User, membership: Membership, deliver: Deliver, noon: datetime
) -> None:
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        assert b"You keep everything until" in client.get(address(membership)).content
        quote = Quote.objects.get(kind="cancel")
        shown = {"quote": quote.public_id, "signature": quote.signature}
        assert client.post(address(membership), {"reason": "unused", "comment": "", **shown}).status_code == 302
    cancellation = Cancellation.objects.get()
    june = noon.replace(month=6)
    assert (cancellation.asked_by, cancellation.reason, cancellation.ends_at) == (sam, "unused", june)
    assert perks(viewer=sam, creator=membership.creator, at=june - timedelta(seconds=1)).is_member
    assert not perks(viewer=sam, creator=membership.creator, at=june).is_member
    before = books()
    box.advance_to(june + timedelta(days=2))
    deliver()
    membership.refresh_from_db()
    assert (membership.status, books()) == (Membership.Status.CANCELED, before)
    assert Cancellation.objects.count() == 1


def test_twice_is_one_cancellation(sam: User, membership: Membership, deliver: Deliver, noon: datetime) -> None:
    first = cancel_membership(membership=membership, by=sam, now=noon)
    assert cancel_membership(membership=membership, by=sam, now=noon + timedelta(minutes=1)) == first
    deliver()
    assert Cancellation.objects.count() == 1


def test_staying_after_all_opens_the_renewal_again(
    sam: User, membership: Membership, deliver: Deliver, noon: datetime
) -> None:
    cancel_membership(membership=membership, by=sam, now=noon)
    undo_cancellation(membership=membership, by=sam, now=noon + timedelta(days=1))
    deliver()
    membership.refresh_from_db()
    assert not membership.cancel_at_period_end
    assert Cancellation.objects.get().undone_at == noon + timedelta(days=1)
    grace = Grant.objects.get(kind=Grant.Kind.GRACE)
    assert (grace.revoked_at, grace.revoked_reason) == (None, "")
    # And a second thought is a second row.
    cancel_membership(membership=membership, by=sam, now=noon + timedelta(days=2))
    assert Cancellation.objects.count() == 2


def test_leaving_with_a_payment_open_voids_it_and_stops_the_retries(
    box: Sandbox, sam: User, membership: Membership, deliver: Deliver, noon: datetime
) -> None:
    due = noon.replace(month=6)
    box.replace_card(Customer.objects.get(user=sam).stripe_id, card="4000000000000341")
    box.advance_to(due + timedelta(hours=3))
    deliver()
    cancel_membership(membership=Membership.objects.get(), by=sam, now=box.today())
    deliver()
    membership.refresh_from_db()
    assert membership.status == Membership.Status.CANCELED
    assert set(Invoice.objects.values_list("status", flat=True)) == {"paid", "void"}
    assert not perks(viewer=sam, creator=membership.creator, at=box.today()).is_member
    box.advance_to(due + timedelta(days=30))
    deliver()
    assert books("creator:") == {"creator:mika:pending:usd": -900}


def test_cancelling_on_the_providers_own_page_is_a_row_too(
    membership: Membership, deliver: Deliver, noon: datetime
) -> None:
    provider().v1.subscriptions.update(membership.stripe_subscription_id, {"cancel_at_period_end": True})
    deliver()
    assert Cancellation.objects.get().ends_at == noon.replace(month=6)
    provider().v1.subscriptions.update(membership.stripe_subscription_id, {"cancel_at_period_end": False})
    deliver()
    assert Cancellation.objects.get().undone_at is not None


def test_what_the_provider_never_heard_is_asked_again(
    box: Sandbox, sam: User, membership: Membership, noon: datetime
) -> None:
    box.faults.add("server_error", path="/v1/subscriptions/*")
    with pytest.raises(Exception, match="does not answer"):
        cancel_membership(membership=membership, by=sam, now=noon)
    assert Cancellation.objects.get().ends_at is None
    with time_machine.travel(noon + timedelta(minutes=5), tick=False):
        send_cancellations()
    assert Cancellation.objects.get().ends_at == noon.replace(month=6)


def test_only_the_member_or_staff(sam: User, lee: User, staff: User, membership: Membership, noon: datetime) -> None:
    with pytest.raises(NotYourMembership):
        cancel_membership(membership=membership, by=lee, now=noon)
    cancel_membership(membership=membership, by=staff, now=noon)
    assert Cancellation.objects.get().asked_by == staff


def test_others_do_not_even_see_the_page(client: Client, lee: User, membership: Membership) -> None:
    assert client.get(address(membership)).status_code == 302
    client.force_login(lee)
    assert client.get(address(membership)).status_code == 404


def test_an_unknown_reason_is_refused_beside_the_field(client: Client, sam: User, membership: Membership) -> None:
    client.force_login(sam)
    response = client.post(address(membership), {"reason": "because", "comment": ""})
    assert response.status_code == 422
    assert Cancellation.objects.count() == 0


def test_what_has_ended_is_not_cancelled_and_what_goes_on_not_undone(
    sam: User, membership: Membership, noon: datetime
) -> None:
    with pytest.raises(NothingToUndo):
        undo_cancellation(membership=membership, by=sam, now=noon)
    Membership.objects.update(status=Membership.Status.CANCELED)
    with pytest.raises(NothingToCancel):
        cancel_membership(membership=membership, by=sam, now=noon)
