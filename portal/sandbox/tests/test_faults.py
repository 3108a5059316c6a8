"""Trouble on order, and that the SDK's own retries meet it as they would meet the real thing."""

from typing import Any

import pytest
import stripe

from portal.sandbox.engine import Sandbox
from portal.sandbox.tests.people import Platform
from portal.sandbox.transport import SandboxHTTPClient


@pytest.fixture
def patient(sandbox: Sandbox) -> Any:
    """A client that tries again twice, as in production."""
    return stripe.StripeClient("sk_test_x", http_client=SandboxHTTPClient(sandbox), max_network_retries=2)


@pytest.fixture
def transfer(platform: Platform) -> dict[str, Any]:
    platform.sandbox.top_up(10_000)
    return {"amount": 500, "currency": "usd", "destination": platform.account()}


KEY: Any = {"idempotency_key": "payout-1"}


def test_rate_limit_does_nothing_and_forgets(platform: Platform, transfer: Any) -> None:
    platform.sandbox.faults.add("rate_limit", method="POST", path="/v1/transfers")
    with pytest.raises(stripe.RateLimitError):
        platform.api.v1.transfers.create(transfer, KEY)
    assert platform.api.v1.transfers.create(transfer, KEY).amount == 500
    assert platform.sandbox.faults.active() == []


def test_a_server_error_heals_by_the_sdks_retry(platform: Platform, patient: Any, transfer: Any) -> None:
    platform.sandbox.faults.add("server_error", path="/v1/transfers", times=2)
    assert patient.v1.transfers.create(transfer).amount == 500
    assert len(platform.api.v1.transfers.list().data) == 1


def test_a_lost_answer_is_not_done_twice(platform: Platform, patient: Any, transfer: Any) -> None:
    platform.sandbox.faults.add("timeout_after_commit", method="POST", path="/v1/transfers")
    with pytest.raises(stripe.APIConnectionError):
        platform.api.v1.transfers.create(transfer, KEY)
    again = patient.v1.transfers.create(transfer, KEY)
    assert [row.id for row in platform.api.v1.transfers.list().data] == [again.id]
    # The SDK's own retry carries the same key as well.
    platform.sandbox.faults.add("timeout_after_commit", method="POST", path="/v1/transfers")
    patient.v1.transfers.create(transfer)
    assert len(platform.api.v1.transfers.list().data) == 2


def test_a_stored_error_stays_with_its_key(platform: Platform, patient: Any, transfer: Any) -> None:
    platform.sandbox.faults.add("stored_error", path="/v1/transfers")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as refused:
            patient.v1.transfers.create(transfer, KEY)
        assert refused.value.http_status == 500
    assert platform.api.v1.transfers.list().data == []
    assert platform.api.v1.transfers.create(transfer, {"idempotency_key": "payout-1-b"}).amount == 500


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("balance_insufficient", "balance_insufficient"),
        ("insufficient_capabilities", "insufficient_capabilities_for_transfer"),
    ],
)
def test_refusals_of_transfers(platform: Platform, transfer: Any, kind: str, code: str) -> None:
    platform.sandbox.faults.add(kind, path="/v1/transfers")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        platform.api.v1.transfers.create(transfer)
    assert refused.value.code == code
    platform.api.v1.transfers.create(transfer)


def test_the_nth_call_and_how_often(platform: Platform) -> None:
    platform.sandbox.faults.add("server_error", method="GET", path="/v1/balance", nth=2, times=2)
    seen = []
    for _ in range(5):
        try:
            platform.api.v1.balance.retrieve()
            seen.append("ok")
        except stripe.APIError:
            seen.append("500")
    assert seen == ["ok", "500", "500", "ok", "ok"]


def test_a_fault_until_switched_off(platform: Platform) -> None:
    id = platform.sandbox.faults.add("server_error", path="/v1/*", times=0)
    for _ in range(3):
        with pytest.raises(stripe.APIError):
            platform.api.v1.balance.retrieve()
    platform.sandbox.faults.clear(id)
    platform.api.v1.balance.retrieve()
    with pytest.raises(ValueError, match="no fault is called"):
        platform.sandbox.faults.add("bad_weather")
