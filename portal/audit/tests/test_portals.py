"""A portal of the audit's own is never confused with another one."""

import socket
from pathlib import Path

import pytest

from portal.audit.portals import NoPortal, Portal

pytestmark = pytest.mark.once


def test_a_port_that_is_taken_is_not_looked_at(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        portal = Portal("full", tmp_path, port=taken.getsockname()[1])
        with pytest.raises(NoPortal, match="another audit"), portal.served():
            raise AssertionError("it was served")


def test_a_command_that_fails_says_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(NoPortal, match="no such deed"):
        Portal("full", tmp_path).run("-c", "raise SystemExit('no such deed')")


def test_the_portal_is_a_demo_whatever_the_shell_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODUCTION", "1")
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/portal")
    kept = Portal("empty", tmp_path).environment()
    assert (kept["PRODUCTION"], kept["DATABASE_URL"], kept["DATA_DIR"]) == ("0", "", str(tmp_path))
