"""Write a row unless it is there: one statement, where a look, a savepoint and an insert are four."""

from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models

from portal.kit.prepared import ready_cursor

Row = TypeVar("Row", bound=models.Model)


def insert_new(row: Row, *, key: str = "") -> bool:
    """Insert `row` unless one with the same value in the unique column `key` is there; True when it was inserted.
    Without a key: unless any unique constraint of the table is in the way.

    Its primary key is set then. Waits for another transaction that is writing the same key, then yields to it. Fields
    are taken as they are: nothing of `save()` runs, as with `bulk_create`.
    """
    database = connections[DEFAULT_DB_ALIAS]
    sql, fields = _insert(type(row), key, database.vendor)
    values = [field.get_db_prep_save(field.pre_save(row, True), database) for field in fields]
    with ready_cursor(database) as cursor:
        cursor.execute(sql, values)
        made = cursor.fetchone()
    if made is None:
        return False
    row.pk = made[0]
    row._state.adding, row._state.db = False, database.alias
    return True


@cache
def _insert(model: type[models.Model], key: str, vendor: str) -> "tuple[str, list[models.Field[Any, Any]]]":
    """The text of the statement, and the fields it takes the values of."""
    meta, name = model._meta, connections[DEFAULT_DB_ALIAS].ops.quote_name
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    columns = ", ".join(name(str(field.column)) for field in fields)
    conflict = f"({name(str(meta.get_field(key).column))}) " if key else ""  # type: ignore[union-attr]
    sql = (
        f"INSERT INTO {name(meta.db_table)} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"
        f" ON CONFLICT {conflict}DO NOTHING RETURNING {name(str(meta.pk.column))}"
    )
    return sql, fields


def kept(row: Row, *, key: str) -> tuple[Row, bool]:
    """The row that is in the database under `key`, this one or an earlier one, and whether it is this one."""
    if insert_new(row, key=key):
        return row, True
    found = type(row)._default_manager.get(**{key: getattr(row, key)})
    return found, False
