"""The guards of the books: database triggers, so that no code, no admin and no SQL console can forge a posted entry.

They refuse: changing or deleting what is written; a line for a sealed entry, or on an account that is not there; the
seal of an entry that does not balance in every currency, has fewer than two lines, or has a line in another currency
than its account; emptying a table (PostgreSQL). On SQLite a migration that rebuilds a table loses the table's triggers
without a word, so they are lifted before the migrations of this app and installed again after every `migrate`, and
counted by name at start-up.
"""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from portal.ledger import snapshots

APPEND_ONLY = (
    "ledger_account",
    "ledger_entry",
    "ledger_line",
    "ledger_seal",
    "ledger_batch",
    "ledger_snapshot",
    "ledger_booksproof",
)
GUARDED = (*APPEND_ONLY, "ledger_source")

REFUSED = "the books are append-only"
LATE = "the entry is sealed"
UNBALANCED = "the entry does not balance"
FEW_LINES = "an entry has two lines or more"
OTHER_CURRENCY = "a line has the currency of its account"
NO_ACCOUNT = "a line is on an account that exists"

# --- SQLite -------------------------------------------------------------------


def _sqlite() -> dict[str, str]:
    triggers = {}
    for table in APPEND_ONLY:
        for deed in ("UPDATE", "DELETE"):
            triggers[f"{table}_no_{deed.lower()}"] = _sqlite_trigger(f"BEFORE {deed} ON {table}", REFUSED)
    triggers["ledger_source_no_rename"] = _sqlite_trigger("BEFORE UPDATE OF id, name ON ledger_source", REFUSED)
    triggers["ledger_source_no_delete"] = _sqlite_trigger("BEFORE DELETE ON ledger_source", REFUSED)
    triggers["ledger_line_in_time"] = _sqlite_trigger(
        "BEFORE INSERT ON ledger_line WHEN EXISTS (SELECT 1 FROM ledger_seal WHERE entry_id = NEW.entry_id)", LATE
    )
    triggers["ledger_line_on_account"] = _sqlite_trigger(
        "BEFORE INSERT ON ledger_line WHEN NOT EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.account_id)",
        NO_ACCOUNT,
    )
    lines = "FROM ledger_line l WHERE l.entry_id = NEW.entry_id"
    triggers["ledger_seal_two_lines"] = _sqlite_trigger(
        f"BEFORE INSERT ON ledger_seal WHEN (SELECT COUNT(*) {lines}) < 2", FEW_LINES
    )
    triggers["ledger_seal_balanced"] = _sqlite_trigger(
        f"BEFORE INSERT ON ledger_seal WHEN EXISTS (SELECT 1 {lines} GROUP BY l.currency HAVING SUM(l.amount) <> 0)",
        UNBALANCED,
    )
    triggers["ledger_seal_currency"] = _sqlite_trigger(
        "BEFORE INSERT ON ledger_seal WHEN EXISTS (SELECT 1 FROM ledger_line l"
        " JOIN ledger_account a ON a.id = l.account_id WHERE l.entry_id = NEW.entry_id AND a.currency <> l.currency)",
        OTHER_CURRENCY,
    )
    return {name: f"CREATE TRIGGER {name} {body}" for name, body in triggers.items()}


def _sqlite_trigger(when: str, sentence: str) -> str:
    return f"{when} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"


# --- PostgreSQL ---------------------------------------------------------------
# Checks run once a statement on its transition table, not once a row. The entry's row is locked by whoever adds lines
# (shared) and whoever seals (alone), so a late line and a seal in two transactions cannot pass each other unseen.

FUNCTIONS = {
    "ledger_refuse": f"""
BEGIN
  RAISE EXCEPTION '{REFUSED}: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = '23514';
END""",
    "ledger_in_time": f"""
BEGIN
  PERFORM 1 FROM ledger_entry e WHERE e.id IN (SELECT entry_id FROM fresh) FOR KEY SHARE;
  IF EXISTS (SELECT 1 FROM ledger_seal s WHERE s.entry_id IN (SELECT entry_id FROM fresh)) THEN
    RAISE EXCEPTION '{LATE}' USING ERRCODE = '23514';
  END IF;
  IF EXISTS (SELECT 1 FROM fresh f WHERE NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.id = f.account_id)) THEN
    RAISE EXCEPTION '{NO_ACCOUNT}' USING ERRCODE = '23503';
  END IF;
  RETURN NULL;
END""",
    "ledger_balanced": f"""
BEGIN
  PERFORM 1 FROM ledger_entry e WHERE e.id IN (SELECT entry_id FROM fresh) FOR UPDATE;
  IF EXISTS (SELECT 1 FROM fresh f LEFT JOIN ledger_line l ON l.entry_id = f.entry_id
             GROUP BY f.entry_id HAVING COUNT(l.id) < 2) THEN
    RAISE EXCEPTION '{FEW_LINES}' USING ERRCODE = '23514';
  END IF;
  IF EXISTS (SELECT 1 FROM fresh f JOIN ledger_line l ON l.entry_id = f.entry_id
             GROUP BY f.entry_id, l.currency HAVING SUM(l.amount) <> 0) THEN
    RAISE EXCEPTION '{UNBALANCED}' USING ERRCODE = '23514';
  END IF;
  IF EXISTS (SELECT 1 FROM fresh f JOIN ledger_line l ON l.entry_id = f.entry_id
             JOIN ledger_account a ON a.id = l.account_id WHERE a.currency <> l.currency) THEN
    RAISE EXCEPTION '{OTHER_CURRENCY}' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END""",
}


def _postgresql() -> dict[str, tuple[str, str, str]]:
    """Trigger name → table, function, when it fires."""
    triggers = {}
    for table in APPEND_ONLY:
        triggers[f"{table}_no_change"] = (table, "ledger_refuse", f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW")
    triggers["ledger_source_no_rename"] = (
        "ledger_source",
        "ledger_refuse",
        "BEFORE UPDATE OF id, name ON ledger_source FOR EACH ROW",
    )
    triggers["ledger_source_no_delete"] = (
        "ledger_source",
        "ledger_refuse",
        "BEFORE DELETE ON ledger_source FOR EACH ROW",
    )
    for table in GUARDED:
        triggers[f"{table}_no_truncate"] = (table, "ledger_refuse", f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT")
    fresh = "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT"
    triggers["ledger_line_in_time"] = ("ledger_line", "ledger_in_time", f"AFTER INSERT ON ledger_line {fresh}")
    triggers["ledger_seal_balanced"] = ("ledger_seal", "ledger_balanced", f"AFTER INSERT ON ledger_seal {fresh}")
    return triggers


# --- Both ---------------------------------------------------------------------


def missing_guards(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Names of guards that are absent, switched off or altered in the database; empty when the books are guarded."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        return _missing_sqlite(connection)
    return _missing_postgresql(connection)


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Put every guard in place. Idempotent: what is there is replaced."""
    connection = connections[using]
    lift(using)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for sql in _sqlite().values():
                cursor.execute(sql)
            return
        _install_balance(cursor)
        for name, body in FUNCTIONS.items():
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $guard${body}$guard$"
            )
        for name, (_table, function, when) in _postgresql().items():
            cursor.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")


def _install_balance(cursor: CursorWrapper) -> None:
    """No guard, but like them it must be there after every migrate."""
    arguments = f"{snapshots.FUNCTION}(wanted text) RETURNS numeric LANGUAGE plpgsql STABLE"
    cursor.execute(f"CREATE OR REPLACE FUNCTION {arguments} AS $read${snapshots.FUNCTION_BODY}$read$")


def lift(using: str = DEFAULT_DB_ALIAS) -> None:
    """Take every guard away. Only migrations do this, and the test runner when it empties the tables."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _sqlite():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            return
        for name, (table, _function, _when) in _postgresql().items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")


def before_migrations(*, using: str, plan: Sequence[tuple[Any, bool]] = (), **_: object) -> None:
    """Lift the guards when a migration of the ledger itself is about to run; no other migration may touch the books."""
    if any(migration.app_label == "ledger" for migration, _backwards in plan) and tables_exist(using):
        lift(using)


def after_migrations(*, using: str, plan: Sequence[tuple[Any, bool]] = (), **_: object) -> None:
    if tables_exist(using) and missing_guards(using):
        install(using)


def tables_exist(using: str) -> bool:
    return set(GUARDED) <= set(connections[using].introspection.table_names())


def _missing_sqlite(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        there = dict(cursor.fetchall())
        cursor.execute("PRAGMA recursive_triggers")
        recursive = cursor.fetchone()[0]
    missing = [name for name, sql in _sqlite().items() if there.get(name) != sql]
    # Without this setting INSERT OR REPLACE deletes a row without asking the guard.
    return missing if recursive else [*missing, "PRAGMA recursive_triggers"]


def _missing_postgresql(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname, p.proname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relname = ANY(%s)",
            [list(GUARDED)],
        )
        there = {name: (function, body) for name, function, body in cursor.fetchall()}
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [snapshots.FUNCTION])
        bodies = [body for (body,) in cursor.fetchall()]
    missing = [] if bodies == [snapshots.FUNCTION_BODY] else [snapshots.FUNCTION]
    return missing + [
        name
        for name, (_table, function, _when) in _postgresql().items()
        if there.get(name) != (function, FUNCTIONS[function])
    ]
