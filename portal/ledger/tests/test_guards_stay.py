"""No migration loses the guards, and only the test runner may empty the books."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations import AlterField, Migration
from django.db.migrations.state import ProjectState
from django.db.models.signals import post_migrate, pre_migrate

from portal.ledger import guards
from portal.ledger.actions import post
from portal.ledger.models import Entry, Line
from portal.ledger.queries import books

LINES = {"stripe:usd": 500, "bank:usd": -500}


@contextmanager
def migrating(migration: Migration) -> Iterator[None]:
    """What `manage.py migrate` sends around its work."""
    ledger = apps.get_app_config("ledger")
    signal = {"app_config": ledger, "using": connection.alias, "plan": [(migration, False)], "verbosity": 0}
    pre_migrate.send(sender=ledger, apps=apps, interactive=False, **signal)
    yield
    post_migrate.send(sender=ledger, apps=apps, interactive=False, **signal)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("model", "field"), [("entry", "memo"), ("line", "currency"), ("account", "currency"), ("source", "name")]
)
def test_a_migration_that_rebuilds_a_table_leaves_the_guards(noon: datetime, model: str, field: str) -> None:
    """On SQLite altering a field copies the table and drops the old one, and its triggers with it."""
    post(key="topup:1:0", kind="topup", lines=LINES, at=noon)
    before = ProjectState.from_apps(apps)
    after = before.clone()
    alter = AlterField(model, field, models.CharField(max_length=210, default="usd"))
    alter.state_forwards("ledger", after)
    migration = Migration("9999_alter", "ledger")

    with migrating(migration), connection.schema_editor() as editor:
        alter.database_forwards("ledger", editor, before, after)
    try:
        assert guards.missing_guards() == []
        with pytest.raises(IntegrityError, match=guards.REFUSED), transaction.atomic():
            Line.objects.update(amount=9)
        assert books() == LINES
    finally:
        with migrating(migration), connection.schema_editor() as editor:
            alter.database_backwards("ledger", editor, after, before)


@pytest.mark.django_db(transaction=True)
def test_without_the_cure_sqlite_would_lose_its_triggers(noon: datetime) -> None:
    """The trap itself, so that nobody takes the cure for superstition."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL alters tables in place")
    before = ProjectState.from_apps(apps)
    after = before.clone()
    alter = AlterField("entry", "memo", models.CharField(max_length=210))
    alter.state_forwards("ledger", after)
    with connection.schema_editor() as editor:
        alter.database_forwards("ledger", editor, before, after)
    assert set(guards.missing_guards()) == {"ledger_entry_no_update", "ledger_entry_no_delete"}
    with connection.schema_editor() as editor:
        alter.database_backwards("ledger", editor, after, before)
    guards.install()


def test_migrations_of_others_never_lift_the_guards(db: None) -> None:
    other = Migration("0002_other", "shop")
    guards.before_migrations(using=connection.alias, plan=[(other, False)])
    assert guards.missing_guards() == []


def test_guards_come_back_with_the_next_migrate(db: None) -> None:
    """A migration that failed half-way leaves the books unguarded; `migrate` puts the guards back, plan or no plan."""
    guards.lift()
    assert len(guards.missing_guards()) == (21 if connection.vendor == "sqlite" else 19)
    guards.after_migrations(using=connection.alias, plan=[])
    assert guards.missing_guards() == []


@pytest.mark.django_db(transaction=True)
def test_the_test_runner_may_empty_the_books(noon: datetime) -> None:
    """Leaves rows behind, committed; the next test proves that they are gone and the guards are back."""
    post(key="topup:1:0", kind="topup", lines=LINES, at=noon)
    with pytest.raises(IntegrityError):
        Line.objects.all()._raw_delete(connection.alias)


@pytest.mark.django_db(transaction=True)
def test_the_books_were_emptied_and_are_guarded_again() -> None:
    assert not Entry.objects.exists()
    assert guards.missing_guards() == []
