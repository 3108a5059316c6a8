"""The loop around the children: no threads, one selector for all that can happen."""

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

from portal.supervisor.child import Child

TICK = 0.1
# How long a child has between "leave now" and the end.
HURRY = 5.0
TELL_EVERY = 5.0
COLORS = (36, 33, 35, 32, 34)


class Supervisor:
    """Use as a context manager: signals are caught inside, and at its end nothing that it started is left.

    The first SIGINT or SIGTERM asks for an orderly stop, the second forces it.
    """

    def __init__(self, log: Path, *, out: IO[str] | None = None) -> None:
        self.children: list[Child] = []
        self.stops_asked = 0
        self.out = out or sys.stdout
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log.open("w")
        self.selector = selectors.DefaultSelector()
        self.handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self.handlers[number] = signal.signal(number, self.note_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()
        self.selector.close()
        self.log.close()
        for number, handler in self.handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def note_signal(self, number: int, frame: FrameType | None) -> None:
        self.stops_asked += 1

    # --- Saying ---------------------------------------------------------------
    def say(self, text: str, name: str = "up") -> None:
        """One line of one child, in the terminal and in the log file."""
        prefix = f"{name:<7}|"
        self.log.write(f"{prefix} {text}\n")
        self.log.flush()
        if self.out.isatty():
            color = COLORS[sum(name.encode()) % len(COLORS)]
            prefix = f"\x1b[{color}m{prefix}\x1b[0m"
        self.out.write(f"{prefix} {text}\n")
        self.out.flush()

    # --- Children -------------------------------------------------------------
    def add(self, child: Child) -> Child:
        self.children.append(child)
        return self.start(child)

    def start(self, child: Child) -> Child:
        self.selector.register(child.start(time.monotonic()), selectors.EVENT_READ, lambda: self.read(child))
        return child

    def remove(self, child: Child) -> None:
        """Stop minding a child that is of no use."""
        self.children.remove(child)
        if child.process is not None:
            child.kill_all()
            child.process.wait()
            self.bury(child)

    def read(self, child: Child, *, last: bool = False) -> None:
        """Pass on what the child has written so far."""
        assert child.process is not None and child.process.stdout is not None
        descriptor = child.process.stdout.fileno()
        text = b""
        try:
            while piece := os.read(descriptor, 65_536):
                text += piece
            # End of file while the process may live on: it has closed its output itself.
            if not last:
                self.selector.unregister(descriptor)
        except BlockingIOError:
            pass
        for line in child.lines(text, last=last):
            self.say(line, child.name)

    def bury(self, child: Child) -> None:
        """The process is gone: read its last words, remove what it left behind, note its exit code."""
        assert child.process is not None and child.process.stdout is not None
        if child.process.stdout.fileno() in self.selector.get_map():
            self.selector.unregister(child.process.stdout)
        child.kill_all()
        self.read(child, last=True)
        child.process.stdout.close()
        child.exit_code = child.process.returncode
        child.process = None

    # --- Time -----------------------------------------------------------------
    def tick(self) -> None:
        """Wait a moment for output, tend the children once."""
        for key, _ in self.selector.select(TICK):
            key.data()
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and not child.runs:
                self.bury(child)
                if child.restart and not self.stops_asked:
                    pause = child.died(now)
                    self.say(f"{child.name} ended with code {child.exit_code}; it starts again in {pause:g} s")
            elif child.starts_again_at is not None and now >= child.starts_again_at and not self.stops_asked:
                self.start(child)

    def wait_until(self, done: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Tend the children until `done()`; False when a stop was asked for or the time is over first."""
        until = time.monotonic() + seconds
        while not done():
            if self.stops_asked or time.monotonic() > until:
                return False
            self.tick()
        return True

    def supervise(self) -> None:
        """Until a signal asks for the end."""
        self.wait_until(lambda: False)

    def listen_for_answer(self, host: str, port: int, path: str = "/") -> Callable[[], bool]:
        """Send one request to our own port, which waits in its queue until the web server is up.

        Returns a function that tells whether the answer has come.
        """
        answered: list[bytes] = []
        probe = socket.create_connection((host, port), timeout=5)
        probe.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n".encode())
        probe.setblocking(False)

        def receive() -> None:
            self.selector.unregister(probe)
            try:
                answered.append(probe.recv(64))
            except OSError:
                answered.append(b"")
            probe.close()

        self.selector.register(probe, selectors.EVENT_READ, receive)
        return lambda: bool(answered)

    # --- The end --------------------------------------------------------------
    def stop_all(self) -> None:
        """Stop the children in the reverse order of their start, each with its own patience."""
        for child in self.children:
            child.starts_again_at = None
        running = [child for child in reversed(self.children) if child.process is not None]
        if running and self.stops_asked:
            self.say("Stopping. Running jobs are finished first; Ctrl-C again forces the end.")
        for child in running:
            if self.stops_asked < 2:
                self.stop_patiently(child)
            if child.process is not None:
                self.stop_now(child)

    def wait_for(self, child: Child, seconds: float, *, signals: int) -> None:
        """Until the child is gone, the time is over, or the signals asked for have come."""
        began = told = time.monotonic()
        while child.process is not None and (now := time.monotonic()) < began + seconds and self.stops_asked < signals:
            self.tick()
            if now - told >= TELL_EVERY:
                told = now
                self.say(
                    f"Waiting for {child.name} to finish what it does ({now - began:.0f} s of at most {seconds:.0f} s)."
                )

    def stop_patiently(self, child: Child) -> None:
        child.ask(signal.SIGTERM)
        self.wait_for(child, child.patience, signals=2)
        if child.process is None:
            self.say(f"{child.name} has stopped")
        elif self.stops_asked < 2:
            self.say(f"{child.name} did not stop in {child.patience:.0f} s and is forced to.")
        else:
            self.say(
                "Forced. A job cut off now goes back to its queue and runs again after the next start; none is lost."
            )

    def stop_now(self, child: Child) -> None:
        child.ask(child.hurry)
        self.wait_for(child, HURRY, signals=3)
        if child.process is not None:
            child.kill_all()
            child.process.wait()
            self.bury(child)
