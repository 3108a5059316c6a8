"""Statements that run over and over: composed once by the ORM, and on PostgreSQL parsed and planned once a connection.

    UNREAD = Prepared(lambda: Notice.objects.filter(user=Given("user"), read_at__isnull=True))
    UNREAD.first(user=sam.pk)

To compose a question takes the ORM longer than it takes the database to answer it. Where the same one is asked for each
event of the provider, only what is `Given` changes. Everywhere else the plain ORM is right.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models.query import get_related_populators
from django.db.models.sql import UpdateQuery

Row = TypeVar("Row", bound=models.Model)


class Given(models.Expression):
    """A value that is told at each asking, by its name. Never None: `= NULL` is true of nothing."""

    def __init__(self, name: str, output_field: "models.Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field)
        self.name = name

    def as_sql(self, compiler: object, connection: object) -> tuple[str, Any]:
        return "%s", [self]


class Prepared(Generic[Row]):
    """A queryset that is composed at its first use; `Given` stands for what each asking tells."""

    def __init__(self, question: Callable[[], models.QuerySet[Row, Any]]) -> None:
        self._composed = cache(lambda _vendor: _Answers(*_compiled(question().query)))

    def first(self, **given: object) -> Row | None:
        """The first row as a model instance. The queryset says the order, and limits itself where that helps."""
        database = connections[DEFAULT_DB_ALIAS]
        return self._composed(database.vendor).first(database, given)

    def rows(self, **given: object) -> list[list[Any]]:
        """The columns of a `values_list`, in its order."""
        database = connections[DEFAULT_DB_ALIAS]
        return self._composed(database.vendor).rows(database, given)


class PreparedUpdate(Generic[Row]):
    """What `queryset.update(**changes)` does, composed once."""

    def __init__(self, which: Callable[[], models.QuerySet[Row, Any]], **changes: object) -> None:
        def update(rows: models.QuerySet[Row, Any]) -> tuple[Any, str, tuple[Any, ...]]:
            query: Any = rows.query.chain(UpdateQuery)
            query.add_update_values(changes)
            return _compiled(query)

        def returning(rows: models.QuerySet[Row, Any]) -> _Answers:
            compiler, _sql, _parameters = _compiled(rows.query)
            _update, sql, parameters = update(rows)
            columns = ", ".join(compiler.compile(column[0])[0] for column in compiler.select)
            return _Answers(compiler, f"{sql} RETURNING {columns}", parameters)

        self._composed = cache(lambda _vendor: update(which())[1:])
        self._returning = cache(lambda _vendor: returning(which()))

    def __call__(self, **given: object) -> int:
        """How many rows were changed."""
        database = connections[DEFAULT_DB_ALIAS]
        sql, parameters = self._composed(database.vendor)
        with ready_cursor(database) as cursor:
            cursor.execute(sql, _filled(parameters, given, database))
            return cursor.rowcount

    def first(self, **given: object) -> Row | None:
        """The row that was changed, as it is now; None where there was none."""
        database = connections[DEFAULT_DB_ALIAS]
        return self._returning(database.vendor).first(database, given)


class _Answers:
    """How the columns of an answer become values and rows; as Django's own `ModelIterable` does it."""

    def __init__(self, compiler: Any, sql: str, parameters: tuple[Any, ...]) -> None:
        self.sql, self.parameters = sql, parameters
        self.converters = list(compiler.get_converters([column[0] for column in compiler.select]).items())
        self.added = list(compiler.annotation_col_map.items())
        if kind := compiler.klass_info:
            fields = kind["select_fields"]
            self.model, self.own = kind["model"], slice(fields[0], fields[-1] + 1)
            self.names = [column[0].target.attname for column in compiler.select[self.own]]
            self.related = get_related_populators(kind, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]

    def rows(self, database: BaseDatabaseWrapper, given: dict[str, object]) -> list[list[Any]]:
        with ready_cursor(database) as cursor:
            cursor.execute(self.sql, _filled(self.parameters, given, database))
            rows = [list(row) for row in cursor.fetchall()]
        for place, (converters, expression) in self.converters:
            for row in rows:
                for converter in converters:
                    row[place] = converter(row[place], expression, database)
        return rows

    def first(self, database: BaseDatabaseWrapper, given: dict[str, object]) -> Any:
        for row in self.rows(database, given):
            found = self.model.from_db(database.alias, self.names, row[self.own])
            for related in self.related:
                related.populate(row, found)
            for name, place in self.added:
                setattr(found, name, row[place])
            return found
        return None


def _compiled(query: Any) -> tuple[Any, str, tuple[Any, ...]]:
    compiler = query.get_compiler(DEFAULT_DB_ALIAS)
    return compiler, *compiler.as_sql()


def _filled(parameters: tuple[Any, ...], values: dict[str, object], database: BaseDatabaseWrapper) -> list[Any]:
    """The parameters in their order, moments and days as the database's driver takes them."""
    filled: list[Any] = []
    for part in parameters:
        value = values[part.name] if isinstance(part, Given) else part
        if isinstance(value, datetime):
            value = database.ops.adapt_datetimefield_value(value)
        elif isinstance(value, date):
            value = database.ops.adapt_datefield_value(value)
        filled.append(value)
    return filled


def without_waiting(rows: models.QuerySet[Row]) -> models.QuerySet[Row]:
    """For an UPDATE that may be forgotten if the database's machine fails within the second: its commit does not wait
    for the disk. Only what stands alone in its transaction; nothing changes on SQLite, which knows no such thing.
    """
    if connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        return rows
    setting = [models.Value("synchronous_commit"), models.Value("off"), models.Value(True)]
    waits = models.Func(*setting, function="set_config", output_field=models.TextField())
    unhurried: Any = rows.alias(waits=waits).filter(waits="off")
    return unhurried


def ready_cursor(database: BaseDatabaseWrapper | None = None) -> CursorWrapper:
    """A cursor whose statements stay ready for the next time. SQLite's does that by itself.

    A pooler that gives each transaction another connection cannot keep them: `PREPARE_STATEMENTS=0` (docs/operate.md).
    """
    database = database or connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql" or not settings.PREPARE_STATEMENTS:
        return database.cursor()
    # Imported late: a portal on SQLite needs no driver for PostgreSQL.
    from django.db.backends.postgresql.base import ServerBindingCursor

    database.ensure_connection()
    raw: Any = database.connection
    # At the second use; Django's other cursors fill the values in themselves and prepare nothing.
    raw.prepare_threshold = 1
    usual, raw.cursor_factory = raw.cursor_factory, ServerBindingCursor
    try:
        return database.cursor()
    finally:
        raw.cursor_factory = usual
