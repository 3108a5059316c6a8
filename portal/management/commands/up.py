"""`manage.py up`: the whole portal from one command."""

import fcntl
import ipaddress
import os
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command, get_commands
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from portal.ledger.guards import missing_guards
from portal.schema import lacking_columns
from portal.supervisor.child import Child
from portal.supervisor.loop import Supervisor
from portal.supervisor.ports import listening_socket
from portal.supervisor.valkey import answers, find_valkey, valkey_child

# Long enough for any honest task; what takes longer is put back and runs again.
WORKER_PATIENCE = 120.0
ROLES = (
    ("creator", "a large creator"),
    ("small-creator", "a creator who has just begun"),
    ("fan", "somebody who subscribes"),
    ("brand", "a brand with products"),
    ("staff", "the people behind the portal"),
)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Two portals on the same data would fight over it."""
    with (folder / "up.lock").open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            raise CommandError(f"The portal already runs on this data: {held.read().strip()}") from None
        held.truncate(0)
        held.write(f"process {os.getpid()}")
        held.flush()
        yield


def is_private(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


class Command(BaseCommand):
    help = "Start everything: web server, worker, timetable, and an embedded Valkey unless REDIS_URL is set."
    requires_system_checks = ["portal"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        port = os.environ.get("PORT", "8000")
        parser.add_argument("--port", type=int, default=port, help="the port, or the next free one")
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, host: str, port: int, no_demo: bool, **options: Any) -> None:
        try:
            private = is_private(host)
        except ValueError:
            raise CommandError(f"--host takes an IP address, and “{host}” is none.") from None
        if settings.DEMO and not private and "DEMO" not in os.environ:
            raise CommandError(
                f"Whoever reaches {host} could sign in as staff with one click: set DEMO=0, or DEMO=1 if that is meant."
            )
        with only_one(settings.DATA_DIR), Supervisor(settings.DATA_DIR / "up.log") as supervisor:
            Portal(supervisor, host, port).open(demo=settings.DEMO and not no_demo)


class Portal:
    """The portal's processes, in the order of their start."""

    def __init__(self, supervisor: Supervisor, host: str, port: int) -> None:
        self.supervisor = supervisor
        self.say = supervisor.say
        self.socket = listening_socket(host, port)
        self.host, self.port = host, self.socket.getsockname()[1]
        self.url = settings.SITE_URL if "SITE_URL" in os.environ else f"http://localhost:{self.port}"
        self.environment = {"SITE_URL": self.url}
        if self.port != port:
            self.say(f"Port {port} is taken; using {self.port}.")

    def open(self, *, demo: bool) -> None:
        self.start_valkey()
        self.migrate()
        if not (demo and self.needs_demo()) or self.tell_demo():
            self.start_web()
            self.start_jobs()
            self.supervisor.supervise()

    def start_valkey(self) -> None:
        if settings.REDIS_URL:
            return
        program = find_valkey() if os.environ.get("EMBEDDED_VALKEY", "1") != "0" else None
        if program is None:
            self.say("No Valkey here: jobs travel through files, a second slower each.")
            return
        child, url = valkey_child(program, settings.DATA_DIR / "valkey")
        self.supervisor.add(child)
        if self.supervisor.wait_until(lambda: not child.runs or answers(url), 10) and child.runs:
            self.environment["REDIS_URL"] = url
        elif not self.supervisor.stops_asked:
            self.supervisor.remove(child)
            self.say("Valkey does not start here: jobs travel through files, a second slower each.")

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            self.say(f"Preparing the database: {len(plan)} steps")
            call_command("migrate", interactive=False, verbosity=0)
        elif lost := missing_guards():
            self.say(f"Putting the guards of the books back: {', '.join(lost)}")
            call_command("migrate", interactive=False, verbosity=0)
        if lost := missing_guards():
            raise CommandError(f"The books are not guarded: {', '.join(lost)}. Nothing is started.")
        if lacking := lacking_columns():
            raise CommandError(
                f"This database was made before the first release; it lacks {lacking[0]} and {len(lacking) - 1} more, "
                f"which no migration brings. Begin on an empty one (the embedded one is in {settings.DATA_DIR})."
            )
        connections.close_all()

    # --- The demo -------------------------------------------------------------
    @property
    def unfinished(self) -> Path:
        """This file exists while the demo is being told; found at a start, the telling was cut off."""
        return Path(settings.DATA_DIR / "demo-unfinished")

    def needs_demo(self) -> bool:
        from portal.accounts.models import User

        if get_commands().get("demo") is None:
            return False
        if self.unfinished.exists() and not settings.DATABASE_URL:
            self.say("The demo was cut off half told: it begins again on an empty database.")
            for path in (settings.DATA_DIR / "portal.sqlite3", settings.SANDBOX_STORE):
                for part in path.parent.glob(path.name + "*"):
                    part.unlink()
            self.migrate()
        empty = not User.objects.exists()
        connections.close_all()
        return empty

    def tell_demo(self) -> bool:
        """Fill the empty database; False if that was interrupted or failed."""
        self.say("Telling the demo: a month in the life of the portal")
        self.unfinished.touch()
        teller = Child("demo", self.python("manage.py", "demo"), self.environment, restart=False, patience=3)
        self.supervisor.add(teller)
        if not self.supervisor.wait_until(lambda: teller.exit_code is not None):
            return False
        if teller.exit_code:
            self.say("The demo could not be told; the lines above say why. The portal opens with what is there.")
        self.unfinished.unlink()
        return True

    # --- Web and jobs ---------------------------------------------------------
    def python(self, *arguments: str) -> list[str]:
        return [sys.executable, *arguments]

    def start_web(self) -> None:
        command = self.python("-m", "portal.supervisor.web", str(self.socket.fileno()))
        web = Child("web", command, self.environment, patience=15, pass_fds=(self.socket.fileno(),))
        self.supervisor.add(web)
        # The worker and the timetable wait, so that the first page has the machine to itself.
        answered = self.supervisor.listen_for_answer(self.host, self.port)
        if self.supervisor.wait_until(answered, 30):
            self.welcome()

    def start_jobs(self) -> None:
        if self.supervisor.stops_asked:
            return
        # Celery warns against root at length; in a container there is nobody else.
        celery = ("-W", "ignore:You're running the worker", "-m", "celery", "--quiet", "-A", "portal.celery")
        worker = self.python(*celery, "worker", "--concurrency=2", "--without-gossip", "--without-mingle", "--pidfile=")
        schedule = f"--schedule={settings.DATA_DIR / 'beat-schedule'}"
        self.supervisor.add(Child("worker", worker, self.environment, patience=WORKER_PATIENCE, hurry=signal.SIGQUIT))
        self.supervisor.add(Child("beat", self.python(*celery, "beat", schedule, "--pidfile="), self.environment))

    def welcome(self) -> None:
        self.say("")
        self.say(f"{settings.SITE_NAME} is open:  {self.url}/")
        if settings.DEMO:
            self.say("")
            self.say("Sign in with one click:")
            for role, meaning in ROLES:
                self.say(f"  {self.url + f'/demo/sign-in/{role}/':<50} {meaning}")
            self.say(f"  {self.url + '/demo/':<50} all of them on one page")
        if not settings.EMAIL_URL:
            self.say(f"  {self.url + '/outbox/':<50} the emails that the portal has written")
        self.say("")
        self.say("Ctrl-C stops everything; running jobs are finished first.")
