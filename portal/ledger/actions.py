"""The door to the books: `post` writes one entry, `settle` posts what is missing between books and facts."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from portal.ledger.chart import currency_of
from portal.ledger.models import Account, Entry, Line, Seal, Source
from portal.ledger.queries import posted


class BooksAlarm(Exception):
    """Something that must never happen to books. Not a refusal: somebody has to look."""


class Unbalanced(BooksAlarm):
    """The lines of an entry do not sum to zero in every currency."""


class KeyReused(BooksAlarm):
    """A key came back with other lines."""


def post(
    *, key: str, kind: str, lines: Mapping[str, int], at: datetime, memo: str = "", source: Source | None = None
) -> Entry:
    """Write one entry: account code → minor units (debit +, credit −), lines of zero are left out.

    Safe to repeat: one key, one entry. The same key with other lines raises `KeyReused`; lines that do not sum to
    zero in each currency, or fewer than two, raise `Unbalanced`. Never locks an account: lines are only appended.
    """
    moved = {code: amount for code, amount in lines.items() if amount}
    _check_balance(key, moved)
    digest = _digest(moved)
    known = Entry.objects.filter(key=key).first()
    if known is None:
        try:
            with transaction.atomic():
                return _write(key=key, kind=kind, moved=moved, at=at, memo=memo, source=source, digest=digest)
        except IntegrityError:
            # Another worker wrote the same key between our look and our insert.
            known = Entry.objects.filter(key=key).first()
            if known is None:
                raise
    if known.digest != digest:
        raise KeyReused(f"{key} was posted with other lines: {posted_lines(known)} before, {moved} now")
    return known


def settle(*, source: str, target: Mapping[str, int], at: datetime, memo: str = "") -> Entry | None:
    """Post the difference between what the books hold of `source` and the `target` balances its facts imply.

    Safe to repeat and in any order: when nothing is missing nothing is posted and None is returned. The source row is
    locked, so call it inside the transaction that moved the facts. `source` is `kind:id`.
    """
    with transaction.atomic():
        Source.objects.bulk_create([Source(name=source)], ignore_conflicts=True)
        row = Source.objects.select_for_update().get(name=source)
        held = posted(source)
        delta = {code: target.get(code, 0) - held.get(code, 0) for code in {*target, *held}}
        delta = {code: amount for code, amount in delta.items() if amount}
        if not delta:
            return None
        entry = post(
            key=f"{source}:{row.version}", kind=source.split(":")[0], lines=delta, at=at, memo=memo, source=row
        )
        row.version += 1
        row.save(update_fields=["version"])
        return entry


def posted_lines(entry: Entry) -> dict[str, int]:
    return dict(entry.lines.values_list("account__code", "amount"))


def _check_balance(key: str, moved: Mapping[str, int]) -> None:
    sums: Counter[str] = Counter()
    for code, amount in moved.items():
        sums[currency_of(code)] += amount
    wrong = {currency: rest for currency, rest in sums.items() if rest}
    if wrong or len(moved) < 2:
        raise Unbalanced(f"{key} does not balance: {wrong or 'fewer than two lines'} in {dict(moved)}")


def _digest(moved: Mapping[str, int]) -> str:
    return hashlib.sha256(json.dumps(sorted(moved.items())).encode()).hexdigest()


def _write(
    *, key: str, kind: str, moved: Mapping[str, int], at: datetime, memo: str, source: Source | None, digest: str
) -> Entry:
    accounts = _accounts(moved)
    entry = Entry.objects.create(key=key, kind=kind, source=source, at=at, memo=memo, digest=digest)
    Line.objects.bulk_create(
        Line(entry=entry, account=accounts[code], amount=amount, currency=currency_of(code))
        for code, amount in sorted(moved.items())
    )
    Seal.objects.create(entry=entry)
    return entry


def _accounts(codes: Mapping[str, int]) -> dict[str, Account]:
    known = Account.objects.in_bulk(list(codes), field_name="code")
    new = [Account(code=code, currency=currency_of(code)) for code in codes if code not in known]
    if new:
        Account.objects.bulk_create(new, ignore_conflicts=True)
        known = Account.objects.in_bulk(list(codes), field_name="code")
    return known
