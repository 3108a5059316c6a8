"""Questions to the books. Amounts are minor units, debit + and credit −, unless a docstring says otherwise."""

from collections import defaultdict
from collections.abc import Mapping

from django.db import connection
from django.db.models import Q, Sum

from portal.ledger.chart import currency_of
from portal.ledger.models import Account, Line

# The newest snapshot of the account, plus its lines since. Both parts are read through one index each.
BALANCE = """
SELECT a.code, COALESCE(s.balance, 0) + COALESCE(
         (SELECT SUM(l.amount) FROM ledger_line l WHERE l.account_id = a.id AND l.id > COALESCE(s.upto_line, 0)), 0)
FROM ledger_account a
LEFT JOIN ledger_snapshot s ON s.id = (
  SELECT n.id FROM ledger_snapshot n WHERE n.account_id = a.id ORDER BY n.upto_line DESC LIMIT 1)
"""


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
    with connection.cursor() as cursor:
        cursor.execute(BALANCE + "WHERE a.code = %s", [code])
        row = cursor.fetchone()
    return int(row[1]) if row else 0


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
            cursor.execute(BALANCE + f"WHERE a.id IN ({', '.join(['%s'] * len(ids))}) ORDER BY a.code", ids)
        else:
            cursor.execute(BALANCE + "ORDER BY a.code")
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

    `available` below zero is what the creator owes.
    """
    found: dict[str, dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(("pending", "available", "held", "transit"), 0)
    )
    for code, total in balances(f"creator:{creator}:", f"transit:{creator}:").items():
        bucket = "transit" if code.startswith("transit:") else code.split(":")[2]
        found[currency_of(code)][bucket] = -total
    return {currency: found[currency] for currency in sorted(found)}


def totals_by(totals: Mapping[str, int], kind: str) -> dict[str, int]:
    """Fold balances by the currency: `totals` of codes → currency → minor units, for codes that begin with `kind`."""
    folded: dict[str, int] = defaultdict(int)
    for code, total in totals.items():
        if code.startswith(kind):
            folded[currency_of(code)] += total
    return dict(folded)
