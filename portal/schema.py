"""Whether the tables of a database are those that the models expect."""

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections


def lacking_columns(alias: str = DEFAULT_DB_ALIAS) -> list[str]:
    """`table.column`, or `table` alone, for everything a model has and the database does not; sorted.

    Only for tables that should be there: asked once no migration waits. Until the first release the first migrations
    were written anew, and a database made before does not notice: to it they have been applied.
    """
    connection = connections[alias]
    lacking = []
    with connection.cursor() as cursor:
        known = set(connection.introspection.table_names(cursor))
        for model in apps.get_models(include_auto_created=True):
            options = model._meta
            if not options.can_migrate(connection):
                continue
            if options.db_table not in known:
                lacking.append(options.db_table)
                continue
            columns = {
                column.name for column in connection.introspection.get_table_description(cursor, options.db_table)
            }
            wanted = [field.column for field in options.local_concrete_fields if field.column]
            lacking += [f"{options.db_table}.{name}" for name in wanted if name not in columns]
    return sorted(lacking)
