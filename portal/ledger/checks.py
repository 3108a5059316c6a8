"""The start-up check of the books."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from portal.ledger.guards import GUARDED, missing_guards


@register(Tags.database)
def the_books_are_guarded(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Needs the database (`manage.py check --database default`); `up` and `check_books` refuse outright."""
    found: list[CheckMessage] = []
    for using in databases or []:
        tables = connections[using].introspection.table_names()
        missing = missing_guards(using) if set(GUARDED) <= set(tables) else []
        if missing:
            found.append(
                # A warning: an error would stop the very `migrate` that puts them back.
                Warning(
                    f"The books are not guarded in database {using!r}: {', '.join(missing)}.",
                    hint="Run `manage.py migrate`: it installs the guards.",
                    id="ledger.W001",
                )
            )
    return found
