"""The database itself refuses every bad write, whoever tries it and with whatever tool."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction

from portal.ledger import guards
from portal.ledger.actions import post
from portal.ledger.models import Account, Batch, BooksProof, Entry, Line, Seal, Snapshot, Source
from portal.ledger.queries import books

LINES = {"stripe:usd": 500, "bank:usd": -500}


@pytest.fixture
def entry(db: None, noon: datetime) -> Entry:
    source = Source.objects.create(name="topup:1")
    batch = Batch.objects.create(upto_line=0, closed_at=noon)
    made = post(key="topup:1:0", kind="topup", lines=LINES, at=noon, source=source)
    Snapshot.objects.create(batch=batch, account=Account.objects.earliest("pk"), upto_line=0, balance=0)
    BooksProof.objects.create(proved_at=noon, duration_ms=1, holds=True, entries=1, lines=2, findings=[], totals={})
    return made


def sql(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def refused(write: Callable[[], object], sentence: str) -> None:
    with pytest.raises(IntegrityError, match=sentence), transaction.atomic():
        write()


@pytest.mark.parametrize("model", [Account, Entry, Line, Seal, Batch, Snapshot, BooksProof])
def test_nothing_written_is_deleted(entry: Entry, model: type[models.Model]) -> None:
    table = model._meta.db_table
    refused(lambda: sql(f"DELETE FROM {table}"), guards.REFUSED)
    refused(lambda: model._base_manager.all()._raw_delete(connection.alias), guards.REFUSED)
    assert model._base_manager.exists()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_account SET code = 'creator:noor:available:usd'",
        "UPDATE ledger_account SET currency = 'jpy'",
        "UPDATE ledger_entry SET memo = 'forged'",
        "UPDATE ledger_entry SET key = 'other:1'",
        "UPDATE ledger_line SET amount = amount * 2",
        "UPDATE ledger_line SET account_id = account_id",
        "UPDATE ledger_seal SET entry_id = entry_id",
        "UPDATE ledger_batch SET upto_line = 99",
        "UPDATE ledger_snapshot SET balance = 99",
        "UPDATE ledger_booksproof SET holds = NOT holds",
        "UPDATE ledger_source SET name = 'topup:2'",
        "DELETE FROM ledger_source",
    ],
)
def test_nothing_written_is_changed(entry: Entry, change: str) -> None:
    refused(lambda: sql(change), guards.REFUSED)
    assert books() == LINES


def test_the_orm_is_refused_too(entry: Entry) -> None:
    refused(lambda: Line.objects.update(amount=1), guards.REFUSED)
    refused(lambda: Entry.objects.filter(pk=entry.pk).update(memo="forged"), guards.REFUSED)
    line = Line.objects.first()
    assert line is not None
    line.amount = 7
    refused(line.save, guards.REFUSED)
    refused(lambda: Line.objects.bulk_update([line], ["amount"]), guards.REFUSED)
    refused(line.delete, guards.REFUSED)
    assert books() == LINES


def test_a_source_counts_its_entries(entry: Entry) -> None:
    Source.objects.update(version=1)
    assert Source.objects.get().version == 1


def test_a_late_line_is_refused(entry: Entry) -> None:
    account = Account.objects.get(code="stripe:usd")
    refused(lambda: Line.objects.create(entry=entry, account=account, amount=1, currency="usd"), guards.LATE)
    pair = [Line(entry=entry, account=account, amount=amount, currency="usd") for amount in (1, -1)]
    refused(lambda: Line.objects.bulk_create(pair), guards.LATE)
    assert books() == LINES


def unsealed(noon: datetime, *lines: tuple[str, int, str]) -> Entry:
    made = Entry.objects.create(key="raw:1", kind="raw", at=noon, digest="0" * 64)
    for code, amount, currency in lines:
        account, _ = Account.objects.get_or_create(code=code, defaults={"currency": code.rsplit(":", 1)[1]})
        Line.objects.create(entry=made, account=account, amount=amount, currency=currency)
    return made


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], guards.FEW_LINES),
        ([("stripe:usd", 5, "usd")], f"{guards.FEW_LINES}|{guards.UNBALANCED}"),
        ([("stripe:usd", 5, "usd"), ("bank:usd", -4, "usd")], guards.UNBALANCED),
        ([("stripe:usd", 5, "usd"), ("bank:jpy", -5, "jpy")], guards.UNBALANCED),
        ([("stripe:usd", 5, "usd"), ("bank:jpy", -5, "usd")], guards.OTHER_CURRENCY),
    ],
)
def test_a_bad_entry_is_not_sealed(db: None, noon: datetime, lines: list[tuple[str, int, str]], sentence: str) -> None:
    made = unsealed(noon, *lines)
    refused(lambda: Seal.objects.create(entry=made), sentence)
    refused(lambda: Seal.objects.bulk_create([Seal(entry=made)]), sentence)


def test_a_line_of_zero_is_refused(db: None, noon: datetime) -> None:
    refused(lambda: unsealed(noon, ("stripe:usd", 0, "usd")), "a_line_moves_money")


def test_two_seals_at_once_are_each_looked_at(db: None, noon: datetime) -> None:
    good = unsealed(noon, ("stripe:usd", 5, "usd"), ("bank:usd", -5, "usd"))
    bad = Entry.objects.create(key="raw:2", kind="raw", at=noon, digest="0" * 64)
    refused(lambda: Seal.objects.bulk_create([Seal(entry=good), Seal(entry=bad)]), guards.FEW_LINES)


def test_replacing_a_row_is_refused(entry: Entry) -> None:
    line = Line.objects.select_related("account").first()
    assert line is not None
    if connection.vendor == "sqlite":
        values = (line.pk, line.entry_id, line.account_id)
        replace = "INSERT OR REPLACE INTO ledger_line (id, entry_id, account_id, amount, currency)"
        refused(lambda: sql(f"{replace} VALUES (%s, %s, %s, 9, 'usd')", *values), "append-only|sealed")
        again = "INSERT OR REPLACE INTO ledger_entry (id, key, kind, at, memo, digest)"
        refused(lambda: sql(f"{again} VALUES (%s, 'topup:1:0', 'x', 'x', 'forged', '')", entry.pk), guards.REFUSED)
        account = "INSERT OR REPLACE INTO ledger_account (code, currency) VALUES ('stripe:usd', 'jpy')"
        refused(lambda: sql(account), guards.REFUSED)
    upsert = "INSERT INTO ledger_account (code, currency) VALUES ('stripe:usd', 'jpy')"
    refused(lambda: sql(f"{upsert} ON CONFLICT (code) DO UPDATE SET currency = 'jpy'"), guards.REFUSED)
    assert books() == LINES


def test_a_line_on_an_unknown_account_is_refused(db: None, noon: datetime) -> None:
    made = Entry.objects.create(key="raw:1", kind="raw", at=noon, digest="")
    refused(lambda: Line.objects.create(entry=made, account_id=987_654, amount=1, currency="usd"), guards.NO_ACCOUNT)


@pytest.mark.parametrize("table", guards.GUARDED)
def test_tables_are_not_emptied(entry: Entry, table: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    # References are checked at commit; until then PostgreSQL would not truncate for that reason alone.
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    refused(lambda: sql(f"TRUNCATE {table} CASCADE"), guards.REFUSED)
    assert books() == LINES


def test_every_guard_is_counted_by_name(db: None) -> None:
    assert guards.missing_guards() == []
    name = "ledger_seal_balanced"
    with transaction.atomic():
        sql(f"DROP TRIGGER {name}" + ("" if connection.vendor == "sqlite" else " ON ledger_seal"))
        assert guards.missing_guards() == [name]
        transaction.set_rollback(True)
    assert guards.missing_guards() == []


def test_a_guard_switched_off_or_made_harmless_is_missing(db: None) -> None:
    if connection.vendor == "sqlite":
        sql("DROP TRIGGER ledger_line_no_delete")
        sql("CREATE TRIGGER ledger_line_no_delete BEFORE DELETE ON ledger_line BEGIN SELECT 1; END")
        assert guards.missing_guards() == ["ledger_line_no_delete"]
    else:
        sql("ALTER TABLE ledger_line DISABLE TRIGGER ledger_line_no_change")
        assert guards.missing_guards() == ["ledger_line_no_change"]
        sql("CREATE OR REPLACE FUNCTION ledger_in_time() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        assert set(guards.missing_guards()) == {"ledger_line_no_change", "ledger_line_in_time"}
    guards.install()
    assert guards.missing_guards() == []


def test_the_system_check_names_what_is_missing(db: None) -> None:
    def found() -> list[str]:
        return [str(message.msg) for message in run_checks(tags=[Tags.database], databases=[connection.alias])]

    assert not any("not guarded" in message for message in found())
    guards.lift()
    assert any("The books are not guarded" in message and "ledger_line_in_time" in message for message in found())


def test_flush_is_refused_outside_tests(entry: Entry) -> None:
    with pytest.raises(Exception, match=r"flushed|append-only"), transaction.atomic():
        call_command("flush", interactive=False)
    assert books() == LINES
