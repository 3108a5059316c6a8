"""/studio/payouts/<id>/: its way in time, and every line it pays."""

from datetime import datetime

import pytest
from django.test import Client

from portal.accounts.models import Creator
from portal.payments import gateway
from portal.payouts.actions import runs, sending
from portal.payouts.models import Payout
from portal.payouts.tests.conftest import Deliver, Earn, GetReady
from portal.sandbox.engine import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("till")]


@pytest.fixture
def payout(mika: Creator, earn: Earn, get_ready: GetReady, noon: datetime) -> Payout:
    earn(mika, 2_500)
    earn(mika, 1_234)
    get_ready(mika)
    return runs.reserve_run(run=runs.open_run(now=noon), now=noon).payouts.get()


def test_every_line_leads_to_where_it_came_from(client: Client, mika: Creator, payout: Payout, noon: datetime) -> None:
    sending.send_payout(payout_id=payout.pk, now=noon)
    client.force_login(mika.user)
    page = client.get(payout.get_absolute_url()).content.decode()
    for part in (
        "$37.34",
        "$25.00",
        "$12.34",
        "Rewards 1",
        "Rewards 2",
        "Set aside for you",
        "Sent to your payout account",
    ):
        assert part in page
    for key in ("rewards:1:1", "rewards:2:2", payout.ledger_key("reserve"), payout.ledger_key("sent")):
        assert f'href="/books/entries/{key}/"' in page
        assert client.get(f"/books/entries/{key}/").status_code == 200


def test_what_came_back_is_told(
    client: Client, mika: Creator, payout: Payout, deliver: Deliver, noon: datetime
) -> None:
    sending.send_payout(payout_id=payout.pk, now=noon)
    payout.refresh_from_db()
    gateway.client().v1.transfers.reversals.create(str(payout.stripe_transfer_id))
    deliver()
    client.force_login(mika.user)
    page = client.get(payout.get_absolute_url()).content.decode()
    assert "Came back" in page and "came back" in page


def test_a_refusal_shows_the_providers_word(
    client: Client, mika: Creator, payout: Payout, box: Sandbox, noon: datetime
) -> None:
    box.faults.add("insufficient_capabilities", path="/v1/transfers")
    sending.send_payout(payout_id=payout.pk, now=noon)
    client.force_login(mika.user)
    page = client.get(payout.get_absolute_url()).content.decode()
    assert "Refused by the payment provider" in page and "insufficient_capabilities" in page


def test_another_creators_payout_does_not_exist(client: Client, noor: Creator, payout: Payout) -> None:
    client.force_login(noor.user)
    assert client.get(payout.get_absolute_url()).status_code == 404
    assert client.get("/studio/payouts/nobody/").status_code == 404


def test_only_get(client: Client, mika: Creator, payout: Payout) -> None:
    client.force_login(mika.user)
    assert client.post(payout.get_absolute_url()).status_code == 405
