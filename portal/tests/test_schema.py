import pytest
from django.db import connection

from portal.schema import lacking_columns


def test_a_migrated_database_lacks_nothing(db: None) -> None:
    assert lacking_columns() == []


@pytest.mark.once
def test_what_is_missing_is_named(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE feedback_vote RENAME TO feedback_nod")
    assert lacking_columns() == ["feedback_vote"]
