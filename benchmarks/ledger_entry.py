"""One interactive entry (idempotent, durable, four lines) through the ledger's door, and one balance at any size.

    python -m benchmarks.ledger_entry                  entries and balances, best of 3
    python -m benchmarks.ledger_entry --hordak         also against django-hordak, installed into a temporary place

Entries: `post()` and `settle()`, each in a transaction of its own, on a PostgreSQL that waits for the disk. Every entry
moves the platform's hot accounts and one of a thousand creators. The reference is the leanest transaction one can write
by hand with psycopg that leaves the same rows in the same guarded tables: account ids known beforehand, three
statements. Then four processes against one: nobody locks the hot accounts. Sides take turns; the books are compared.
django-hordak's `transfer_to` moves one amount between two accounts (two lines), so it does less; it needs a network the
first time.
Balances: the hot account at a million lines, against reading one row by its primary key on the same connection.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

AT = datetime(2026, 5, 15, 12, 0, tzinfo=UTC)
CREATORS = 1000
# The sides take turns in short bursts, so that a noisy neighbor disturbs them alike.
BURSTS = 5
GOAL_LEAN, GOAL_HORDAK, GOAL_WORKERS, GOAL_BALANCE = 0.5, 1.0, 2.0, 2.0


def lines_of(number: int) -> dict[str, int]:
    """A sale of 10.00: the same four accounts' kinds each time, one of a thousand creators."""
    return {
        "stripe:usd": 941,
        "expense:stripe_fee:usd": 59,
        "income:platform_fee:usd": -100,
        f"creator:c{number % CREATORS}:pending:usd": -900,
    }


@dataclass
class Side:
    """Operations a second, best round; `cpu` is this process's seconds an operation in that round."""

    name: str
    rate: float = 0.0
    cpu: float = 0.0
    rounds: list[float] = field(default_factory=list)

    def run(self, count: int, deed: Callable[[int], object], start: int) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        for number in range(start, start + count):
            deed(number)
        rate = count / (time.perf_counter() - wall)
        self.rounds.append(rate)
        if rate > self.rate:
            self.rate, self.cpu = rate, (time.process_time() - cpu) / count

    def told(self) -> str:
        return f"  {self.name:<28} {self.rate:9,.0f} /s   {self.cpu * 1e6:7.0f} µs CPU of the client each"


def verdict(what: str, ratio: float, goal: float, *, at_most: bool = False) -> bool:
    met = ratio <= goal if at_most else ratio >= goal
    print(f"  ratio {what}: {ratio:.2f} (goal {'≤' if at_most else '≥'} {goal:g}: {'met' if met else 'MISSED'})")
    return met


# --- Inside: a process with Django on the benchmark's database ---------------------


def prepare() -> None:
    import django

    django.setup()


def by_hand() -> Callable[[int], object]:
    """The reference. Does what `post` promises: one key, one entry, balanced and sealed, durable at return."""
    import psycopg
    from django.db import connection

    from portal.ledger.models import Account
    from portal.ledger.pen import lines_digest

    ids = dict(Account.objects.values_list("code", "pk"))
    settings = connection.settings_dict
    raw = psycopg.connect(host=settings["HOST"], dbname=settings["NAME"], user=settings["USER"])
    one_line = "(%s, %s, %s, 'usd')"

    def deed(number: int) -> None:
        moved = lines_of(number)
        with raw.transaction():
            row = raw.execute(
                "INSERT INTO ledger_entry (key, kind, at, memo, digest) VALUES (%s, 'sale', %s, '', %s)"
                " ON CONFLICT (key) DO NOTHING RETURNING id",
                [f"hand:{number}", AT, lines_digest(moved)],
            ).fetchone()
            assert row is not None
            values = [part for code, amount in moved.items() for part in (row[0], ids[code], amount)]
            raw.execute(
                "INSERT INTO ledger_line (entry_id, account_id, amount, currency) VALUES "
                + ", ".join([one_line] * len(moved)),
                values,
            )
            raw.execute("INSERT INTO ledger_seal (entry_id) VALUES (%s)", [row[0]])

    return deed


def by_post(prefix: str) -> Callable[[int], object]:
    from portal.ledger.actions import post

    return lambda number: post(key=f"{prefix}:{number}", kind="sale", lines=lines_of(number), at=AT)


def by_settle() -> Callable[[int], object]:
    from portal.ledger.actions import settle

    return lambda number: settle(source=f"sale:{number}", target=lines_of(number), at=AT)


def entries_inside(count: int, rounds: int) -> None:
    from django.core.management import call_command

    from portal.ledger.models import Entry
    from portal.ledger.queries import books

    call_command("migrate", verbosity=0)
    post = by_post("post")
    for number in range(CREATORS):
        post(-1 - number)
    sides = {"post": (Side("post()"), post), "settle": (Side("settle(), a new source"), by_settle())}
    sides["lean"] = (Side("psycopg by hand"), by_hand())
    for turn in range(BURSTS * rounds):
        for side, deed in sides.values():
            side.run(count // BURSTS, deed, turn * (count // BURSTS))
    made = Entry.objects.count()
    expected = CREATORS + 3 * rounds * BURSTS * (count // BURSTS)
    per_entry = {"stripe:usd": 941, "expense:stripe_fee:usd": 59, "income:platform_fee:usd": -100}
    held = books()
    if made != expected or any(held[code] != amount * made for code, amount in per_entry.items()):
        raise SystemExit(f"The sides disagree: {made} entries instead of {expected}")
    print(json.dumps({name: [side.rate, side.cpu] for name, (side, _deed) in sides.items()}))


def worker_inside(name: str, count: int) -> None:
    """Post `count` entries once told to start; print when it began and ended."""
    from django.db import connection

    connection.ensure_connection()
    post = by_post(name)
    post(-1)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.time()
    for number in range(count):
        post(number)
    print(json.dumps([began, time.time()]), flush=True)


FILL = """
SET session_replication_role = replica;
INSERT INTO ledger_entry (key, kind, at, memo, digest)
  SELECT 'fill:' || i, 'fill', now(), '', '' FROM generate_series(1, {entries}) i;
INSERT INTO ledger_line (entry_id, account_id, amount, currency)
  SELECT e.id, a.id, l.amount, 'usd' FROM ledger_entry e
  CROSS JOIN (VALUES ('stripe:usd', 941), ('expense:stripe_fee:usd', 59), ('income:platform_fee:usd', -100),
    ('bank:usd', -900)) AS l(code, amount) JOIN ledger_account a ON a.code = l.code WHERE e.kind = 'fill';
INSERT INTO ledger_seal (entry_id) SELECT id FROM ledger_entry WHERE kind = 'fill';
SET session_replication_role = origin;
ANALYZE;
"""


def balances_inside(lines: int, rounds: int) -> None:
    from django.db import connection
    from django.db.models import Sum

    from portal.ledger.actions import close_batch, post
    from portal.ledger.models import Account, Line
    from portal.ledger.queries import balance

    post(key="bank:1", kind="bank", lines={"bank:usd": 1, "stripe:usd": -1}, at=AT)
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(entries=lines // 4))
    close_batch(now=AT)
    for number in range(100):
        by_post("since")(number)
    account = Account.objects.get(code="stripe:usd")

    def by_key(_number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, code, currency FROM ledger_account WHERE id = %s", [account.pk])
            cursor.fetchone()

    def by_sum() -> int:
        return Line.objects.filter(account=account).aggregate(total=Sum("amount"))["total"]

    sides = (Side("balance()"), lambda _number: balance("stripe:usd")), (Side("primary key"), by_key)
    for _turn in range(20 * rounds):
        for side, deed in sides:
            side.run(50, deed, 0)
    wall = time.perf_counter()
    if by_sum() != balance("stripe:usd"):
        raise SystemExit("The kept balance is not the sum of its lines")
    summed = time.perf_counter() - wall
    count = Line.objects.filter(account=account).count()
    told = {"balance": [sides[0][0].rate, sides[0][0].cpu], "key": [sides[1][0].rate, sides[1][0].cpu]}
    print(json.dumps(told | {"summed": summed, "lines": Line.objects.count(), "of_account": count}))


# --- django-hordak, in a place of its own -----------------------------------------

HORDAK = """
import sys, time, os
from django.conf import settings
host, count, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
settings.configure(INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "hordak", "USER": "portal", "HOST": host}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", SECRET_KEY="x", DEFAULT_CURRENCY="USD", CURRENCIES=["USD"],
    HORDAK_DEFAULT_CURRENCY="USD", USE_TZ=True)
import django; django.setup()
from django.core.management import call_command; call_command("migrate", verbosity=0)
from hordak.models import Account, Leg
from moneyed import Money
make = lambda name, kind, code: Account.objects.create(name=name, type=kind, code=code, currencies=["USD"])
hot = make("stripe", "AS", "1"); people = [make(f"c{i}", "LI", f"2{i:04}") for i in range(100)]
best = 0
for turn in range(rounds):
    start = time.perf_counter()
    for number in range(count): people[number % 100].transfer_to(hot, Money(9, "USD"))
    best = max(best, count / (time.perf_counter() - start))
assert Leg.objects.count() == 2 * rounds * count
print(best)
"""


def hordak_rate(folder: Path, host: str, count: int, rounds: int) -> float | None:
    place = folder / "hordak"
    install = ["uv", "pip", "install", "--quiet", "--target", str(place), "django-hordak==2.0.0", "django<5.3"]
    uv = Path(sys.executable).with_name("uv")
    made = subprocess.run(
        [str(uv), *install[1:], "psycopg[binary]", "setuptools<80", "--python", sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        print(f"  django-hordak could not be installed: {made.stderr.strip().splitlines()[-1]}")
        return None
    import psycopg

    with psycopg.connect(host=host, user="portal", dbname="postgres", autocommit=True) as admin:
        admin.execute("CREATE DATABASE hordak")
    told = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(place)!r})\n{HORDAK}",
            host,
            str(count),
            str(rounds),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        print(f"  django-hordak did not run: {told.stderr.strip().splitlines()[-1]}")
        return None
    return float(told.stdout)


# --- Outside: starts the server and compares ---------------------------------------


def inside(url: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {"DATABASE_URL": url, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.ledger_entry", "--inside", *arguments],
        env=os.environ | environment | {"CONN_MAX_AGE": "600"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(child: subprocess.Popen[str]) -> dict[str, list[float]]:
    told, _ = child.communicate()
    if child.returncode:
        raise SystemExit(child.returncode)
    return json.loads(told.splitlines()[-1])


def workers_rate(url: str, folder: Path, name: str, workers: int, count: int) -> float:
    children = [inside(url, folder, "worker", f"{name}-{number}", str(count)) for number in range(workers)]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    times = [json.loads(child.communicate()[0].splitlines()[-1]) for child in children]
    return workers * count / (max(end for _, end in times) - min(began for began, _ in times))


def compare(count: int, lines: int, rounds: int, with_hordak: bool) -> bool:
    from portal.testing.postgres import postgres

    with tempfile.TemporaryDirectory(prefix="ledger-") as name, postgres(durable=True) as cluster:
        folder, url, met = Path(name), cluster.url, True
        print(f"ledger_entry: {count} entries of four lines a round, best of {rounds}, PostgreSQL {cluster.version()}")
        told = answer(inside(url, folder, "entries", str(count), str(rounds)))
        sides = {key: Side(label, told[key][0], told[key][1]) for key, label in LABELS.items() if key in told}
        for side in sides.values():
            print(side.told())
        lean = sides["lean"].rate
        met &= verdict("post() to psycopg by hand", sides["post"].rate / lean, GOAL_LEAN)
        met &= verdict("settle() to psycopg by hand, which keeps no source", sides["settle"].rate / lean, GOAL_LEAN)
        if with_hordak and (rate := hordak_rate(folder, str(cluster.folder), count, rounds)):
            print(f"  django-hordak transfer_to    {rate:9,.0f} /s   (two lines, no key)")
            met &= verdict("post() to django-hordak", sides["post"].rate / rate, GOAL_HORDAK)
        elif not with_hordak:
            print("  django-hordak: not asked for (--hordak)")
        one, four = 0.0, 0.0
        for turn in range(rounds):
            one = max(one, workers_rate(url, folder, f"one{turn}", 1, count))
            four = max(four, workers_rate(url, folder, f"four{turn}", 4, count))
        print(f"  one worker {one:,.0f} /s, four workers {four:,.0f} /s, all on the same hot accounts")
        met &= verdict("four workers to one", four / one, GOAL_WORKERS)
        found = answer(inside(url, folder, "balances", str(lines), str(rounds)))
        kept = Side("balance()", found["balance"][0], found["balance"][1])
        key = Side("primary key", found["key"][0], found["key"][1])
        print(f"balance of an account with {found['of_account']:,} lines, in books of {found['lines']:,}")
        print(f"{kept.told()}\n{key.told()}\n  all its lines summed         {float(found['summed']) * 1e3:9.1f} ms")  # type: ignore[arg-type]
        met &= verdict(
            "of the time of a balance to a primary-key read", key.rate / kept.rate, GOAL_BALANCE, at_most=True
        )
        print(
            f"  again: python -m benchmarks.ledger_entry --entries {count} --lines {lines}{' --hordak' * with_hordak}"
        )
        return met


LABELS = {"post": "post()", "settle": "settle(), a new source", "lean": "psycopg by hand"}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1000, help="entries a round")
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines in the books for the balance")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--hordak", action="store_true", help="install django-hordak into a temporary place and compare"
    )
    parser.add_argument("--inside", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not options.inside:
        raise SystemExit(0 if compare(options.entries, options.lines, options.rounds, options.hordak) else 1)
    prepare()
    what, *rest = options.inside
    if what == "worker":
        worker_inside(rest[0], int(rest[1]))
    else:
        {"entries": entries_inside, "balances": balances_inside}[what](*map(int, rest))


if __name__ == "__main__":
    main()
