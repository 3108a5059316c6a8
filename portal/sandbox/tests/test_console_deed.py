"""What staff can do to the world around the provider."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.sandbox.tests.people import Platform
from portal.sandbox.views.console import DEEDS, OFFERS


@pytest.fixture
def do(client: Client, staff: User, hosted: Platform) -> Any:
    """`do("win", ref=...)` presses a button of the console."""
    client.force_login(staff)

    def press(deed: str, **given: Any) -> str:
        answer = client.post(reverse("console_deed", args=[deed]), given, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    return press


def test_every_offer_has_its_deed() -> None:
    assert {deed for offers in OFFERS.values() for deed, _ in offers} <= set(DEEDS)


def test_time_passes(do: Any, hosted: Platform) -> None:
    subscription = hosted.subscribe(hosted.customer().id, hosted.price().id)
    do("advance", until="2026-06-16T12:00")
    assert hosted.subscription(subscription.id).latest_invoice.billing_reason == "subscription_cycle"
    assert "time does not run backwards" in do("advance", until="2026-06-15T12:00")
    assert "until:" in do("advance", until="tomorrow")


def test_disputes_refunds_and_warnings(do: Any, hosted: Platform) -> None:
    charge, other = hosted.charge(1000), hosted.charge(2000)
    do("dispute", ref=charge)
    do("dispute", ref=other)
    second, first = hosted.api.v1.disputes.list().data
    do("win", ref=first.id)
    do("lose", ref=second.id)
    assert [row.status for row in hosted.api.v1.disputes.list().data] == ["lost", "won"]
    assert "already" in do("win", ref=first.id)
    refund = hosted.api.v1.refunds.create({"charge": hosted.charge(500)})
    do("fail_refund", ref=refund.id)
    assert hosted.api.v1.refunds.retrieve(refund.id).status == "failed"
    do("warn", ref=charge)
    assert len(hosted.api.v1.radar.early_fraud_warnings.list().data) == 1


def test_accounts_and_payouts(do: Any, hosted: Platform) -> None:
    account = hosted.account(onboarded=False)
    do("onboard", ref=account)
    do("top_up", amount_minor=5000, currency="usd")
    hosted.api.v1.transfers.create({"amount": 2500, "currency": "usd", "destination": account})
    hosted.later(days=1)
    (payout,) = hosted.api.v1.payouts.list({}, {"stripe_account": account}).data
    do("settle", ref=payout.id)
    do("bounce", ref=payout.id)
    assert hosted.api.v1.payouts.retrieve(payout.id, {}, {"stripe_account": account}).status == "failed"
    do("restrict", ref=account)
    assert hosted.api.v1.accounts.retrieve(account).capabilities.transfers == "inactive"


def test_events(do: Any, hosted: Platform) -> None:
    hosted.customer(card="")
    (event,) = hosted.api.v1.events.list().data
    do("resend", ref=event.id)
    assert hosted.sandbox.pending() == 2
    do("delay", ref=event.id)
    do("overtake", ref=event.id)
    do("reorder")
    assert hosted.sandbox.pending() == 2


def test_faults(do: Any, hosted: Platform) -> None:
    given = {"kind": "rate_limit", "method": "POST", "path": "/v1/transfers", "nth": 2, "times": 0, "seconds": 0}
    assert "/v1/transfers" in do("add_fault", **given)
    (fault,) = hosted.sandbox.faults.active()
    assert (fault.kind, fault.nth, fault.times) == ("rate_limit", 2, 0)
    do("clear_fault", ref=fault.id)
    assert hosted.sandbox.faults.active() == []
    assert "nth:" in do("add_fault", **{**given, "nth": 0})


def test_checkouts_and_clocks(do: Any, hosted: Platform) -> None:
    data: Any = {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Hat"}}
    sessions = [
        hosted.api.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": "http://testserver/",
                "line_items": [{"price_data": data, "quantity": 1}],
            }
        ).id
        for _ in range(2)
    ]
    do("pay", ref=sessions[0])
    do("expire", ref=sessions[1])
    statuses = [hosted.api.v1.checkout.sessions.retrieve(id).status for id in sessions]
    assert statuses == ["complete", "expired"]
    clock = hosted.api.v1.test_helpers.test_clocks.create({"frozen_time": 1_780_000_000})
    do("advance_clock", ref=clock.id)
    assert hosted.api.v1.test_helpers.test_clocks.retrieve(clock.id).frozen_time > 1_782_000_000


def test_nonsense(do: Any, hosted: Platform) -> None:
    assert "does not know how" in do("dance")


def test_who_may_not_and_how_not(client: Client, sam: User, staff: User, hosted: Platform) -> None:
    page = reverse("console_deed", args=["reorder"])
    assert client.post(page).status_code == 302
    client.force_login(sam)
    assert client.post(page).status_code == 403
    client.force_login(staff)
    assert client.get(page).status_code == 405
