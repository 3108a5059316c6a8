"""What may be paid out: the lines of creators' available accounts, told one by one, so that each is paid once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, F, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from portal.ledger import chart
from portal.ledger.models import Line
from portal.ledger.queries import balance

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
