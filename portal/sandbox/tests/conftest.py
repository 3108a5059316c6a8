"""Scenarios speak to the sandbox with the real SDK, in process. Any departure from the wire format fails the test."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import stripe

from portal.sandbox.engine import Sandbox
from portal.sandbox.tests.people import Platform, types_of_events
from portal.sandbox.transport import SandboxHTTPClient

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox in memory whose clock stands at noon of 31 January until it is advanced."""
    fresh = Sandbox(clock=lambda: NOON)
    yield fresh
    assert fresh.findings == []
    fresh.store.close()


@pytest.fixture
def api(sandbox: Sandbox) -> Any:
    return stripe.StripeClient("sk_test_sandbox", http_client=SandboxHTTPClient(sandbox), max_network_retries=0)


@pytest.fixture
def platform(api: Any, sandbox: Sandbox) -> Platform:
    """Shorthands for what nearly every scenario begins with."""
    return Platform(api, sandbox)


@pytest.fixture
def event_types(sandbox: Sandbox) -> Any:
    """`event_types("invoice.")` lists the types of all events so far, oldest first."""
    return partial(types_of_events, sandbox)


@pytest.fixture
def hosted(db: None, box: Sandbox) -> Platform:
    """A platform on the sandbox of the settings, which the hosted pages show."""
    api = stripe.StripeClient("sk_test_sandbox", http_client=SandboxHTTPClient(box), max_network_retries=0)
    return Platform(api, box)
