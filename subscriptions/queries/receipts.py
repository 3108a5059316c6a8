"""Receipts: what was paid, by whom, for what, and where each cent of it went, read from the books."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.ledger import chart
from portal.ledger.queries import posted
from subscriptions.models import Purchase
from subscriptions.queries.payments import Payments, paid_by
from subscriptions.queries.refunds import Payment


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a payment, in minor units, as the books hold it."""

    label: str | Promise
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Split:
    """Where each cent of a payment went. `paid` less `refunded` is the sum of the parts."""

    paid_minor: int
    refunded_minor: int
    parts: list[Part] = field(default_factory=list)

    @property
    def kept_minor(self) -> int:
        return sum(part.amount_minor for part in self.parts)


def payment_split(*, invoice: Payment) -> Split:
    """The books of one payment, read for its fan. The provider's fee is paid by the platform out of its part."""
    held, currency = posted(invoice.source), invoice.currency
    creator = invoice.payee
    buckets = [bucket(creator.public_id, currency) for bucket in chart.BUCKETS.values()]
    fee = held.get(chart.stripe_fee(currency), 0)
    platform = -held.get(chart.platform_fee(currency), 0) - fee
    parts = [
        Part(creator.display_name, -sum(held.get(code, 0) for code in buckets)),
        Part(_("Payment provider"), fee),
        Part(_("This portal, for running it"), platform),
        Part(_("Tax"), -held.get(chart.tax_payable(currency), 0)),
    ]
    kept = sum(part.amount_minor for part in parts)
    return Split(invoice.total_minor, invoice.total_minor - kept, [part for part in parts if part.amount_minor])


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One payment in a list: `refunded` is what its refunds have taken back so far."""

    invoice: Payment
    refunded_minor: int

    @property
    def kept_minor(self) -> int:
        return self.invoice.total_minor - self.refunded_minor


def receipts_of(*, fan: User, year: int | None = None) -> Payments:
    """Everything a fan has paid, newest first; of one year (UTC) if asked."""
    paid = paid_by(fan=fan)
    return (
        paid if year is None else paid.between(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))
    )


def receipt_lines(rows: Iterable[Payment]) -> list[ReceiptLine]:
    """Each with what was given back. One query for any number."""
    lines, invoices = [], list(rows)
    charges = [invoice.charge for invoice in invoices if invoice.charge]
    prefetch_related_objects(charges, "refunds")
    for invoice in invoices:
        taken = sum(refund.taken_minor for refund in invoice.charge.refunds.all()) if invoice.charge else 0
        lines.append(ReceiptLine(invoice, taken))
    return lines


def totals_of(lines: Iterable[ReceiptLine]) -> dict[str, int]:
    """Currency → what was paid less what was given back."""
    totals: dict[str, int] = {}
    for line in lines:
        currency = line.invoice.currency
        totals[currency] = totals.get(currency, 0) + line.kept_minor
    return totals


SHEET_HEADER = (
    "number",
    "paid",
    "creator",
    "tier",
    "kind",
    "from",
    "until",
    "total_minor",
    "tax_minor",
    "back_minor",
    "currency",
)


def sheet_rows(lines: Iterable[ReceiptLine]) -> Iterable[list[object]]:
    for line in lines:
        invoice = line.invoice
        assert invoice.paid_at is not None
        kind, since, until = _kind_and_time(invoice)
        yield [
            invoice.number,
            invoice.paid_at.date().isoformat(),
            invoice.payee.display_name,
            invoice.price.tier.name,
            kind,
            since,
            until,
            invoice.total_minor,
            invoice.tax_minor,
            line.refunded_minor,
            invoice.currency,
        ]


def _kind_and_time(invoice: Payment) -> tuple[str, str, str]:
    """What was paid once has no time of its own: a gift's begins when it is claimed."""
    if isinstance(invoice, Purchase):
        return invoice.kind, "", ""
    return "membership", invoice.period_start_at.date().isoformat(), invoice.period_end_at.date().isoformat()
