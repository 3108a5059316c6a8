"""Fixtures for tests in a real browser: the real ASGI application, WebSockets included, on the test database.

They run in their own pytest call (`-m browser`): Playwright keeps an event loop in the thread of the tests.
"""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

EXPECTED_WITHIN_MS = 60_000
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    named = os.environ.get("CHROMIUM_PATH")
    return named or next((found for name in CHROMIUMS if (found := shutil.which(name))), None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What lies in a folder `tests/browser` is a browser test."""
    for item in items:
        if Path(item.path).parent.name == "browser":
            item.add_marker("browser")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser"):
        # Playwright's loop stands in this thread, where Django would refuse to touch the database.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium: apt-get install chromium, or set CHROMIUM_PATH")
    return {
        **browser_type_launch_args,
        "executable_path": chromium,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            # Small in containers; without this pages crash at random.
            "--disable-dev-shm-usage",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    from playwright.sync_api import expect

    # A busy machine is slow, not wrong.
    expect.set_options(timeout=EXPECTED_WITHIN_MS)
    return {**browser_context_args, "locale": "en-US", "timezone_id": "UTC", "reduced_motion": "reduce"}


@pytest.fixture
def asgi_server(transactional_db: None, settings: Any) -> Iterator[str]:
    """The address of the real ASGI application, served from a thread."""
    import uvicorn

    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    from portal.asgi import application

    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    address = f"http://localhost:{held.getsockname()[1]}"
    settings.SITE_URL = address
    settings.CSRF_TRUSTED_ORIGINS = [address]
    config = uvicorn.Config(application, ws="websockets-sansio", lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the server does not start"
        time.sleep(0.02)
    yield address
    server.should_exit = True
    thread.join(30)
    assert not thread.is_alive(), "the server does not stop"


@dataclass
class Console:
    """What a page complained about: script errors, failed requests, breaches of the content security policy."""

    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Any) -> None:
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{message.type}: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on(
            "response",
            lambda answer: self.complaints.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
        )
        page.on("requestfailed", self.note_failure)

    def note_failure(self, request: Any) -> None:
        # Aborted: the test, as a person may, went on to the next page before this one had come.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} ({request.failure})")


@pytest.fixture
def console(page: Any) -> Console:
    """Watches the test's `page`; assert `console.complaints == []` at the end."""
    watching = Console()
    watching.watch(page)
    return watching
