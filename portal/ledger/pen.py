"""The pen: the few statements that write to the books, one round trip each, the same on SQLite and PostgreSQL.

Plain SQL, because the ORM needs a look and a savepoint where `ON CONFLICT … RETURNING` needs neither, and because
accounts are found in the statement that writes the lines: no account is ever locked or updated.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper

from portal.kit.prepared import ready_cursor
from portal.ledger.chart import currency_of


def lines_digest(moved: Mapping[str, int]) -> str:
    """SHA-256 of an entry's lines, kept on the entry: what was posted can be told from what is there."""
    return hashlib.sha256(json.dumps(sorted(moved.items())).encode()).hexdigest()


def write_entry(
    *, key: str, kind: str, source_id: int | None, at: datetime, memo: str, digest: str, moved: Mapping[str, int]
) -> int | None:
    """Write entry, lines and seal; the entry's id, or None when the key is taken. Call inside a transaction."""
    with ready_cursor() as cursor:
        # Waits for another worker that is writing the same key, then yields to it.
        cursor.execute(
            "INSERT INTO ledger_entry (key, kind, source_id, at, memo, digest) VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (key) DO NOTHING RETURNING id",
            [key, kind, source_id, connection.ops.adapt_datetimefield_value(at), memo, digest],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        entry_id = row[0]
        written = _write_lines(cursor, entry_id, moved)
        if written < len(moved):
            _open_accounts(cursor, moved)
            written += _write_lines(cursor, entry_id, moved, only_missing=True)
        cursor.execute("INSERT INTO ledger_seal (entry_id) VALUES (%s)", [entry_id])
        return entry_id


def open_source(name: str) -> int | None:
    """Create the source with version 1 and return its id; None when it is known already."""
    with ready_cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_source (name, version) VALUES (%s, 1) ON CONFLICT (name) DO NOTHING RETURNING id",
            [name],
        )
        row = cursor.fetchone()
        return row[0] if row else None


def _write_lines(cursor: CursorWrapper, entry_id: int, moved: Mapping[str, int], *, only_missing: bool = False) -> int:
    values = ", ".join(["(CAST(%s AS varchar(120)), CAST(%s AS bigint))"] * len(moved))
    parameters: list[str | int] = [entry_id, *(part for line in sorted(moved.items()) for part in line)]
    sql = (
        "INSERT INTO ledger_line (entry_id, account_id, amount, currency)"
        " SELECT CAST(%s AS bigint), a.id, v.column2, a.currency"
        f" FROM (VALUES {values}) AS v JOIN ledger_account a ON a.code = v.column1"
    )
    if only_missing:
        sql += " WHERE NOT EXISTS (SELECT 1 FROM ledger_line l WHERE l.entry_id = %s AND l.account_id = a.id)"
        parameters.append(entry_id)
    cursor.execute(sql, parameters)
    return cursor.rowcount


def _open_accounts(cursor: CursorWrapper, moved: Mapping[str, int]) -> None:
    # Sorted, so that two workers who open the same accounts do not wait for each other in a circle.
    values = ", ".join(["(%s, %s)"] * len(moved))
    parameters: list[str] = [part for code in sorted(moved) for part in (code, currency_of(code))]
    cursor.execute(
        f"INSERT INTO ledger_account (code, currency) VALUES {values} ON CONFLICT (code) DO NOTHING", parameters
    )
