"""The two jobs: deliver now, and what time brings."""

from typing import Any

import pytest
import requests

from portal.sandbox import tasks
from portal.sandbox.engine import from_settings
from portal.sandbox.tests.people import Platform


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that events were sent to; the socket is all that is replaced."""
    addresses: list[str] = []

    def post(url: str, **given: Any) -> Any:
        addresses.append(url)
        answer = requests.Response()
        answer.status_code, answer._content = 200, b""
        return answer

    monkeypatch.setattr(requests, "post", post)
    return addresses


def test_waiting_events_are_posted_to_our_endpoints(hosted: Platform, posted: list[str], settings: Any) -> None:
    hosted.customer(card="")
    hosted.account(onboarded=False)
    tasks.deliver_events()
    assert posted == [f"{settings.SITE_URL}/stripe/events/", f"{settings.SITE_URL}/stripe/thin-events/"]
    tasks.deliver_events()
    assert len(posted) == 2 and hosted.sandbox.pending() == 0


def test_time_brings_what_is_due(hosted: Platform, posted: list[str]) -> None:
    account = hosted.account()
    hosted.sandbox.top_up(1000)
    hosted.api.v1.transfers.create({"amount": 500, "currency": "usd", "destination": account})
    later = hosted.sandbox.clock().replace(day=18)
    hosted.sandbox.clock = lambda: later
    tasks.deliver_due()
    (payout,) = hosted.api.v1.payouts.list({}, {"stripe_account": account}).data
    assert payout.status == "paid" and hosted.sandbox.pending() == 0


def test_beside_a_real_provider_they_do_nothing(hosted: Platform, posted: list[str], settings: Any) -> None:
    hosted.customer(card="")
    settings.SANDBOX = False
    tasks.deliver_events()
    tasks.deliver_due()
    assert posted == []


def test_a_call_wakes_the_worker(hosted: Platform, posted: list[str], django_capture_on_commit_callbacks: Any) -> None:
    from portal.sandbox.delivery import wake_worker

    hosted.sandbox.notify = wake_worker
    with django_capture_on_commit_callbacks(execute=True):
        hosted.customer(card="")
    assert len(posted) == 1


def test_never_in_production(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(RuntimeError, match="never runs in production"):
        from_settings()
