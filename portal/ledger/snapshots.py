"""Kept balances: a balance is what the account's newest snapshot says, plus the lines since. Small at any size."""

from django.db import connection

_KEPT = "SELECT n.{} FROM ledger_snapshot n WHERE n.account_id = a.id ORDER BY n.upto_line DESC LIMIT 1"
_BALANCE = (
    f"COALESCE(({_KEPT.format('balance')}), 0) + COALESCE((SELECT SUM(l.amount) FROM ledger_line l"
    f" WHERE l.account_id = a.id AND l.id > COALESCE(({_KEPT.format('upto_line')}), 0)), 0)"
)
# Each account with its balance; both parts are read through one index each.
BALANCES = f"SELECT a.code, {_BALANCE} FROM ledger_account a "
# On PostgreSQL most of the time would go into planning that query, again for each balance. A function keeps its plan.
FUNCTION = "ledger_balance"
FUNCTION_BODY = f"\nBEGIN\n  RETURN (SELECT {_BALANCE} FROM ledger_account a WHERE a.code = wanted);\nEND"


def read_balance(code: str) -> int:
    """One round trip; 0 for an account that never moved."""
    one = (
        f"SELECT {FUNCTION}(%s)"
        if connection.vendor == "postgresql"
        else f"SELECT {_BALANCE} FROM ledger_account a WHERE a.code = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(one, [code])
        row = cursor.fetchone()
    return int(row[0] or 0) if row else 0


def last_settled_line() -> int:
    """The highest line id below which nothing can appear any more. Call in a short transaction of its own.

    PostgreSQL hands out ids before transactions commit, so a lower id may become visible after a higher one. A SHARE
    lock waits for the writers of this moment and keeps the next ones out; an id is only handed out after the lock is
    passed. So what is committed now is everything up to the highest id, and later lines have higher ids.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL lock_timeout = '3s'")
            cursor.execute("LOCK TABLE ledger_line IN SHARE MODE")
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM ledger_line")
        return int(cursor.fetchone()[0])


def write_snapshots(*, batch_id: int, since: int, upto: int) -> None:
    """Keep the balance at line `upto` of every account that moved after line `since`, which is an older batch's end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_snapshot (batch_id, account_id, upto_line, balance)"
            " SELECT CAST(%s AS bigint), m.account_id, CAST(%s AS bigint), COALESCE(s.balance, 0) + m.moved"
            " FROM (SELECT account_id, SUM(amount) AS moved FROM ledger_line WHERE id > %s AND id <= %s"
            "       GROUP BY account_id) m"
            " LEFT JOIN ledger_snapshot s ON s.account_id = m.account_id AND s.upto_line = ("
            "   SELECT MAX(n.upto_line) FROM ledger_snapshot n WHERE n.account_id = m.account_id AND n.upto_line <= %s)",
            [batch_id, upto, since, upto, since],
        )
