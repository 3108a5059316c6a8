"""The door to the books: `post` writes one entry, `settle` posts what is missing between books and facts.

`close_batch` folds what was written into snapshots; `prove_books` runs every invariant and keeps the result.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from time import monotonic

from django.db import connection, transaction
from django.db.models import F, Sum

from portal.ledger import invariants, pen, snapshots
from portal.ledger.chart import currency_of, kind_of
from portal.ledger.models import Batch, BooksProof, Entry, Line, Source
from portal.ledger.queries import posted, remember_proof, totals_of_kinds


class BooksAlarm(Exception):
    """Something that must never happen to books. Not a refusal: somebody has to look."""


class Unbalanced(BooksAlarm):
    """The lines of an entry do not sum to zero in every currency."""


class KeyReused(BooksAlarm):
    """A key came back with other lines."""


class NotInChart(BooksAlarm):
    """An account code that the chart does not know, or an amount that is not whole minor units."""


def post(
    *, key: str, kind: str, lines: Mapping[str, int], at: datetime, memo: str = "", source: Source | None = None
) -> Entry:
    """Write one entry: account code → minor units (debit +, credit −), lines of zero are left out.

    Safe to repeat: one key, one entry. The same key with other lines raises `KeyReused`; lines that do not sum to
    zero in each currency, or fewer than two, raise `Unbalanced`; an account outside the chart or an amount that is
    no whole number raises `NotInChart`. Never locks an account: lines are only appended.
    Three statements, two more when an account is used for the first time.
    """
    moved = {code: amount for code, amount in lines.items() if amount}
    _check_chart(key, moved)
    _check_balance(key, moved)
    if len(moved) < 2:
        raise Unbalanced(f"{key} moves nothing: fewer than two lines in {dict(lines)}")
    return _post(key=key, kind=kind, moved=moved, at=at, memo=memo, source=source)


def settle(*, source: str, target: Mapping[str, int], at: datetime, memo: str = "") -> Entry | None:
    """Post the difference between what the books hold of `source` and the `target` balances its facts imply.

    Safe to repeat and in any order: when nothing is missing nothing is posted and None is returned. The source row is
    locked, so call it inside the transaction that moved the facts. `source` is `kind:id`. Raises as `post` does.
    """
    implied = {code: amount for code, amount in target.items() if amount}
    _check_chart(source, implied)
    _check_balance(source, implied)
    # No savepoint of its own: what goes wrong below must undo the facts as well.
    with transaction.atomic(savepoint=False):
        new_id = pen.open_source(source) if implied else None
        if new_id is not None:
            fresh = Source(id=new_id, name=source, version=1)
            return _post(key=f"{source}:0", kind=_kind(source), moved=implied, at=at, memo=memo, source=fresh)
        row = Source.objects.select_for_update().filter(name=source).first()
        if row is None:
            return None
        held = posted(source)
        missing = {code: implied.get(code, 0) - held.get(code, 0) for code in {*implied, *held}}
        missing = {code: amount for code, amount in missing.items() if amount}
        if not missing:
            return None
        key = f"{source}:{row.version}"
        Source.objects.filter(pk=row.pk).update(version=F("version") + 1)
        return _post(key=key, kind=_kind(source), moved=missing, at=at, memo=memo, source=row)


def close_batch(*, now: datetime) -> Batch | None:
    """Keep the balance of every account that moved since the last batch; None when nothing moved.

    Safe to repeat: a batch is known by its last line, and two at once each keep true balances. Nobody waits longer
    than it takes to read one number: see `snapshots.last_settled_line`.
    """
    with transaction.atomic():
        upto = snapshots.last_settled_line()
    newest = Batch.objects.order_by("-upto_line").first()
    since = newest.upto_line if newest else 0
    if upto <= since:
        return None
    with transaction.atomic():
        batch, is_new = Batch.objects.get_or_create(upto_line=upto, defaults={"closed_at": now})
        if is_new:
            _check_whole(since, upto)
            snapshots.write_snapshots(batch_id=batch.pk, since=since, upto=upto)
    return batch


def prove_books(*, now: datetime) -> BooksProof:
    """Run every check of every invariant, the outside ones too, and keep what they found. Each call is a proof."""
    began = monotonic()
    found = invariants.findings()
    proof = BooksProof.objects.create(
        proved_at=now,
        duration_ms=round((monotonic() - began) * 1000),
        holds=not any(finding.offenders for finding in found),
        entries=Entry.objects.count(),
        lines=Line.objects.count(),
        findings=[finding.as_row() for finding in found],
        totals=totals_of_kinds(),
    )
    transaction.on_commit(lambda: remember_proof(proof))
    return proof


def posted_lines(entry: Entry) -> dict[str, int]:
    return dict(entry.lines.values_list("account__code", "amount"))


def _post(*, key: str, kind: str, moved: Mapping[str, int], at: datetime, memo: str, source: Source | None) -> Entry:
    digest = pen.lines_digest(moved)
    source_id = source.pk if source else None
    with transaction.atomic(savepoint=False):
        entry_id = pen.write_entry(
            key=key, kind=kind, source_id=source_id, at=at, memo=memo[:200], digest=digest, moved=moved
        )
    if entry_id is not None:
        return _as_written(entry_id, key, kind, source_id, at, memo[:200], digest)
    known = Entry.objects.get(key=key)
    if known.digest != digest:
        raise KeyReused(f"{key} was posted with other lines: {posted_lines(known)} before, {dict(moved)} now")
    return known


def _as_written(*values: object) -> Entry:
    """The row without reading it back; `written_at`, set by the database, is fetched when somebody asks."""
    fields = ["id", "key", "kind", "source_id", "at", "memo", "digest"]
    return Entry.from_db(connection.alias, fields, values)


def _kind(source: str) -> str:
    return source.split(":", 1)[0]


def _check_chart(key: str, moved: Mapping[str, int]) -> None:
    for code, amount in moved.items():
        if type(amount) is not int:
            raise NotInChart(f"{key}: {amount!r} on {code} is not a whole number of minor units")
        currency = currency_of(code)
        if len(currency) != 3 or not currency.isalpha() or not currency.islower():
            raise NotInChart(f"{key}: {code} does not end with a currency")
        try:
            kind_of(code)
        except LookupError as unknown:
            raise NotInChart(f"{key}: {unknown}") from None


def _check_balance(key: str, moved: Mapping[str, int]) -> None:
    sums: Counter[str] = Counter()
    for code, amount in moved.items():
        sums[currency_of(code)] += amount
    wrong = {currency: rest for currency, rest in sums.items() if rest}
    if wrong:
        raise Unbalanced(f"{key} does not balance: {wrong} in {dict(moved)}")


def _check_whole(since: int, upto: int) -> None:
    """A batch holds whole entries, so what it moved sums to zero in every currency."""
    sums = Line.objects.filter(pk__gt=since, pk__lte=upto).values("currency").annotate(rest=Sum("amount"))
    wrong = {row["currency"]: row["rest"] for row in sums if row["rest"]}
    if wrong:
        raise Unbalanced(f"the lines from {since + 1} to {upto} do not balance: {wrong}")
