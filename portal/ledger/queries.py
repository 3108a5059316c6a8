"""Questions to the books. Amounts are minor units, debit + and credit −, unless a docstring says otherwise."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.cache import cache
from django.db import connection
from django.db.models import Max, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.urls import reverse

from portal.ledger.chart import KINDS, currency_of, kind_of
from portal.ledger.models import Account, BooksProof, Line
from portal.ledger.snapshots import BALANCES, read_balance


def posted(source: str) -> dict[str, int]:
    """What the books hold of one source: account code → minor units, zeros left out."""
    rows = (
        Line.objects.filter(entry__source__name=source)
        .values_list("account__code")
        .annotate(total=Sum("amount"))
        .values_list("account__code", "total")
    )
    return {code: total for code, total in rows if total}


def balance(code: str) -> int:
    """Minor units on one account (debit +, credit −); 0 for an account that never moved. One query at any size."""
    return read_balance(code)


def balances(*prefixes: str) -> dict[str, int]:
    """Balances of all accounts whose code begins with one of `prefixes` (none: all), zeros too. Two queries."""
    wanted = Q()
    for prefix in prefixes:
        wanted |= Q(code__startswith=prefix)
    ids = list(Account.objects.filter(wanted).values_list("pk", flat=True))
    if not ids:
        return {}
    with connection.cursor() as cursor:
        if prefixes:
            cursor.execute(BALANCES + f"WHERE a.id IN ({', '.join(['%s'] * len(ids))}) ORDER BY a.code", ids)
        else:
            cursor.execute(BALANCES + "ORDER BY a.code")
        return {code: int(total) for code, total in cursor.fetchall()}


def books(prefix: str = "") -> dict[str, int]:
    """Every account whose balance is not zero: code → minor units (debit +, credit −), summed over all its lines."""
    rows = (
        Line.objects.filter(account__code__startswith=prefix)
        .values_list("account__code")
        .annotate(total=Sum("amount"))
        .order_by("account__code")
        .values_list("account__code", "total")
    )
    return {code: total for code, total in rows if total}


def creator_balances(creator: str) -> dict[str, dict[str, int]]:
    """What the creator (a public id) has with us: currency → {pending, available, held, transit}, a claim positive.

    `available` below zero is what the creator owes; what is carried to later payouts is in `owed`, if there is any.
    """
    found: dict[str, dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(("pending", "available", "held", "transit"), 0)
    )
    for code, total in balances(f"creator:{creator}:", f"transit:{creator}:").items():
        bucket = "transit" if code.startswith("transit:") else code.split(":")[2]
        found[currency_of(code)][bucket] = -total
    return {currency: found[currency] for currency in sorted(found)}


def totals_of_kinds() -> dict[str, dict[str, int]]:
    """asset, liability, income, expense, equity → currency → minor units. Nobody's own amount can be read from it."""
    totals: dict[str, dict[str, int]] = {kind: {} for kind in dict.fromkeys(KINDS.values())}
    for code, total in balances().items():
        of_kind = totals[kind_of(code)]
        of_kind[currency_of(code)] = of_kind.get(currency_of(code), 0) + total
    return totals


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a statement; `running` is the balance after it."""

    at: datetime
    written_at: datetime
    key: str
    memo: str
    source: str | None
    account: str
    amount: int
    running: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What moved on some accounts of one currency from `since` until before `until`: opening + lines = closing."""

    accounts: tuple[str, ...]
    currency: str
    since: datetime
    until: datetime
    opening: int
    lines: tuple[StatementLine, ...]
    closing: int


def statement(accounts: Iterable[str], *, since: datetime, until: datetime, claim: bool = False) -> Statement:
    """The statement of `accounts` (codes of one currency) for the half-open time from `since` to `until`.

    Goes by when a deed counts (`Entry.at`). Amounts are debit +, credit −; `claim=True` turns the sign, so that what
    we owe a creator is positive. The next statement, from `until`, opens with this one's closing. Two queries.
    """
    codes = tuple(sorted(set(accounts)))
    currencies = {currency_of(code) for code in codes}
    if len(currencies) != 1:
        raise ValueError(f"a statement is of one currency, not of {sorted(currencies)}")
    sign = -1 if claim else 1
    lines = Line.objects.filter(account__code__in=codes)
    opening = sign * (lines.filter(entry__at__lt=since).aggregate(total=Sum("amount"))["total"] or 0)
    rows = lines.filter(entry__at__gte=since, entry__at__lt=until).order_by("entry__at", "pk")
    fields = ("entry__at", "entry__written_at", "entry__key", "entry__memo", "entry__source__name", "account__code")
    told, running = [], opening
    for at, written_at, key, memo, source, account, amount in rows.values_list(*fields, "amount"):
        running += sign * amount
        told.append(StatementLine(at, written_at, key, memo, source, account, sign * amount, running))
    return Statement(codes, currencies.pop(), since, until, opening, tuple(told), running)


def _called(sources: Iterable[str]) -> Q:
    """Lines of entries whose source begins with one of these words."""
    return Q(*[("entry__source__name__startswith", source) for source in sources], _connector=Q.OR)


def moved_by_month(accounts: Iterable[str], *, sources: Iterable[str]) -> dict[str, dict[str, tuple[int, int]]]:
    """What the sources that touch `accounts` and are called like one of `sources` ("invoice:…") did to all accounts, by month (UTC) of the deed.

    "2026-05" → account code → (sum of debits, sum of credits, the latter 0 or negative). One query.
    """
    touching = Line.objects.filter(_called(sources), account__code__in=list(accounts))
    rows = (
        Line.objects.filter(entry__source__in=touching.values("entry__source"))
        .annotate(month=TruncMonth("entry__at", tzinfo=UTC))
        .values_list("month", "account__code")
        .annotate(came=Sum("amount", filter=Q(amount__gt=0)), went=Sum("amount", filter=Q(amount__lt=0)))
        .order_by("month", "account__code")
    )
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for month, code, came, went in rows:
        found.setdefault(f"{month:%Y-%m}", {})[code] = (came or 0, went or 0)
    return found


def came_and_went(
    through: Iterable[str], *, touching: Iterable[str], sources: Iterable[str]
) -> dict[str, tuple[int, int]]:
    """Of the sources that `moved_by_month` tells of: what came in and what went out `through` accounts taken together.

    Each entry counts as one movement, so a fee that is told later is no money that went. "2026-05" → (came, went, 0 or
    negative). One query.
    """
    touched = Line.objects.filter(_called(sources), account__code__in=list(touching))
    each = (
        Line.objects.filter(entry__source__in=touched.values("entry__source"), account__code__in=list(through))
        .annotate(month=TruncMonth("entry__at", tzinfo=UTC))
        .values("entry", "month")
        .annotate(net=Sum("amount"))
        .values_list("month", "net")
        .order_by()
    )
    sql, parameters = each.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH moved(month, net) AS ({sql})"
            " SELECT month, SUM(CASE WHEN net > 0 THEN net ELSE 0 END), SUM(CASE WHEN net < 0 THEN net ELSE 0 END)"
            " FROM moved GROUP BY month ORDER BY month",
            parameters,
        )
        return {str(month)[:7]: (int(came), int(went)) for month, came, went in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Part:
    """One step down the chain: an amount and where it leads."""

    label: str
    url: str
    amount: int
    currency: str
    at: datetime | None = None
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a figure is what it is. `parts` and the `earlier` ones, too many to show, sum to `total`."""

    name: str
    total: int
    currency: str
    parts: tuple[Part, ...]
    earlier: int = 0


class DoesNotAddUp(Exception):
    """A total is not the sum of what it is said to be made of. It is not shown."""


def explain(code: str, *, newest: int = 100, sign: int = 1) -> Explanation:
    """The balance of an account as the sum of the sources that moved it, newest first; each leads to its entries.

    An entry without a source stands for itself; `sign=-1` shows credits as positive. Raises `LookupError` for an account that is not in the books and
    `DoesNotAddUp` when the parts do not make the balance, which is read by another way.
    """
    account = Account.objects.filter(code=code).first()
    if account is None:
        raise LookupError(f"there is no account {code!r} in the books")
    moved = (
        account.lines.annotate(name=Coalesce("entry__source__name", "entry__key"), single=Q(entry__source=None))
        .values("name", "single")
        .annotate(amount=Sum("amount"), last=Max("pk"), at=Max("entry__at"), memo=Max("entry__memo"))
        .order_by("-last")
    )
    rows = list(moved)
    parts = tuple(
        Part(
            label=row["name"],
            url=reverse("ledger_entry" if row["single"] else "ledger_source", args=[row["name"]]),
            amount=sign * row["amount"],
            currency=account.currency,
            at=row["at"],
            memo=row["memo"],
        )
        for row in rows[:newest]
    )
    earlier = sign * sum(row["amount"] for row in rows[newest:])
    total = sign * balance(code)
    if total != earlier + sum(part.amount for part in parts):
        raise DoesNotAddUp(f"{code} holds {total}, its parts say {earlier + sum(part.amount for part in parts)}")
    return Explanation(code, total, account.currency, parts, earlier)


LAST_PROOF = "ledger:last-proof"


def remember_proof(proof: BooksProof) -> None:
    """Kept beside the database for what stands on every page; forgotten with the cache, and told anew by the next."""
    cache.set(LAST_PROOF, (proof.proved_at, proof.holds), timeout=None)


def last_proof_told() -> tuple[datetime, bool] | None:
    """When the books were last proved, and whether they held, without asking the database; None where nobody knows."""
    return cache.get(LAST_PROOF)


def newest_proof() -> BooksProof | None:
    """The last time the books were proved, whatever it showed; None before the first."""
    return BooksProof.objects.order_by("-proved_at", "-pk").first()
