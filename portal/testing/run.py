"""`make test`: style and types, the suite on SQLite, in a browser, and on PostgreSQL; stops at the first red.

The suite on PostgreSQL comes last, so that the last line of all is pytest's own summary.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from portal.testing.browser import find_chromium
from portal.testing.postgres import NoPostgres, postgres
from portal.testing.production import PRODUCTION

BASE = Path(__file__).resolve().parents[2]
APPS = ("portal", "academy", "subscriptions", "rewards", "shop")
# Set to nothing, so that neither the shell nor a developer's .env reaches the tests.
CLEAN = dict.fromkeys(
    (
        "PRODUCTION",
        "DEBUG",
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_URL",
        "STRIPE_SECRET_KEY",
        "BEHIND_PROXY",
        "TIKTOK_CLIENT_KEY",
    ),
    "",
)
TERMINATE_PATIENCE = 10


class Red(Exception):
    """A step failed."""


def say(text: str) -> None:
    print(text, flush=True)


def tool(name: str) -> str:
    """A program of this environment."""
    return str(Path(sys.executable).parent / name)


@dataclass(frozen=True)
class Step:
    title: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def style_steps(scratch: Path) -> list[Step]:
    manage = (sys.executable, "manage.py")
    whole = {**PRODUCTION, "DATA_DIR": str(scratch / "production")}
    return [
        # The longest first: two run at a time.
        Step("types (mypy)", (tool("mypy"),)),
        Step("floors (import-linter)", (tool("lint-imports"), "--no-cache")),
        Step("style (ruff)", (tool("ruff"), "check", ".")),
        Step("layout (ruff format)", (tool("ruff"), "format", "--check", ".")),
        Step("templates (djlint)", (tool("djlint"), "--lint", "--quiet", "templates")),
        Step("migrations are complete", (*manage, "makemigrations", "--check", "--dry-run")),
        Step("production is set whole", (*manage, "check", "--deploy", "--fail-level", "WARNING"), whole),
    ]


def environment(scratch: Path, extra: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **CLEAN, "DATA_DIR": str(scratch / "data"), **extra}


def run_quietly(step: Step, scratch: Path) -> tuple[Step, float, str]:
    """Run a step; returns its time in seconds and, where it failed, what it said."""
    began = time.monotonic()
    done = subprocess.run(
        step.command,
        cwd=BASE,
        env=environment(scratch, step.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return step, time.monotonic() - began, (done.stdout or "it said nothing") if done.returncode else ""


def check_style(scratch: Path) -> None:
    """All of them, two at a time, so that one run shows everything that is wrong."""
    steps = style_steps(scratch)
    failed = []
    with ThreadPoolExecutor(2) as pool:
        for step, seconds, complaint in pool.map(lambda step: run_quietly(step, scratch), steps):
            say(f"  {'red  ' if complaint else 'green'} {seconds:6.1f} s  {step.title}")
            if complaint:
                failed.append(step.title)
                say(f"--- {' '.join(step.command)}\n{complaint.rstrip()}\n---")
    if failed:
        raise Red(", ".join(failed))


class Run:
    """The steps of one `make test`, each announced and timed."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.began = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        say(f"\n=== {title} ({time.monotonic() - self.began:.0f} s since the start) ===")
        began = time.monotonic()
        yield
        self.took = time.monotonic() - began

    def pytest(self, *arguments: str, **extra: str) -> None:
        command = [sys.executable, "-m", "pytest", "-rs", "--durations=10", *arguments]
        child = subprocess.Popen(command, cwd=BASE, env=environment(self.scratch, extra))
        try:
            code = child.wait()
        except BaseException:
            child.terminate()
            try:
                child.wait(TERMINATE_PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            raise
        if code:
            raise Red(" ".join(["pytest", *arguments]))

    def suite(self, arguments: Sequence[str], marked: str = "not browser and not once", **extra: str) -> None:
        # Whoever is done first takes over what waits at the other: a few tests take as long as a hundred others.
        self.pytest("-n", workers(), "--dist", "worksteal", "-m", marked, *arguments, **extra)

    def style(self) -> None:
        with self.step("Style and types"):
            check_style(self.scratch)

    def sqlite(self, arguments: Sequence[str]) -> None:
        with self.step("The suite on SQLite"):
            self.suite(arguments, "not browser")

    def browser(self) -> None:
        chromium = find_chromium()
        with self.step("The browser tests"):
            if chromium is None:
                say(
                    "!!! NO BROWSER TEST WAS RUN: there is no Chromium here.\n"
                    "!!! apt-get install chromium, or set CHROMIUM_PATH."
                )
                return
            say(f"in {chromium}")
            self.pytest("-m", "browser", CHROMIUM_PATH=chromium)

    def postgres(self, arguments: Sequence[str]) -> None:
        with self.step("The suite on PostgreSQL"):
            if given := os.environ.get("TEST_DATABASE_URL"):
                say("on TEST_DATABASE_URL")
                self.suite(arguments, DATABASE_URL=given)
                return
            with postgres() as cluster:
                user = cluster.who.pw_name if cluster.who else "this user"
                say(f"PostgreSQL {cluster.version()} from {cluster.programs}, run by {user}")
                self.suite(arguments, DATABASE_URL=cluster.url)


def workers() -> str:
    return str(min(max(os.cpu_count() or 2, 2), 8))


def interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """`--style` runs the first part alone, `--no-style` the others; further arguments go to pytest."""
    only_style, no_style = "--style" in arguments, "--no-style" in arguments
    rest = [argument for argument in arguments if argument not in ("--style", "--no-style")]
    # A cancelled CI job sends SIGTERM: clean up as after Ctrl-C.
    signal.signal(signal.SIGTERM, interrupted)
    scratch = Path(tempfile.mkdtemp(prefix="portal-run-"))
    run = Run(scratch)
    try:
        if not no_style:
            run.style()
        if not only_style:
            run.sqlite(rest)
            run.browser()
            run.postgres(rest)
    except Red as red:
        say(f"\nRED: {red}")
        return 1
    except NoPostgres as gone:
        say(f"\nRED: {gone}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
