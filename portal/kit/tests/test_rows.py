from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.models import User
from portal.kit.rows import insert_new, kept
from portal.notices.models import Notice


def notice(user: User, noon: datetime, **fields: object) -> Notice:
    values = {"user": user, "kind": "a.b", "subject": "“Hello”", "told_at": noon, "key": "k"} | fields
    return Notice(**values)


def test_a_row_is_written_once_and_looks_as_if_it_had_been_saved(sam: User, noon: datetime) -> None:
    first = notice(sam, noon)
    assert insert_new(first, key="key") and first.pk and not first._state.adding
    read = Notice.objects.get()
    for field in Notice._meta.concrete_fields:
        assert getattr(read, field.attname) == getattr(first, field.attname), field.name
    first.body = "more"
    first.save()
    assert not insert_new(notice(sam, noon, subject="Again"), key="key")
    found, is_new = kept(notice(sam, noon, subject="Again"), key="key")
    assert (found.body, is_new, Notice.objects.count()) == ("more", False, 1)


def test_other_rules_of_the_table_still_count(sam: User, noon: datetime) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_new(notice(sam, noon, by_email=False, emailed_at=noon), key="key")
    assert not Notice.objects.exists()
