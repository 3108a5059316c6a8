"""From a bare Python to a portal that can start: `python3 portal/bootstrap.py setup`.

Standard library only, and written so that a Python too old for the portal can still read the file and say so.
A finished step is stamped with the hash of what it installed; a second start finds the stamps and does nothing.
"""

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
NEWER_FIRST = ("python3.13", "python3.12", "python3.11")
# Each is part of Python itself, and each is left out by some way of installing Python.
NEEDED_PARTS = {"venv": "venv", "ensurepip": "venv", "ssl": "", "sqlite3": "", "ctypes": "", "zlib": ""}
LOCKS = {
    "setup": "requirements.txt",
    "embedded": ".requirements/embedded.txt",
    "dev": ".requirements/dev.txt",
    "audit": ".requirements/audit.txt",
}
# pip's words for where packages come from, and uv's.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}


class Stop(Exception):
    """Setting up cannot go on; the message is one sentence for the person at the keyboard."""


def say(text: str) -> None:
    print(text, flush=True)


@contextlib.contextmanager
def step(title: str) -> "Iterator[None]":
    say("· " + title + " …")
    began = time.monotonic()
    yield
    say("  done in {:.1f} s".format(time.monotonic() - began))


def ask_python(python: str, program: str) -> str:
    """What `program` prints under that interpreter, or "" if it cannot run (a shim may stand for nothing)."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.decode().strip()


def find_python() -> str:
    """The interpreter to build on: this one if it is new enough, else the newest found on the path."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for name in NEWER_FIRST:
        path = shutil.which(name)
        if path and ask_python(path, "import sys; print(sys.version_info >= (3, 11))") == "True":
            say("  python3 is {}.{}; using {}".format(*sys.version_info[:2], path))
            return path
    raise Stop(
        "Python 3.11 or newer is needed, and python3 here is {}.{}: install it "
        "(Debian 12, Ubuntu 24.04 and newer: sudo apt-get install python3 python3-venv), then try again.".format(
            *sys.version_info[:2]
        )
    )


def missing_part() -> str:
    """A sentence about a part of Python that was left out, or "" if all are here."""
    version = "{}.{}".format(*sys.version_info[:2])
    for part, package in NEEDED_PARTS.items():
        try:
            __import__(part)
        except ImportError:
            if package:
                return "Python's {} is missing; on Debian and Ubuntu: sudo apt-get install python{}-{}".format(
                    part, version, package
                )
            return "This Python {} ({}) was built without {}; install one that has it.".format(
                version, sys.executable, part
            )
    return ""


class Environment:
    """The folder `.venv`, and what is stamped as done in it."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.folder = base / ".venv"
        self.python = self.folder / "bin" / "python"

    def works(self) -> bool:
        return self.python.exists() and ask_python(str(self.python), "import pip; print(1)") == "1"

    def make(self) -> None:
        with step("Making .venv with Python {}.{}".format(*sys.version_info[:2])):
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(self.folder)], check=True)

    def stamp(self, name: str) -> Path:
        return self.folder / ".stamp-{}".format(name)

    def wanted(self, name: str) -> str:
        """What the stamp says when all of that lock file is installed in this very environment."""
        text = (self.base / LOCKS[name]).read_bytes() + os.path.realpath(str(self.python)).encode()
        return hashlib.sha256(text).hexdigest()

    def has(self, name: str) -> bool:
        try:
            return self.python.exists() and self.stamp(name).read_text().split()[0] == self.wanted(name)
        except (OSError, IndexError):
            return False

    def install(self, name: str) -> None:
        lock = self.base / LOCKS[name]
        if not (self.install_with_uv(lock) or self.install_with_pip(lock)):
            raise Stop("Installing {} failed; the lines above say why.".format(LOCKS[name]))
        self.stamp(name).write_text(self.wanted(name) + "\n")

    def install_with_pip(self, lock: Path) -> bool:
        say("  with pip, which takes a minute or two")
        command = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        return subprocess.run([*command, "--require-hashes", "-r", str(lock)], check=False).returncode == 0

    def install_with_uv(self, lock: Path) -> bool:
        if not self.has_uv():
            return False
        command = [str(self.folder / "bin" / "uv"), "pip", "install", "--python", str(self.python)]
        # The person's own uv settings are meant for other projects; the places packages come from are pip's.
        settings = dict(os.environ, UV_NO_CONFIG="1", **self.places())
        return (
            subprocess.run([*command, "--require-hashes", "-r", str(lock)], env=settings, check=False).returncode == 0
        )

    def has_uv(self) -> bool:
        """Install uv at its pinned version and hash, unless it is there."""
        if (self.folder / "bin" / "uv").exists():
            return True
        pin = re.search(r"^uv==.*(?:\n    .*)*", (self.base / LOCKS["dev"]).read_text(), re.MULTILINE)
        if pin is None:
            return False
        with tempfile.TemporaryDirectory() as folder:
            only_uv = Path(folder) / "uv.txt"
            only_uv.write_text(pin.group() + "\n")
            command = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            done = subprocess.run([*command, "--require-hashes", "--no-deps", "-r", str(only_uv)], check=False)
        return done.returncode == 0

    def places(self) -> dict:
        """uv does not read pip's configuration: tell it the same indexes, which a company's mirror depends on."""
        done = subprocess.run(
            [str(self.python), "-m", "pip", "config", "list"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        # Of one package several indexes may have several versions; every file is checked by its hash anyhow.
        found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
        for line in done.stdout.decode().splitlines():
            key, _, value = line.partition("=")
            name = PIP_TO_UV.get(key.rpartition(".")[2].replace("_", "-"))
            if name and name not in os.environ:
                found[name] = " ".join(value.strip("'\"").replace("\\n", " ").split())
        return found


def write_secret(base: Path) -> bool:
    """Put a random SECRET_KEY into `.env`, readable by its owner only, unless one is there."""
    path = base / ".env"
    known = path.read_text() if path.exists() else ""
    if re.search(r"^(?:export )?SECRET_KEY=", known, re.MULTILINE):
        return False
    opened = os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.chmod(str(path), 0o600)
    with os.fdopen(opened, "a") as file:
        gap = "\n" if known and not known.endswith("\n") else ""
        file.write(gap + "SECRET_KEY=" + secrets.token_urlsafe(50) + "\n")
    return True


def setup(environment: Environment) -> None:
    """All that `make run` needs: the environment, the packages, the secret."""
    if not environment.has("setup"):
        if not environment.works():
            environment.make()
        with step("Installing the packages of requirements.txt, each checked by its hash"):
            environment.install("setup")
    if not environment.has("embedded"):
        with step("Installing the embedded Valkey"):
            try:
                environment.install("embedded")
            except Stop:
                # Stamped all the same: asking again at every start would cost minutes and change nothing.
                environment.stamp("embedded").write_text(environment.wanted("embedded") + " unavailable\n")
                say("  There is no embedded Valkey for this platform: jobs will travel through files instead.")
    if write_secret(environment.base):
        say("· Wrote a random SECRET_KEY into .env")


def setup_dev(environment: Environment) -> None:
    setup(environment)
    if not environment.has("dev"):
        with step("Installing the tools for tests and style"):
            environment.install("dev")


def setup_audit(environment: Environment) -> None:
    setup_dev(environment)
    if not environment.has("audit"):
        with step("Installing Node for the audit"):
            environment.install("audit")


def main(arguments: list) -> int:
    deeds = {"setup": setup, "setup-dev": setup_dev, "setup-audit": setup_audit}
    if len(arguments) != 1 or arguments[0] not in deeds:
        say("usage: python3 portal/bootstrap.py setup|setup-dev|setup-audit")
        return 2
    try:
        python = find_python()
        if python != sys.executable:
            os.execv(python, [python, str(Path(__file__).resolve()), *arguments])
        problem = missing_part()
        if problem:
            raise Stop(problem)
        deeds[arguments[0]](Environment(BASE))
    except Stop as stop:
        say(str(stop))
        return 1
    except subprocess.CalledProcessError as error:
        say("This command failed: " + " ".join(map(str, error.cmd)))
        return 1
    except KeyboardInterrupt:
        say("\nStopped. The next start goes on from here.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
