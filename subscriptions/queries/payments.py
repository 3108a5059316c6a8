"""Everything that was paid, in one list: the invoices of memberships, and what was paid once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, overload

from django.db.models import QuerySet, Value
from django.db.models.functions import ExtractYear

from portal.accounts.models import Creator, User
from subscriptions.models import Invoice, Purchase
from subscriptions.queries.refunds import Payment


@dataclass(frozen=True, slots=True)
class Payments:
    """Invoices and purchases, newest first. A paginator counts and slices it; a slice is three queries, however long."""

    invoices: QuerySet[Invoice]
    purchases: QuerySet[Purchase]

    def __len__(self) -> int:
        return self.invoices.count() + self.purchases.count()

    def __iter__(self) -> Iterator[Payment]:
        return iter(self[:])

    @overload
    def __getitem__(self, asked: int) -> Payment: ...
    @overload
    def __getitem__(self, asked: slice) -> list[Payment]: ...
    def __getitem__(self, asked: int | slice) -> Payment | list[Payment]:
        if isinstance(asked, int):
            return self[asked : asked + 1][0]
        invoices, purchases = (_places(rows, name) for rows, name in zip(self._both, ("i", "p"), strict=True))
        places = list(invoices.union(purchases, all=True).order_by("-paid_at", "-pk", "kind_of")[asked])
        found: dict[tuple[str, int], Payment] = {}
        for rows, name in zip(self._both, ("i", "p"), strict=True):
            wanted = [pk for _paid_at, pk, kind in places if kind == name]
            found |= {(name, row.pk): row for row in rows.filter(pk__in=wanted)} if wanted else {}
        return [found[kind, pk] for _paid_at, pk, kind in places]

    def between(self, since: datetime, until: datetime) -> "Payments":
        """Those of a span of time, its end left out."""
        span = {"paid_at__gte": since, "paid_at__lt": until}
        return Payments(self.invoices.filter(**span), self.purchases.filter(**span))

    def years(self) -> list[int]:
        """The years (UTC) in which anything was paid, newest first."""
        found: set[int] = set()
        for rows in self._both:
            of_rows: Any = rows.order_by().annotate(paid_in=ExtractYear("paid_at", tzinfo=UTC))
            found |= set(of_rows.values_list("paid_in", flat=True).distinct())
        return sorted(found, reverse=True)

    @property
    def _both(self) -> tuple[QuerySet[Any], QuerySet[Any]]:
        return self.invoices, self.purchases


def _places(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    return rows.order_by().annotate(kind_of=Value(name)).values_list("paid_at", "pk", "kind_of")


def paid_by(*, fan: User) -> Payments:
    """Everything a person has paid. Payments of nothing are no payments."""
    invoices, purchases = _paid()
    return Payments(invoices.filter(membership__fan=fan), purchases.filter(buyer=fan))


def paid_to(*, creator: Creator) -> Payments:
    """Everything that was paid for a creator's tiers."""
    invoices, purchases = _paid()
    return Payments(invoices.filter(membership__creator=creator), purchases.filter(creator=creator))


def payment(*, public_id: str) -> Payment | None:
    """One payment by the name that its pages have: an invoice, or what was paid once."""
    for rows in _paid():
        if (found := rows.filter(public_id=public_id).first()) is not None:
            return found
    return None


def _paid() -> tuple[QuerySet[Any], QuerySet[Any]]:
    invoices = Invoice.objects.filter(paid_at__isnull=False).exclude(gross_minor=0, tax_minor=0)
    purchases = Purchase.objects.filter(paid_at__isnull=False)
    shared = ("price__tier", "charge", "share", "share_decision")
    return (
        invoices.select_related("membership__fan", "membership__creator", *shared),
        purchases.select_related("buyer", "creator", "pool_funding__pool", *shared),
    )
