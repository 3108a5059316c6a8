"""What may be paid out: the lines of creators' available accounts, told one by one, so that each is paid once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from portal.ledger import chart
from portal.ledger.models import Line
from portal.ledger.queries import balance
from portal.ledger.snapshots import last_settled_line

# The line with which a payout takes the money away; the lines it pays are the ones that brought it.
TAKING = ":reserve"


@dataclass(frozen=True)
class PayableLine:
    """One line as its creator sees it: `amount_minor` above zero was given, below zero taken back."""

    id: int
    account: str
    amount_minor: int
    currency: str
    fact: str
    entry_key: str
    kind: str
    memo: str
    at: datetime

    @property
    def creator(self) -> str:
        return self.account.split(":")[1]


def newest_line() -> int:
    """The sequence number of the last line written; 0 in empty books."""
    return Line.objects.aggregate(newest=Max("id"))["newest"] or 0


def payable_lines(*, upto: int, without: QuerySet, account: str | None = None) -> list[PayableLine]:
    """Lines of available accounts (or of one) up to the line `upto`, but for the line ids that `without` yields.

    Their amounts sum to the balance of the account when `without` holds whole payouts, since every payout took
    what its lines gave.
    """
    lines = Line.objects.filter(id__lte=upto).exclude(entry__kind="payout", entry__key__endswith=TAKING)
    if account is not None:
        lines = lines.filter(account__code=account)
    else:
        lines = lines.filter(account__code__startswith="creator:", account__code__contains=":available:")
    return _told(lines.exclude(id__in=without))


def creator_lines(creator: str) -> QuerySet[Any, Any]:
    """Every line that moved a creator's money, newest first, as rows: id, bucket, amount_minor (as the creator sees it),
    currency, entry_key, kind, memo, at."""
    buckets = [When(account__code__contains=f":{bucket}:", then=Value(bucket)) for bucket in (*chart.BUCKETS, "owed")]
    mine = Q(account__code__startswith=f"creator:{creator}:") | Q(account__code__startswith=f"transit:{creator}:")
    return (
        Line.objects.filter(mine)
        .annotate(
            amount_minor=-F("amount"),
            bucket=Case(*buckets, default=Value("transit")),
            entry_key=F("entry__key"),
            kind=F("entry__kind"),
            memo=F("entry__memo"),
            at=F("entry__at"),
        )
        .order_by("-id")
        .values("id", "bucket", "amount_minor", "currency", "entry_key", "kind", "memo", "at")
    )


def settled_line() -> int:
    """The last line below which no transaction that is still open can write."""
    with transaction.atomic():
        return last_settled_line()


def movements(*, since: int, upto: int) -> dict[tuple[str, str], tuple[int, int]]:
    """(creator, currency) → what was earned and what was paid out between two lines, in minor units above zero.

    Earned is everything but payouts; moves between a creator's own pockets sum to nothing.
    """
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    mine = Q(account__code__startswith="creator:") | Q(account__code__startswith="transit:")
    rows = Line.objects.filter(mine, id__gt=since, id__lte=upto).values_list("account__code", "entry__kind")
    for code, kind, total in rows.annotate(total=Sum("amount")).values_list("account__code", "entry__kind", "total"):
        pair = found[str(chart.creator_of_account(code)), chart.currency_of(code)]
        if kind == "payout":
            pair[1] += total
        else:
            pair[0] -= total
    return {key: (earned, paid) for key, (earned, paid) in found.items() if earned or paid}


def lines_by_id(ids: Iterable[int]) -> dict[int, PayableLine]:
    """Lines told by id; an id that the books do not know is left out."""
    return {line.id: line for line in _told(Line.objects.filter(id__in=list(ids)))}


def _told(lines: QuerySet[Line]) -> list[PayableLine]:
    rows = lines.order_by("id").values_list(
        "id",
        "account__code",
        "amount",
        "currency",
        Coalesce("entry__source__name", "entry__key"),
        "entry__key",
        "entry__kind",
        "entry__memo",
        "entry__at",
    )
    return [
        PayableLine(id, code, -amount, currency, fact, key, kind, memo, at)
        for id, code, amount, currency, fact, key, kind, memo, at in rows
    ]


def owed(creator: str, currency: str) -> int:
    """What the creator owes from earlier payouts, in minor units; 0 for nobody's debt."""
    return balance(chart.creator_owed(creator, currency))


def taken_entries() -> dict[str, dict[str, int]]:
    """What payouts took, entry by entry: key → account code → minor units (debit +, credit −)."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = Line.objects.filter(entry__kind="payout", entry__key__endswith=TAKING)
    for key, code, amount in rows.values_list("entry__key", "account__code", "amount"):
        found[key][code] = amount
    return dict(found)
