"""`manage.py up`, run for real in a folder of its own."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings

# Far more than any step takes: a test machine may have much else to do.
PATIENCE = 120
NOTHING_SET = dict.fromkeys(
    ("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "EMAIL_URL", "PRODUCTION", "CELERY_EAGER"), ""
)
pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the process table of Linux"),
]


def wait_for(done: Callable[[], object], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, f"{what} did not happen in {seconds} s"
        time.sleep(0.05)


def members(parent: int) -> dict[str, int]:
    """The children of a process: what each runs → its process id."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if int(after_name[1]) == parent:
            name = next(
                (word for word in ("supervisor.web", "worker --", "beat --", "valkey-server") if word in command), ""
            )
            found[name or command] = int(entry.name)
    return found


def sessions_alive(pids: set[int]) -> set[int]:
    """The processes that belong to the session of one of these processes."""
    alive = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[3]) in pids:
            alive.add(int(entry.name))
    return alive


class Up:
    """One running `manage.py up`."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.output = (folder / "terminal.txt").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-demo", "--port", "18000"],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                **NOTHING_SET,
                "DATA_DIR": str(folder),
                "DJANGO_SETTINGS_MODULE": "portal.tests.up_settings",
                **environment,
            },
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.seen: set[int] = set()
        try:
            wait_for(lambda: "is open:" in self.text or self.process.poll() is not None, PATIENCE, "the welcome")
            assert self.process.poll() is None, self.text
            wait_for(lambda: len(self.note()) >= 3, PATIENCE, "the start of all children")
        except BaseException:
            self.end()
            raise

    @property
    def text(self) -> str:
        return (self.folder / "terminal.txt").read_text()

    @property
    def url(self) -> str:
        found = re.findall(r"is open: +(\S+)", self.text)
        assert found, self.text
        return found[-1]

    @property
    def broker(self) -> str:
        conf = dict(line.split(" ", 1) for line in (self.folder / "valkey" / "valkey.conf").read_text().splitlines())
        return f"redis://:{conf['requirepass']}@127.0.0.1:{conf['port']}/0"

    def note(self) -> dict[str, int]:
        """Who runs now; remembered, so that we can look for them afterwards."""
        now = members(self.process.pid)
        self.seen |= set(now.values())
        return now

    def status(self) -> int:
        with urllib.request.urlopen(self.url, timeout=PATIENCE) as answer:
            return int(answer.status)

    def start_job(self, seconds: float) -> Path:
        diary = self.folder / "diary.txt"
        Celery(broker=self.broker).send_task("tests.take_time", kwargs={"diary": str(diary), "seconds": seconds})
        wait_for(lambda: diary.exists() and "began" in diary.read_text(), PATIENCE, "the start of the job")
        return diary

    def end(self) -> None:
        """Whatever happened in the test: leave nothing behind."""
        self.note()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in sessions_alive(self.seen):
            os.kill(pid, signal.SIGKILL)
        self.output.close()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedded database with all its tables, made once."""
    folder = tmp_path_factory.mktemp("prepared")
    environment = {**os.environ, **NOTHING_SET, "DATA_DIR": str(folder)}
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True, timeout=PATIENCE)
    return folder


@pytest.fixture
def up(tmp_path: Path, prepared: Path) -> Iterator[Callable[..., Up]]:
    for part in prepared.glob("portal.sqlite3*"):
        shutil.copy(part, tmp_path)
    started: list[Up] = []

    def start(**environment: str) -> Up:
        started.append(Up(tmp_path, **environment))
        return started[-1]

    yield start
    for one in started:
        one.end()


def test_up_serves_restarts_what_dies_and_finishes_jobs_before_it_ends(up: Callable[..., Up]) -> None:
    portal = up()
    assert portal.status() == 200
    first = portal.note()
    assert set(first) == {"supervisor.web", "worker --", "beat --", "valkey-server"}

    os.kill(first["supervisor.web"], signal.SIGKILL)
    # Asked while no web server runs at all: the request waits in the queue of the socket.
    assert portal.status() == 200
    assert portal.note()["supervisor.web"] != first["supervisor.web"]
    assert "web ended with code -9; it starts again in 0.5 s" in portal.text

    diary = portal.start_job(seconds=2)
    portal.process.send_signal(signal.SIGTERM)
    assert portal.process.wait(timeout=PATIENCE) == 0
    assert diary.read_text() == "began\nfinished\n"
    ends = re.findall(r"(\w+) has stopped", portal.text)
    assert ends == ["beat", "worker", "web", "valkey"]
    assert sessions_alive(portal.seen) == set()


def test_second_interrupt_forces_the_end_and_the_job_runs_again(up: Callable[..., Up]) -> None:
    portal = up()
    diary = portal.start_job(seconds=30)
    portal.process.send_signal(signal.SIGINT)
    wait_for(lambda: "Ctrl-C again forces the end" in portal.text, PATIENCE, "the explanation")
    wait_for(lambda: "beat has stopped" in portal.text, PATIENCE, "the end of the timetable")
    portal.process.send_signal(signal.SIGINT)
    assert portal.process.wait(timeout=PATIENCE) == 0
    assert "Forced." in portal.text
    assert diary.read_text() == "began\n"
    assert sessions_alive(portal.seen) == set()

    again = up()
    wait_for(lambda: diary.read_text().count("began") == 2, PATIENCE, "the second start of the job")
    again.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "forces the end" in again.text, PATIENCE, "the explanation")
    again.process.send_signal(signal.SIGTERM)
    assert again.process.wait(timeout=PATIENCE) == 0


def test_without_valkey_files_carry_the_jobs(up: Callable[..., Up]) -> None:
    portal = up(EMBEDDED_VALKEY="0")
    assert portal.status() == 200
    assert "jobs travel through files" in portal.text
    assert set(portal.note()) == {"supervisor.web", "worker --", "beat --"}
    second = subprocess.run(
        [sys.executable, "manage.py", "up", "--no-demo"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATA_DIR": str(portal.folder)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert second.returncode == 1
    assert "already runs on this data" in second.stderr
    # The supervisor is killed outright: its children notice and leave by themselves.
    portal.process.kill()
    portal.process.wait()
    wait_for(lambda: not sessions_alive(portal.seen), PATIENCE, "the end of the orphans")


def test_up_refuses_to_show_the_demo_to_a_network(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--host", "0.0.0.0"],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in os.environ.items() if name != "DEMO"} | {"DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert "could sign in as staff with one click" in done.stderr


def test_up_says_when_a_database_is_older_than_its_migrations(tmp_path: Path, prepared: Path) -> None:
    for part in prepared.glob("portal.sqlite3*"):
        shutil.copy(part, tmp_path)
    with closing(sqlite3.connect(tmp_path / "portal.sqlite3")) as database:
        database.execute("ALTER TABLE feedback_answer DROP COLUMN text")
    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--no-demo"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **NOTHING_SET, "DATA_DIR": str(tmp_path), "EMBEDDED_VALKEY": "0"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert "lacks feedback_answer.text and 0 more" in done.stderr and str(tmp_path) in done.stderr
