"""One supervised process: started in its own session, read line by line, restarted with growing pauses."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
# A child that lived this long was healthy: its next death starts again at the first pause.
HEALTHY_AFTER = 30.0
PR_SET_PDEATHSIG = 1


def follow_parent() -> Callable[[], None] | None:
    """What a Linux child does before it becomes the program: ask for SIGTERM should its parent vanish.

    The supervisor has a single thread, which makes code between fork and exec safe.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """`patience` is how many seconds the child may take to leave after SIGTERM."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 10.0
    restart: bool = True
    pass_fds: tuple[int, ...] = ()
    # What asks the child to leave at once but in order; a Celery worker puts its tasks back on SIGQUIT.
    hurry: signal.Signals = signal.SIGTERM

    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    exit_code: int | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    starts_again_at: float | None = field(default=None, init=False)
    deaths: int = field(default=0, init=False)
    unread: bytes = field(default=b"", init=False)

    def start(self, now: float) -> int:
        """Start the process; returns the file descriptor of its output, which never blocks."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment, "PYTHONUNBUFFERED": "1"},
            pass_fds=self.pass_fds,
            # Its own session: Ctrl-C in the terminal reaches the supervisor alone, which then stops things in order.
            start_new_session=True,
            preexec_fn=follow_parent(),  # noqa: PLW1509  there are no threads
        )
        self.started_at, self.starts_again_at, self.exit_code = now, None, None
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        return self.process.stdout.fileno()

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def died(self, now: float) -> float:
        """Note a death nobody asked for; returns the pause in seconds until the next start."""
        self.deaths = 1 if now - self.started_at > HEALTHY_AFTER else self.deaths + 1
        pause = min(FIRST_PAUSE * 2 ** (self.deaths - 1), LONGEST_PAUSE)
        self.starts_again_at = now + pause
        return pause

    def lines(self, text: bytes, *, last: bool = False) -> list[str]:
        """The complete lines that end in `text`; what follows the last line break waits for its own."""
        *whole, self.unread = (self.unread + text).split(b"\n")
        if last and self.unread:
            whole.append(self.unread)
            self.unread = b""
        return [line.decode(errors="replace").rstrip("\r") for line in whole]

    def ask(self, asked: signal.Signals) -> None:
        """Signal the parent process only: a pool's children must be left to finish their tasks."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(asked)

    def kill_all(self) -> None:
        """Kill what is left of the child's session, the pool's children included."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                return
