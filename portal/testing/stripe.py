"""The payment provider in tests: a fresh sandbox on its own clock, and its events brought to our doors.

Whatever a test does with it, every request, answer and event must keep to the wire format of the installed SDK.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client

from portal.payments import inbox
from portal.payments.models import StripeEvent
from portal.sandbox import engine
from portal.sandbox.engine import Sandbox

MOST_ROUNDS = 20


@pytest.fixture
def box(tmp_path: Path, settings: object, noon: datetime) -> Iterator[Sandbox]:
    """A fresh sandbox in a file of its own; its clock stands at noon until `box.advance_to(moment)`."""
    settings.SANDBOX_STORE = tmp_path / "stripe-sandbox.sqlite3"  # type: ignore[attr-defined]
    fresh = engine.from_settings(clock=lambda: noon, notify=lambda: None)
    before = engine.use(fresh)
    try:
        yield fresh
        assert fresh.findings == [], "the sandbox departed from the provider's wire format"
    finally:
        engine.use(before)
        fresh.store.close()


Deliver = Callable[[], list[str]]


@pytest.fixture
def deliver(db: None, box: Sandbox) -> Deliver:
    """`deliver()` brings all waiting events through our endpoints and handles them, at the sandbox's time.

    Returns the kinds of the events handled, in order. What a handler raises goes up to the test.
    """
    browser = Client()

    def post(url: str, body: bytes, headers: dict[str, str]) -> object:
        return browser.post(urlsplit(url).path, body, content_type="application/json", headers=headers)

    def bring() -> list[str]:
        handled: list[str] = []
        with time_machine.travel(box.today(), tick=False):
            for _round in range(MOST_ROUNDS):
                sent = box.deliver_all(post)
                wrong = [f"{one.type}: {one.status}" for one in sent if not 200 <= one.status < 300]
                assert not wrong, f"our endpoint refused {wrong}"
                waiting = list(StripeEvent.objects.unhandled().order_by("pk"))
                if not sent and not waiting:
                    return handled
                for event in waiting:
                    assert inbox.handle(event_id=event.event_id, now=box.today()), f"{event} is in other hands"
                    handled.append(event.kind)
        raise AssertionError("events go round in circles")

    return bring
