"""Portals of the audit's own: a scratch folder, a database, and the real ASGI application on a free port."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portal.audit.plan import Plan
from portal.supervisor.ports import free_port

BASE = Path(__file__).resolve().parents[2]
# Set to nothing, so that neither the shell nor a developer's .env reaches the portal.
CLEAN = ("PRODUCTION", "DEBUG", "DEMO", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "STRIPE_SECRET_KEY", "BEHIND_PROXY")
PATIENCE = 180.0
QUIET = "import django; django.setup(); from portal.audit.quiet import settle_in; "
QUIET += "from django.utils import timezone; settle_in(timezone.now())"


class NoPortal(Exception):
    """A portal did not come up; the message has what it said."""


@dataclass
class Portal:
    """`kind` is "full" (the demo's month) or "empty" (people who have nothing yet)."""

    kind: str
    folder: Path
    port: int = field(default_factory=free_port)
    settings: str = "portal.audit.settings"
    is_fast: bool = False
    plan: Plan = field(default_factory=Plan)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in CLEAN}
        return {
            **kept,
            **{name: "" for name in CLEAN if name not in ("PRODUCTION", "DEBUG", "DEMO", "BEHIND_PROXY")},
            "PRODUCTION": "0",
            "DEBUG": "0",
            "DEMO": "1",
            "DATA_DIR": str(self.folder),
            "SITE_URL": self.address,
            "DJANGO_SETTINGS_MODULE": self.settings,
            "LOG_LEVEL": "ERROR",
            "CELERY_EAGER": "0",
            # A language in which whatever nobody translated stays plain.
            "PSEUDO_LOCALE": "1",
        }

    def run(self, *command: str) -> None:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=BASE,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NoPortal(f"{' '.join(command)[:60]}:\n{done.stdout[-3000:]}")

    def prepare(self) -> None:
        """Database, people, files; then the portal says who visits what."""
        self.run("manage.py", "migrate", "--verbosity", "0")
        is_collected = self.kind == "empty" and (self.folder.parent / "static" / "staticfiles.json").exists()
        if self.settings == "portal.audit.settings" and not is_collected:
            self.run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        if self.kind == "full":
            self.run("manage.py", "demo")
        else:
            self.run("-c", QUIET)
        self.ask()

    def ask(self) -> None:
        target = self.folder / "plan.json"
        self.run("-m", "portal.audit.plan", str(target), self.kind, *(["fast"] if self.is_fast else []))
        self.plan = Plan.load(target)

    @contextmanager
    def served(self) -> Iterator["Portal"]:
        """Jobs run in place, so that what a form starts is done when its page comes back."""
        command = [sys.executable, "-m", "uvicorn", "portal.asgi:application", "--port", str(self.port)]
        command += ["--ws", "websockets-sansio", "--lifespan", "off", "--log-level", "error"]
        if not _is_free(self.port):
            raise NoPortal(f"Something listens on port {self.port} already: another audit with the same --keep?")
        with (self.folder / "server.log").open("w") as log:
            child = subprocess.Popen(
                command, cwd=BASE, env={**self.environment(), "CELERY_EAGER": "1"}, stdout=log, stderr=log
            )
            try:
                self._await(child)
                yield self
            finally:
                child.terminate()
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()

    def _await(self, child: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if child.poll() is not None:
                raise NoPortal((self.folder / "server.log").read_text()[-3000:])
            try:
                with urllib.request.urlopen(self.address + "/", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise NoPortal(f"{self.address} does not answer.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def scratch(
    say: Callable[[str], None], kinds: tuple[str, ...] = ("full", "empty"), keep: Path | None = None
) -> Iterator[dict[str, Portal]]:
    """The portals, prepared one after the other; their folder is removed at the end, or kept for the next time."""
    folder = keep.resolve() if keep else Path(tempfile.mkdtemp(prefix="portal-audit-"))
    try:
        portals = {}
        for kind in kinds:
            began = time.monotonic()
            portals[kind] = portal = _known(kind, folder / kind)
            if not portal.plan.visits:
                shutil.rmtree(portal.folder, ignore_errors=True)
                portal.folder.mkdir(parents=True)
                portal.prepare()
                (portal.folder / "port").write_text(str(portal.port))
            say(f"  {kind}: {len(portal.plan.visits)} visits planned, {time.monotonic() - began:.0f} s")
        yield portals
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _known(kind: str, folder: Path) -> Portal:
    """A portal that was kept, at the address which its data names; else a new one."""
    if (folder / "port").exists():
        portal = Portal(kind, folder, int((folder / "port").read_text()))
        portal.plan = Plan.load(folder / "plan.json")
        return portal
    return Portal(kind, folder)
