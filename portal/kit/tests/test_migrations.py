from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from portal.kit.migrations import FirstMigration

BASE = Path(settings.BASE_DIR)


def operations() -> list[Operation]:
    """As Django writes them: fields that close a circle, indexes and constraints come after the tables."""
    return [
        migrations.CreateModel("Kettle", [("id", models.AutoField(primary_key=True)), ("name", models.TextField())]),
        migrations.CreateModel("Cup", [("id", models.AutoField(primary_key=True)), ("size", models.IntegerField())]),
        migrations.AddField("kettle", "first", models.ForeignKey("kit.Cup", models.PROTECT, null=True)),
        migrations.AddField("cup", "kettle", models.ForeignKey("kit.Kettle", models.PROTECT)),
        migrations.AddField("cup", "shared", models.ManyToManyField("kit.Kettle", related_name="+")),
        migrations.AddIndex("cup", models.Index(fields=["size"], name="cups_by_size")),
        migrations.AddConstraint("cup", models.CheckConstraint(condition=models.Q(size__gt=0), name="cup_holds")),
    ]


def apply(kind: type[migrations.Migration], steps: Sequence[Operation], *, initial: bool = True) -> ProjectState:
    made = type("Migration", (kind,), {"operations": list(steps), "initial": initial})
    migration = made("0001_initial", "kit")
    with connection.schema_editor() as editor:
        return migration.apply(ProjectState(), editor)


def tables() -> dict[str, Any]:
    """What is there now, and away with it."""
    found = {}
    with connection.cursor() as cursor:
        for name in ("kit_kettle", "kit_cup", "kit_cup_shared"):
            about = connection.introspection
            found[name] = (
                sorted((row.name, row.type_code, row.null_ok) for row in about.get_table_description(cursor, name)),
                sorted(
                    (
                        (tuple(one["columns"]), one["unique"], one["foreign_key"], one["check"], one["index"])
                        for one in about.get_constraints(cursor, name).values()
                    ),
                    key=str,
                ),
            )
    with connection.schema_editor() as editor:
        for name in ("kit_cup_shared", "kit_kettle", "kit_cup"):
            cascade = " CASCADE" if connection.vendor == "postgresql" else ""
            editor.execute(f"DROP TABLE {name}{cascade}")
    return found


@pytest.mark.django_db(transaction=True)
def test_at_once_is_the_same_as_step_by_step() -> None:
    state = apply(FirstMigration, operations())
    at_once = tables()
    assert set(state.models) == {("kit", "kettle"), ("kit", "cup")}
    apply(migrations.Migration, operations())
    assert at_once == tables()
    assert len(at_once["kit_cup"][1]) >= 4


@pytest.mark.django_db(transaction=True)
def test_what_changes_rows_is_done_one_by_one() -> None:
    seen: list[list[str]] = []

    def look(apps: Any, editor: Any) -> None:
        seen.append(connection.introspection.table_names())

    steps = operations()
    steps.insert(2, migrations.RunPython(look, migrations.RunPython.noop))
    apply(FirstMigration, steps)
    assert "kit_kettle" in seen[0] and "kit_cup_shared" not in seen[0]
    tables()


def test_every_first_migration_is_done_at_once() -> None:
    slow = []
    for path in sorted(BASE.glob("*/**/migrations/0001_initial.py")):
        name = ".".join(path.relative_to(BASE).with_suffix("").parts)
        if name.startswith("."):
            continue
        found = import_module(name).Migration("0001_initial", "any")
        if not isinstance(found, FirstMigration) or not found.is_plain:
            slow.append(f"{name}: class Migration(FirstMigration)")
    assert not slow, "\n".join(slow)
