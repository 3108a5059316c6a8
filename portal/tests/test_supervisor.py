"""The supervisor with small children of its own; `test_up.py` runs the real ones."""

import io
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.supervisor.child import FIRST_PAUSE, HEALTHY_AFTER, LONGEST_PAUSE, Child
from portal.supervisor.loop import Supervisor
from portal.supervisor.ports import listening_socket

pytestmark = pytest.mark.once


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "up.log", out=io.StringIO()) as one:
        yield one


def shell(name: str, script: str, **fields: object) -> Child:
    return Child(name, ["/bin/sh", "-c", script], **fields)  # type: ignore[arg-type]


def said(supervisor: Supervisor) -> str:
    assert isinstance(supervisor.out, io.StringIO)
    return supervisor.out.getvalue()


def test_lines_of_a_child_carry_its_name_in_the_terminal_and_the_log(supervisor: Supervisor, tmp_path: Path) -> None:
    child = supervisor.add(shell("teller", "echo one; echo two >&2; printf three", restart=False))
    assert supervisor.wait_until(lambda: child.exit_code is not None, 5)
    assert [line for line in said(supervisor).splitlines() if line.startswith("teller")] == [
        "teller | one",
        "teller | two",
        "teller | three",
    ]
    assert "teller | two\n" in (tmp_path / "up.log").read_text()


def test_dead_child_starts_again(supervisor: Supervisor) -> None:
    child = supervisor.add(shell("frail", "echo born; exit 3"))
    assert supervisor.wait_until(lambda: said(supervisor).count("| born") == 2, 10)
    assert child.restart
    assert "frail ended with code 3; it starts again in 0.5 s" in said(supervisor)


def test_pauses_double_up_to_a_limit_and_a_healthy_life_forgives() -> None:
    child = Child("frail", ["true"])
    pauses = [child.died(now=1.0) for _ in range(8)]
    assert pauses == [FIRST_PAUSE * 2**n for n in range(6)] + [LONGEST_PAUSE, LONGEST_PAUSE]
    assert child.died(now=HEALTHY_AFTER + 1) == FIRST_PAUSE


def test_children_stop_in_reverse_order_each_when_it_is_done(supervisor: Supervisor) -> None:
    patient = "trap 'sleep 0.4; echo done; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    for name in ("store", "web", "worker"):
        supervisor.add(shell(name, patient, patience=10))
    assert supervisor.wait_until(lambda: said(supervisor).count("ready") == 3, 5)
    supervisor.note_signal(signal.SIGTERM, None)
    supervisor.stop_all()
    told = [line for line in said(supervisor).splitlines() if "| done" in line or "has stopped" in line]
    assert told == [
        "worker | done",
        "up     | worker has stopped",
        "web    | done",
        "up     | web has stopped",
        "store  | done",
        "up     | store has stopped",
    ]


def test_signal_reaches_the_parent_alone(supervisor: Supervisor, tmp_path: Path) -> None:
    """A pool's child that works is left to finish: its parent waits for it."""
    inner = f"trap 'echo hit > {tmp_path}/hit' TERM; sleep 0.6; echo finished > {tmp_path}/finished"
    script = f"/bin/sh -c \"{inner}\" & trap 'wait; exit 0' TERM; echo ready; wait; wait"
    supervisor.add(shell("pool", script, patience=5))
    assert supervisor.wait_until(lambda: "ready" in said(supervisor), 5)
    supervisor.note_signal(signal.SIGTERM, None)
    supervisor.stop_all()
    assert (tmp_path / "finished").exists()
    assert not (tmp_path / "hit").exists()


def test_what_a_dead_child_leaves_behind_is_removed(supervisor: Supervisor, tmp_path: Path) -> None:
    script = f"(sleep 1.5; touch {tmp_path}/orphan) & echo ready; exit 1"
    child = supervisor.add(shell("careless", script))
    assert supervisor.wait_until(lambda: child.deaths == 1, 5)
    child.starts_again_at = None
    supervisor.wait_until(lambda: False, 2)
    assert not (tmp_path / "orphan").exists()


def test_stubborn_child_is_forced_after_its_patience(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.supervisor.loop.HURRY", 0.3)
    supervisor.add(shell("deaf", "trap '' TERM; echo ready; while :; do sleep 0.05; done", patience=0.3))
    assert supervisor.wait_until(lambda: "ready" in said(supervisor), 5)
    supervisor.stop_all()
    assert "deaf did not stop in 0 s and is forced to." in said(supervisor)
    assert supervisor.children[0].exit_code == -signal.SIGKILL


def test_second_signal_explains_and_forces(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.supervisor.loop.HURRY", 0.3)
    supervisor.add(shell("worker", "trap '' TERM; echo ready; while :; do sleep 0.05; done", patience=60))
    assert supervisor.wait_until(lambda: "ready" in said(supervisor), 5)
    began = time.monotonic()
    supervisor.stops_asked = 2
    supervisor.stop_all()
    assert time.monotonic() - began < 5
    assert not supervisor.children[0].runs


def test_real_interrupt_ends_the_wait(supervisor: Supervisor) -> None:
    signal.raise_signal(signal.SIGINT)
    supervisor.supervise()
    assert supervisor.stops_asked == 1


def test_taken_port_gives_the_next_free_one() -> None:
    with (
        listening_socket("127.0.0.1", 18_500) as first,
        listening_socket("127.0.0.1", first.getsockname()[1]) as second,
    ):
        assert second.getsockname()[1] > first.getsockname()[1]
        with socket.create_connection(second.getsockname(), timeout=2):
            pass


def test_answer_is_noticed_only_when_it_comes(supervisor: Supervisor) -> None:
    with listening_socket("127.0.0.1", 18_600) as held:
        answered = supervisor.listen_for_answer(*held.getsockname())
        assert not supervisor.wait_until(answered, 0.3)
        server = (
            "import socket, sys; held = socket.socket(fileno=int(sys.argv[1]));"
            "one, _ = held.accept(); one.recv(999); one.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')"
        )
        command = [sys.executable, "-c", server, str(held.fileno())]
        supervisor.add(Child("web", command, restart=False, pass_fds=(held.fileno(),)))
        assert supervisor.wait_until(answered, 10)
