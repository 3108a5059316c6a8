"""Write a row unless it is there: one statement, where a look, a savepoint and an insert are four."""

from typing import TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def insert_new(row: Row, *, key: str) -> bool:
    """Insert `row` unless one with the same value in the unique column `key` is there; True when it was inserted.

    Its primary key is set then. Waits for another transaction that is writing the same key, then yields to it. Fields
    are taken as they are: nothing of `save()` runs, as with `bulk_create`.
    """
    meta = row._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    name = connection.ops.quote_name
    columns = ", ".join(name(str(field.column)) for field in fields)
    conflict = name(str(meta.get_field(key).column))  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {name(meta.db_table)} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"
            f" ON CONFLICT ({conflict}) DO NOTHING RETURNING {name(str(meta.pk.column))}",
            values,
        )
        made = cursor.fetchone()
    if made is None:
        return False
    row.pk = made[0]
    row._state.adding, row._state.db = False, connection.alias
    return True


def kept(row: Row, *, key: str) -> tuple[Row, bool]:
    """The row that is in the database under `key`, this one or an earlier one, and whether it is this one."""
    if insert_new(row, key=key):
        return row, True
    found = type(row)._default_manager.get(**{key: getattr(row, key)})
    return found, False
