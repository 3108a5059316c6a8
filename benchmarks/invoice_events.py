"""Renewals: invoice events through inbox, handler, grant and books, against the same rows written by hand.

    python -m benchmarks.invoice_events                     10,000 events a side
    python -m benchmarks.invoice_events --events 2000

Two workers on a PostgreSQL that waits for the disk. Our side stores each event (`inbox.store`) and handles it
(`inbox.handle`): claim, handler, facts, share, books, grant, grace, tenure, receipt, mark, in three transactions, of
which the claim's does not wait for the disk. The reference is the leanest that one can write by hand with psycopg for an event: it is kept durably in a transaction of its
own, as the provider is answered only then; a second one reads the membership by its subscription and writes the same
rows, with the ids of prices, shares and accounts known beforehand and no question asked.

What the provider says now is answered from memory on both sides, and waking a worker (a message to the broker) is
neither side's. The sides take turns in bursts of both workers together; at the end the rows of both are counted and the
books compared, to the cent.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.renewals import AT, CREATORS, DAY, FEE, PRICE, SIDES, UNTIL, event, fill, invoice_of

WORKERS, BURSTS, WARM_UP = 2, 5, 50
GOAL = 0.5
# Tables in which an event leaves rows, and the column that tells whose they are; lines and seals belong to entries.
WRITTEN = {
    "payments_stripeevent": "event_id",
    "subscriptions_invoice": "stripe_id",
    "subscriptions_charge": "stripe_id",
    "subscriptions_grant": "source",
    "subscriptions_tenuremonth": "source",
    "notices_notice": "key",
    "ledger_source": "name",
    "ledger_entry": "key",
}


# --- Inside: a process with Django on the benchmark's database -----------------------------------------------------


def prepare() -> None:
    import django

    django.setup()
    from portal.kit import jobs
    from portal.payments import gateway

    gateway._look = lambda kind, id, account: invoice_of(id[3], int(id[4:]))
    # Waking a worker is the broker's; what is to be done is a row already.
    jobs.enqueue = lambda name, **_: None
    for module in list(sys.modules.values()):
        if getattr(module, "enqueue", None) is not None and module.__name__.startswith(("portal", "subscriptions")):
            module.enqueue = jobs.enqueue


def ours() -> Callable[[int], object]:
    from portal.payments import inbox

    def deed(number: int) -> None:
        name = inbox.store(payload=event("p", number), now=AT)
        assert inbox.handle(event_id=name, now=AT)

    return deed


def insert(model: Any, *varying: str, **fixed: Any) -> tuple[str, list[Any]]:
    """The text of an INSERT of one row, and what is the same in all rows; `varying` columns come first."""
    from django.db import connection

    rest = {}
    for field in model._meta.concrete_fields:
        if field.column not in varying and not field.primary_key:
            value = fixed.get(field.column, field.get_default())
            rest[field.column] = field.get_db_prep_save(value, connection)
    columns = [*varying, *rest]
    marks = ", ".join(["%s"] * len(columns))
    text = f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({marks}) RETURNING id"
    return text, list(rest.values())


WHOSE = """
SELECT m.id, m.fan_id, m.creator_id, m.tier_id, m.price_id, c.public_id, c.handle, u.name, t.tenure, t.streak
FROM subscriptions_membership m JOIN accounts_creator c ON c.id = m.creator_id JOIN accounts_user u ON u.id = m.fan_id
JOIN LATERAL (SELECT tenure, streak FROM subscriptions_tenuremonth
              WHERE fan_id = m.fan_id AND creator_id = m.creator_id ORDER BY from_at DESC LIMIT 1) t ON true
WHERE m.stripe_subscription_id = %s FOR UPDATE OF m
"""


class Hand:
    """The reference: the same rows, two transactions, nothing asked but whose it is."""

    def __init__(self) -> None:
        import psycopg
        from django.db import connection

        from portal.ledger.models import Account
        from portal.notices.models import Notice
        from portal.payments.models import StripeEvent
        from subscriptions.models import Charge, Grant, Invoice, RevenueShare, TenureMonth

        settings = connection.settings_dict
        self.raw = psycopg.connect(
            host=settings["HOST"], dbname=settings["NAME"], user=settings["USER"], autocommit=True
        )
        self.accounts = dict(Account.objects.values_list("code", "pk"))
        share = RevenueShare.objects.get().pk
        self.event = insert(
            StripeEvent, "event_id", "payload", "object_id", kind="invoice.paid", api_version="2026-04-22",
            object_type="invoice", received_at=AT, due_at=AT,
        )  # fmt: skip
        self.charge = insert(Charge, "stripe_id")
        self.invoice = insert(
            Invoice, "public_id", "stripe_id", "stripe_subscription_id", "membership_id", "price_id", "charge_id",
            share_id=share, status="paid", currency="usd", gross_minor=PRICE, fee_minor=FEE, due_minor=PRICE,
            plan_minor=PRICE, period_start_at=AT, period_end_at=UNTIL, issued_at=AT, paid_at=AT,
        )  # fmt: skip
        self.paid = insert(Grant, "fan_id", "creator_id", "tier_id", "source", kind="paid", from_at=AT, until_at=UNTIL)
        self.grace = insert(
            Grant, "fan_id", "creator_id", "tier_id", "source", kind="grace", from_at=UNTIL, until_at=UNTIL + DAY
        )
        self.month = insert(
            TenureMonth, "fan_id", "creator_id", "tenure", "streak", "source", kind="paid", from_at=AT, until_at=UNTIL
        )
        self.notice = insert(
            Notice, "user_id", "key", "subject", "url", kind="subscriptions.receipt", told_at=AT,
            body="Thank you. The receipt shows where each cent of it went.",
        )  # fmt: skip

    def write(self, what: tuple[str, list[Any]], *values: Any) -> int:
        row = self.raw.execute(what[0], [*values, *what[1]]).fetchone()
        assert row is not None
        return row[0]

    def __call__(self, number: int) -> None:
        from psycopg.types.json import Jsonb

        payload = event("h", number)
        kept = self.write(self.event, payload["id"], Jsonb(payload), payload["data"]["object"]["id"])
        told = invoice_of("h", number)
        with self.raw.transaction():
            self.handle(told, number)
            self.raw.execute(
                "UPDATE payments_stripeevent SET handled_at = %s, claimed_at = %s, attempts = 1 WHERE id = %s",
                [AT, AT, kept],
            )

    def handle(self, told: Any, number: int) -> None:
        from portal.kit.public_ids import public_id

        source, subscription = f"invoice:{told.id}", told.parent.subscription_details.subscription
        row = self.raw.execute(WHOSE, [subscription]).fetchone()
        assert row is not None
        membership, fan, creator, tier, price, whose, handle, name, tenure, streak = row
        charge = self.write(self.charge, f"ch_h{number}")
        address = public_id()
        self.write(self.invoice, address, told.id, subscription, membership, price, charge)
        self.post(source, whose, f"{name} · Gold · @{handle}")
        self.write(self.paid, fan, creator, tier, source)
        self.write(self.grace, fan, creator, tier, f"renewal:{subscription}:{int(UNTIL.timestamp())}")
        self.raw.execute(
            "UPDATE subscriptions_grant SET revoked_at = %s, revoked_reason = 'paid' WHERE source = %s",
            [AT, f"renewal:{subscription}:{int(AT.timestamp())}"],
        )
        self.write(self.month, fan, creator, tenure + 1, streak + 1, source)
        subject = f"Receipt: $10.00 for Creator {handle[7:]}"
        self.write(self.notice, fan, f"receipt:{told.id}", subject, f"/me/receipts/{address}/")

    def post(self, source: str, whose: str, memo: str) -> None:
        from portal.ledger.pen import lines_digest

        moved = {
            "stripe:usd": PRICE - FEE,
            "expense:stripe_fee:usd": FEE,
            "income:platform_fee:usd": -PRICE // 10,
            f"creator:{whose}:pending:usd": -PRICE * 9 // 10,
        }
        name = self.raw.execute("INSERT INTO ledger_source (name, version) VALUES (%s, 1) RETURNING id", [source])
        (kept,) = name.fetchone() or (0,)
        entry = self.raw.execute(
            "INSERT INTO ledger_entry (key, kind, source_id, at, memo, digest)"
            " VALUES (%s, 'invoice', %s, %s, %s, %s) RETURNING id",
            [f"{source}:0", kept, AT, memo, lines_digest(moved)],
        ).fetchone()
        assert entry is not None
        values = [part for code, amount in moved.items() for part in (entry[0], self.accounts[code], amount)]
        self.raw.execute(
            "INSERT INTO ledger_line (entry_id, account_id, amount, currency) VALUES "
            + ", ".join(["(%s, %s, %s, 'usd')"] * len(moved)),
            values,
        )
        self.raw.execute("INSERT INTO ledger_seal (entry_id) VALUES (%s)", [entry[0]])


def warm() -> None:
    """Every account is opened, and each statement has been seen once, before anybody looks at the clock."""
    from portal.ledger.actions import post

    for number in range(CREATORS):
        lines = {"stripe:usd": 2, "expense:stripe_fee:usd": 1, "income:platform_fee:usd": -1}
        post(key=f"open:{number}", kind="open", lines=lines | {f"creator:c{number}:pending:usd": -2}, at=AT)


def worker(side: str, which: int) -> None:
    """Work off what is told on standard input, a burst a line: first and last number; print the seconds it took."""
    from django.db import connection

    connection.ensure_connection()
    deed = ours() if side == "p" else Hand()
    print("ready", flush=True)
    for line in sys.stdin:
        first, last = map(int, line.split())
        cpu = time.process_time()
        began = time.time()
        for number in range(first + which, last, WORKERS):
            deed(number)
        print(json.dumps([began, time.time(), time.process_time() - cpu]), flush=True)


def compare_rows() -> None:
    """What the two sides have left must be the same: counted by table, and the books to the cent."""
    from django.db import connection

    from portal.ledger.queries import books

    found: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        for table, column in WRITTEN.items():
            for side in SIDES:
                cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE {column} LIKE %s", [f"%\\_{side}%"])
                found.setdefault(table, {})[side] = cursor.fetchone()[0]
        cursor.execute(
            "SELECT left(split_part(e.key, '_', 2), 1), a.code, SUM(l.amount) FROM ledger_line l"
            " JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_account a ON a.id = l.account_id"
            " WHERE e.kind = 'invoice' GROUP BY 1, 2"
        )
        moved: dict[str, dict[str, int]] = {side: {} for side in SIDES}
        for side, code, total in cursor.fetchall():
            moved[side][code] = int(total)
    assert sum(books().values()) == 0
    told = {table: counts for table, counts in found.items() if counts["h"] != counts["p"]}
    if told or moved["h"] != moved["p"]:
        raise SystemExit(f"the sides disagree: {told} {[{c: moved[s].get(c) for c in ('stripe:usd',)} for s in SIDES]}")
    print(json.dumps({"events": found["payments_stripeevent"]["p"], "rows": sum(row["p"] for row in found.values())}))


# --- Outside: starts the server, sends the bursts, compares ---------------------------------------------------------


def inside(url: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {"DATABASE_URL": url, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    environment |= {"LOG_LEVEL": "ERROR", "DEBUG": "0", "PRODUCTION": "0", "REDIS_URL": "", "CONN_MAX_AGE": "600"}
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.invoice_events", "--inside", *arguments],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told_by(child: subprocess.Popen[str]) -> Any:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise SystemExit("a worker broke")
    return line.strip()


def burst(workers: list[subprocess.Popen[str]], first: int, last: int) -> tuple[float, float]:
    """Events a second of all workers together, and CPU seconds of them for one."""
    for one in workers:
        assert one.stdin is not None
        one.stdin.write(f"{first} {last}\n")
        one.stdin.flush()
    times = [json.loads(told_by(one)) for one in workers]
    wall = max(end for _began, end, _cpu in times) - min(began for began, _end, _cpu in times)
    return (last - first) / wall, sum(cpu for *_, cpu in times) / (last - first)


def compare(events: int) -> bool:
    from portal.testing.postgres import postgres

    with tempfile.TemporaryDirectory(prefix="invoice-events-") as name, postgres(durable=True) as cluster:
        folder, url = Path(name), cluster.url
        print(f"invoice_events: {events:,} renewals a side, {WORKERS} workers, PostgreSQL {cluster.version()}")
        for what in (("fill", str(events + WARM_UP)), ("warm",)):
            child = inside(url, folder, *what)
            child.communicate()
            if child.returncode:
                raise SystemExit(child.returncode)
        sides = {side: [inside(url, folder, "worker", side, str(n)) for n in range(WORKERS)] for side in SIDES}
        try:
            best = measure(sides, events)
        finally:
            for one in [child for children in sides.values() for child in children]:
                assert one.stdin is not None
                one.stdin.close()
                one.wait()
        rows = inside(url, folder, "rows")
        told, _ = rows.communicate()
        if rows.returncode:
            raise SystemExit(rows.returncode)
    return verdict(best, json.loads(told.splitlines()[-1]), events)


def measure(sides: dict[str, list[subprocess.Popen[str]]], events: int) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {side: [] for side in SIDES}
    for children in sides.values():
        for one in children:
            told_by(one)
        burst(children, 0, WARM_UP)
    size = events // BURSTS
    for turn in range(BURSTS):
        for side, children in sides.items():
            found[side].append(burst(children, WARM_UP + turn * size, WARM_UP + (turn + 1) * size))
    return found


def verdict(found: dict[str, list[tuple[float, float]]], rows: dict[str, int], events: int) -> bool:
    ratios = sorted(mine[0] / lean[0] for mine, lean in zip(found["p"], found["h"], strict=True))
    ratio = ratios[len(ratios) // 2]
    for side, name in (("p", "inbox to books"), ("h", "psycopg by hand")):
        rate = max(rate for rate, _cpu in found[side])
        cpu = min(cpu for _rate, cpu in found[side])
        print(f"  {name:<16} {rate:8,.0f} /s   {cpu * 1e6:6,.0f} µs CPU of the workers each")
    print(f"  {rows['events']:,} events a side left {rows['rows']:,} rows a side, the same; the books agree")
    told = ", ".join(f"{one:.2f}" for one in ratios)
    print(f"  ratio: {ratio:.2f}, the middle of {told} (goal ≥ {GOAL:g}: {'met' if ratio >= GOAL else 'MISSED'})")
    print(f"  again: python -m benchmarks.invoice_events --events {events}")
    return ratio >= GOAL


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000, help="events a side")
    parser.add_argument("--inside", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not options.inside:
        raise SystemExit(0 if compare(options.events) else 1)
    prepare()
    what, *rest = options.inside
    if what == "worker":
        worker(rest[0], int(rest[1]))
    elif what == "fill":
        fill(int(rest[0]))
    else:
        {"warm": warm, "rows": compare_rows}[what]()


if __name__ == "__main__":
    main()
