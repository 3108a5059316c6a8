"""Events come late, twice and out of order; old looks are recorded after newer ones. Books and doors end the same."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.models import User
from portal.ledger.queries import books
from portal.payments import inbox
from portal.payments.gateway import client
from portal.payments.models import StripeEvent
from portal.sandbox.engine import Sandbox
from subscriptions.actions.invoices import record_dispute, record_invoice, record_refund
from subscriptions.models import Checkout, Grant, Membership, Tier, TierPrice
from subscriptions.readings import DisputeReading, InvoiceReading, RefundReading
from subscriptions.tests.conftest import go_to_checkout

Deed = Callable[..., object]  # called with now=


def doors() -> list[tuple[object, ...]]:
    return sorted(Grant.objects.values_list("source", "kind", "from_at", "until_at", "revoked_reason"))


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_life_whose_events_are_shuffled_and_repeated(
    box: Sandbox, sam: User, gold: Tier, noon: datetime, seed: int
) -> None:
    """Join, renew, give a part back, dispute the first payment and lose: all events at the end, in any order."""
    session = go_to_checkout(sam, gold, noon).stripe_session_id
    box.complete_checkout(session)
    box.advance_to(noon.replace(month=6) + timedelta(hours=3))
    invoices = client().v1.invoices.list({"limit": 10}).data
    charges = client().v1.charges.list({"limit": 10}).data
    assert (len(invoices), len(charges)) == (2, 2)
    client().v1.refunds.create({"charge": charges[0].id, "amount": 300})
    box.close_dispute(box.open_dispute(charges[1].id)["id"], won=False)
    browser, chance = Client(), random.Random(seed)
    with time_machine.travel(box.today(), tick=False):
        box.deliver_all(
            lambda url, body, headers: browser.post(
                urlsplit(url).path, body, content_type="application/json", headers=headers
            )
        )
        ids = list(StripeEvent.objects.values_list("event_id", flat=True))
        for event_id in chance.sample(ids, len(ids)) + chance.choices(ids, k=8):
            StripeEvent.objects.filter(event_id=event_id).update(handled_at=None, claimed_at=None)
            assert inbox.handle(event_id=event_id, now=box.today())
    assert books() == {
        "creator:mika:pending:usd": -630,
        "expense:dispute_fee:usd": 1_500,
        "expense:stripe_fee:usd": 118,
        "income:platform_fee:usd": -70,
        "stripe:usd": -918,
    }
    july = noon.replace(month=7)
    subscription = Membership.objects.get().stripe_subscription_id
    paid = {(grant.from_at, grant.until_at) for grant in Grant.objects.filter(kind=Grant.Kind.PAID)}
    assert paid == {(noon, noon.replace(month=6)), (noon.replace(month=6), july)}
    grace = Grant.objects.get(kind=Grant.Kind.GRACE, revoked_at__isnull=True)
    assert (grace.source, grace.until_at) == (
        f"renewal:{subscription}:{int(july.timestamp())}",
        july + timedelta(days=1),
    )


@pytest.fixture
def attempt(sam: User, gold: Tier, noon: datetime) -> Checkout:
    price = TierPrice.objects.get(tier=gold)
    return Checkout.objects.create(
        fan=sam, creator=gold.creator, price=price, started_at=noon, expires_at=noon, public_id="attempt"
    )


def invoice(n: int, noon: datetime, price_id: str, *, status: str) -> InvoiceReading:
    start = noon + timedelta(days=30 * n)
    is_paid = status == "paid"
    return InvoiceReading(
        id=f"in_{n}",
        subscription_id="sub_1",
        checkout="attempt",
        status=status,
        currency="usd",
        paid=1_000 if is_paid else 0,
        tax=0,
        fee=59 if is_paid else 0,
        charge_id=f"ch_{n}" if is_paid else "",
        price_id=price_id,
        period_start_at=start,
        period_end_at=start + timedelta(days=30),
        issued_at=start,
        paid_at=start if is_paid else None,
    )


def life(noon: datetime, price_id: str, *, refund_ends: str, dispute_ends: str) -> list[Deed]:
    """Everything that is ever read of two invoices, a refund and a dispute, in the order of the world."""
    deeds: list[Deed] = []
    for n in (0, 1):
        for status in ("open", "paid"):
            reading = invoice(n, noon, price_id, status=status)
            deeds.append(partial(record_invoice, reading=reading))
    for status in ("pending", "succeeded", refund_ends):
        refund = RefundReading(id="re_1", charge_id="ch_0", amount=400, status=status)
        deeds.append(partial(record_refund, reading=refund))
    for status, amount in (("needs_response", 0), ("needs_response", 1_000), (dispute_ends, 1_000)):
        dispute = DisputeReading(id="du_1", charge_id="ch_1", amount=amount, fee=1_500 * bool(amount), status=status)
        deeds.append(partial(record_dispute, reading=dispute))
    return deeds


def told(deeds: list[Deed], now: datetime) -> tuple[dict[str, int], list[tuple[object, ...]]]:
    """The books and doors after these deeds, taken back afterwards."""
    with transaction.atomic():
        for deed in deeds:
            deed(now=now)
        found = books(), doors()
        transaction.set_rollback(True)
    return found


ENDS = st.tuples(st.sampled_from(["succeeded", "failed"]), st.sampled_from(["under_review", "won", "lost"]))


@given(data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_looks_recorded_in_any_order_and_twice(
    attempt: Checkout, gold: Tier, noon: datetime, data: st.DataObject
) -> None:
    price_id = TierPrice.objects.get(tier=gold).stripe_price_id
    now = noon + timedelta(days=40)
    refund_ends, dispute_ends = data.draw(ENDS)
    deeds = life(noon, price_id, refund_ends=refund_ends, dispute_ends=dispute_ends)
    expected = told(deeds, now)
    repeats = data.draw(st.lists(st.sampled_from(range(len(deeds))), max_size=6))
    order = data.draw(st.permutations([*range(len(deeds)), *repeats]))
    assert told([deeds[place] for place in order], now) == expected
    assert sum(expected[0].values()) == 0
