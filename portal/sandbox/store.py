"""The sandbox's memory: an SQLite file of its own, never Django's connection.

A real provider does not roll back with us, so neither does this: one call is one IMMEDIATE transaction here, committed
before the answer is given, whatever becomes of the caller's transaction. Several processes and threads may share a file.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Counts changes of the schema; everything in it may be run again over an older file.
VERSION = 2
SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, account TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, account, seq);
CREATE TABLE IF NOT EXISTS private (ref TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (ref, name));
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS due (
    what TEXT, ref TEXT, clock TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (what, ref));
CREATE INDEX IF NOT EXISTS due_at ON due (clock, at);
CREATE TABLE IF NOT EXISTS balances (
    account TEXT, currency TEXT, available INTEGER NOT NULL, pending INTEGER NOT NULL, PRIMARY KEY (account, currency));
CREATE TABLE IF NOT EXISTS maturing (
    txn TEXT PRIMARY KEY, account TEXT NOT NULL, currency TEXT NOT NULL, net INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS maturing_at ON maturing (at);
CREATE TABLE IF NOT EXISTS payout_items (txn TEXT PRIMARY KEY, payout TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, type TEXT NOT NULL, endpoint TEXT NOT NULL,
    place REAL NOT NULL, state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL, answer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS deliveries_state ON deliveries (state, place);
CREATE INDEX IF NOT EXISTS deliveries_place ON deliveries (place);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    nth INTEGER NOT NULL, times INTEGER NOT NULL, seen INTEGER NOT NULL DEFAULT 0, seconds INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
# Fields that lists are asked by; without an index a payout run over thousands of objects would read them all each time.
INDEXED = (
    "customer charge payment_intent invoice subscription transfer_group destination source lookup_key code email test_clock"
).split()


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """For this one statement SQLite does not wait its turn when another process does the same at the same moment."""
    for pause in (0.05, 0.2, 0.5, 1.0, 2.0):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            time.sleep(pause)
    connection.execute("PRAGMA journal_mode=WAL")


class Store:
    """`path` None keeps everything in memory, for one process only."""

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = str(path) if path else ":memory:"
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._depth = 0

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        _switch_to_wal(connection)
        # A lost second of a sandbox after a power cut costs nothing; syncing each call would cost milliseconds.
        connection.execute("PRAGMA synchronous=NORMAL")
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            connection.executescript(SCHEMA)
            for field in INDEXED:
                connection.execute(
                    f"CREATE INDEX IF NOT EXISTS objects_{field} ON objects (kind, json_extract(body, '$.{field}'))"
                )
            connection.execute(f"PRAGMA user_version = {VERSION}")
        return connection

    @property
    def connection(self) -> sqlite3.Connection:
        # A forked worker must not speak through its parent's connection.
        if self._connection is None or (self._owner != os.getpid() and self.path != ":memory:"):
            self._connection, self._owner, self._depth = self._connect(), os.getpid(), 0
        return self._connection

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self.connection.execute(sql, values)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        return self.connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[bool]:
        """Everything inside is kept together or not at all; yields whether this is the outermost one."""
        with self._lock:
            connection, outermost = self.connection, self._depth == 0
            if outermost:
                connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield outermost
            except BaseException:
                if outermost:
                    connection.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    connection.execute("COMMIT")
            finally:
                self._depth -= 1

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction: undone alone when it raises."""
        self.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK TO part")
            self.execute("RELEASE part")
            raise
        self.execute("RELEASE part")

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
