"""SQLite files on which the migrations have run, kept in pytest's cache: later runs of the same migrations copy one."""

import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import django

BASE = Path(__file__).resolve().parents[2]
# What a migrated database is made of: the migrations, and the first rows that they put in.
SOURCES = ("**/migrations/*.py", "**/defaults.py")
FEW = 4


def key() -> str:
    """Changes with every migration, every first row, and with Django."""
    digest = hashlib.sha256(django.get_version().encode())
    for top in (BASE / name for name in ("portal", "academy", "subscriptions", "rewards", "shop")):
        for path in sorted(found for pattern in SOURCES for found in top.glob(pattern)):
            digest.update(str(path.relative_to(BASE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:20]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process migrates; whoever comes meanwhile waits and then copies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def copy(folder: Path, name: str, to: Path) -> bool:
    """Put the kept file at `to`; False when there is none."""
    kept = folder / f"{name}.sqlite3"
    if not kept.exists():
        return False
    shutil.copyfile(kept, to)
    os.utime(kept)
    return True


def keep(folder: Path, name: str, database: Path) -> None:
    """Keep a copy of a database that was just migrated, and only the newest few."""
    unfinished = folder / f"{name}.{os.getpid()}.part"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    unfinished.replace(folder / f"{name}.sqlite3")
    for old in sorted(folder.glob("*.sqlite3"), key=lambda path: path.stat().st_mtime, reverse=True)[FEW:]:
        with suppress(FileNotFoundError):
            old.unlink()
