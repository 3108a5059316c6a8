from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.refunds import RefundIsUnderWay, refund_invoice
from subscriptions.models import Invoice, RefundOrder, Tier
from subscriptions.queries.access import perks
from subscriptions.tasks import sweep_offers
from subscriptions.tests.conftest import Join

pytestmark = pytest.mark.usefixtures("books_proved")
PARTLY = {
    "creator:mika:pending:usd": -540,
    "expense:stripe_fee:usd": 59,
    "income:platform_fee:usd": -60,
    "stripe:usd": 541,
}


@pytest.fixture
def payment(sam: User, gold: Tier, join: Join) -> Invoice:
    join(sam, gold)
    return Invoice.objects.get()


def address(payment: Invoice) -> str:
    return f"/studio/payments/{payment.public_id}/refund/"


def test_the_page_says_who_bears_what_and_then_does_it(
    client: Client, sam: User, mika: Creator, payment: Invoice, deliver: Deliver, noon: datetime
) -> None:
    client.force_login(mika.user)
    shown = client.get(address(payment), {"amount": "4.00"}).content.decode()
    for words in ("Give $4.00 back?", "$3.60 come from Mika", "$0.40 come from", "fee of $0.59", "$6.00 could be"):
        assert words in " ".join(shown.replace("<data", " <data").split()) or words in _plain(shown)
    assert client.post(address(payment), {"amount_minor": 400, "reason": "sorry"}).status_code == 302
    deliver()
    assert books() == PARTLY
    order = RefundOrder.objects.get()
    assert (order.asked_by, order.reason, order.state) == (mika.user, "sorry", RefundOrder.State.DONE)
    assert perks(viewer=sam, creator=mika, at=noon).is_member


def _plain(html: str) -> str:
    import re

    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_several_parts_are_several_orders_and_never_more_than_all(
    client: Client, mika: Creator, payment: Invoice, deliver: Deliver
) -> None:
    client.force_login(mika.user)
    answers = [client.post(address(payment), {"amount_minor": 400}).status_code for _time in range(3)]
    assert answers == [302, 302, 422]
    client.post(address(payment), {"amount_minor": 200})
    deliver()
    assert books() == {"expense:stripe_fee:usd": 59, "stripe:usd": -59}
    assert RefundOrder.objects.count() == 3
    assert "All of it has been given back" in client.get(address(payment)).content.decode()


def test_a_lost_answer_gives_nothing_back_twice(
    box: Sandbox, mika: Creator, payment: Invoice, deliver: Deliver, noon: datetime
) -> None:
    box.faults.add("timeout_after_commit", path="/v1/refunds")
    with pytest.raises(Exception, match="does not answer"):
        refund_invoice(invoice=payment, amount_minor=400, by=mika.user, now=noon)
    with pytest.raises(RefundIsUnderWay):
        refund_invoice(invoice=payment, amount_minor=100, by=mika.user, now=noon)
    for _twice in range(2):
        with time_machine.travel(noon.replace(hour=13), tick=False):
            sweep_offers()
        deliver()
        assert books() == PARTLY
    assert RefundOrder.objects.get().state == RefundOrder.State.DONE


def test_a_disputed_payment_is_not_given_back_beside_it(
    client: Client, box: Sandbox, mika: Creator, payment: Invoice, deliver: Deliver
) -> None:
    assert payment.charge is not None
    box.open_dispute(payment.charge.stripe_id)
    deliver()
    client.force_login(mika.user)
    assert "A bank is looking at this payment" in client.get(address(payment)).content.decode()
    assert client.post(address(payment), {"amount_minor": 400}).status_code == 422
    assert books("creator:") == {"creator:mika:held:usd": -900}


def test_staff_may_too_and_nobody_else(client: Client, sam: User, staff: User, noor: Creator, payment: Invoice) -> None:
    assert client.get(address(payment)).status_code == 302
    for somebody in (sam, noor.user):
        client.force_login(somebody)
        assert client.post(address(payment), {"amount_minor": 400}).status_code == 404
    assert not RefundOrder.objects.exists()
    client.force_login(staff)
    assert client.post(address(payment), {"amount_minor": 400}).status_code == 302


@pytest.mark.parametrize("amount", ["", "0", "-5", "1001", "1e9"])
def test_bad_amounts_move_nothing(client: Client, mika: Creator, payment: Invoice, amount: str) -> None:
    client.force_login(mika.user)
    assert client.post(address(payment), {"amount_minor": amount}).status_code == 422
    assert not RefundOrder.objects.exists()


def test_other_methods_are_refused(client: Client, mika: Creator, payment: Invoice) -> None:
    client.force_login(mika.user)
    assert client.delete(address(payment)).status_code == 405
