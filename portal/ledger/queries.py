"""Questions to the books."""

from django.db.models import Sum

from portal.ledger.models import Line


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
    """Minor units on one account (debit +, credit −); 0 for an account that never moved."""
    return Line.objects.filter(account__code=code).aggregate(total=Sum("amount"))["total"] or 0


def books(prefix: str = "") -> dict[str, int]:
    """Every account whose balance is not zero: code → minor units (debit +, credit −)."""
    rows = (
        Line.objects.filter(account__code__startswith=prefix)
        .values_list("account__code")
        .annotate(total=Sum("amount"))
        .order_by("account__code")
        .values_list("account__code", "total")
    )
    return {code: total for code, total in rows if total}
