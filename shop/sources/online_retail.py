"""The UCI Online Retail file: invoices as orders, cancelled invoices as returns. Only the standard library's CSV.

A cancelled invoice (its number starts with C) does not name the invoice it cancels. Each of its lines is matched to the
latest earlier purchase of the same stock code by the same customer that still has so many pieces left; where none has,
to the latest earlier purchase at all (what comes back never exceeds what was paid, see `postings.returned_base`).
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from portal.kit.money import exponent
from shop.facts import LineFacts, OrderFacts, ReturnFacts

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
# Shipped for the demo and the tests; where it comes from is told in data/README.md.
EXCERPT = Path(__file__).parent.parent / "data" / "online_retail_excerpt.csv"
# The shop is in the United Kingdom and writes its own time.
SHOP_TIME = ZoneInfo("Europe/London")
# Codes that are no products; commissions are paid on products only.
NOT_PRODUCTS = {
    "POST": "shipping",
    "DOT": "shipping",
    "C2": "shipping",
    "M": "manual_entry",
    "D": "discount",
    "S": "manual_entry",
    "B": "manual_entry",
    "CRUK": "manual_entry",
    "PADS": "manual_entry",
    "BANK CHARGES": "bank_charges",
    "AMAZONFEE": "bank_charges",
}
REGIONS = {
    "Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Brazil": "BR", "Canada": "CA",
    "Channel Islands": "GB", "Cyprus": "CY", "Czech Republic": "CZ", "Denmark": "DK", "EIRE": "IE", "Finland": "FI",
    "France": "FR", "Germany": "DE", "Greece": "GR", "Hong Kong": "HK", "Iceland": "IS", "Israel": "IL", "Italy": "IT",
    "Japan": "JP", "Lebanon": "LB", "Lithuania": "LT", "Malta": "MT", "Netherlands": "NL", "Norway": "NO",
    "Poland": "PL", "Portugal": "PT", "RSA": "ZA", "Saudi Arabia": "SA", "Singapore": "SG", "Spain": "ES",
    "Sweden": "SE", "Switzerland": "CH", "USA": "US", "United Arab Emirates": "AE", "United Kingdom": "GB",
}  # fmt: skip


class NotThisFile(ValueError):
    """The file has not the columns of the Online Retail data."""


@dataclass(slots=True)
class Row:
    """One line of the file, read and checked. `quantity` is positive for returns too."""

    number: str
    invoice: str
    sku: str
    title: str
    quantity: int
    price_minor: int
    at: datetime
    customer: str
    region: str
    left: int = 0

    @property
    def is_return(self) -> bool:
        return self.invoice.startswith("C")


@dataclass(slots=True)
class Parsed:
    """Orders and returns in the order of time; `counts` adds up to every line of the file."""

    orders: list[OrderFacts] = field(default_factory=list)
    returns: list[ReturnFacts] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    lines: int = 0
    order_lines: int = 0
    unmatched: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def counts(self) -> dict[str, object]:
        """lines = order_lines + matched + unmatched + everything skipped."""
        return {
            "lines": self.lines,
            "orders": len(self.orders),
            "order_lines": self.order_lines,
            "returns": len(self.returns) + self.unmatched,
            "matched": len(self.returns),
            "unmatched": self.unmatched,
            "skipped": dict(sorted(self.skipped.items())),
        }


def read(path: Path, *, currency: str) -> Parsed:
    """The file as facts; prices are read as `currency`. Raises NotThisFile when columns are missing."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.DictReader(file)
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise NotThisFile(f"{path.name} has no column {', '.join(missing)}")
        return parse(reader, currency=currency)


def parse(lines: Iterable[dict[str, str]], *, currency: str) -> Parsed:
    """1. Check each line. 2. Invoices become orders. 3. Cancelled lines look for their purchase."""
    found = Parsed()
    rows = list(_rows(lines, found, currency))
    purchases = [row for row in rows if not row.is_return]
    _collect_orders(found, purchases, currency)
    bought: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sorted(purchases, key=lambda each: each.at):
        bought[row.customer, row.sku].append(row)
    for row in sorted((row for row in rows if row.is_return), key=lambda each: each.at):
        purchase = _purchase_of(row, bought[row.customer, row.sku])
        if purchase is None:
            found.unmatched += 1
            continue
        purchase.left -= row.quantity
        found.returns.append(
            ReturnFacts(
                external_id=f"{row.invoice}/{row.number}",
                order_number=purchase.invoice,
                line_number=purchase.number,
                quantity=row.quantity,
                amount_minor=row.quantity * row.price_minor,
                returned_at=row.at,
            )
        )
    return found


def _purchase_of(returned: Row, bought: list[Row]) -> Row | None:
    earlier = [row for row in bought if row.at < returned.at]
    enough = [row for row in earlier if row.left >= returned.quantity]
    return next(reversed(enough or earlier), None)


def _collect_orders(found: Parsed, purchases: list[Row], currency: str) -> None:
    invoices: dict[str, list[Row]] = {}
    for row in purchases:
        row.left = row.quantity
        invoices.setdefault(row.invoice, []).append(row)
        found.titles.setdefault(row.sku, row.title)
    found.order_lines = len(purchases)
    for number, rows in invoices.items():
        found.customers[number] = rows[0].customer
        found.orders.append(
            OrderFacts(
                external_id=number,
                currency=currency,
                placed_at=min(row.at for row in rows),
                buyer_region=rows[0].region,
                lines=tuple(
                    LineFacts(row.number, row.sku, row.quantity, row.quantity * row.price_minor) for row in rows
                ),
            )
        )
    found.orders.sort(key=lambda order: (order.placed_at, order.external_id))


def _rows(lines: Iterable[dict[str, str]], found: Parsed, currency: str) -> Iterator[Row]:
    for position, line in enumerate(lines):
        found.lines += 1
        row, wrong = _row(line, position, currency)
        if row is None:
            found.skipped[wrong] += 1
        else:
            yield row


def _row(line: dict[str, str], position: int, currency: str) -> tuple[Row | None, str]:
    """The row, or why it is skipped."""
    text = {column: (line.get(column) or "").strip() for column in COLUMNS}
    if text["StockCode"] in NOT_PRODUCTS:
        return None, NOT_PRODUCTS[text["StockCode"]]
    number = (line.get("") or str(position)).strip()
    if not all(
        _is_number(part, most) for part, most in ((text["InvoiceNo"], 32), (text["StockCode"], 40), (number, 16))
    ):
        return None, "malformed"
    if not text["CustomerID"]:
        return None, "no_customer"
    try:
        quantity = int(text["Quantity"])
        price = Decimal(text["UnitPrice"]).scaleb(exponent(currency))
        at = datetime.strptime(text["InvoiceDate"], "%m/%d/%Y %H:%M").replace(tzinfo=SHOP_TIME)
    except (ValueError, InvalidOperation):
        return None, "malformed"
    if not price.is_finite() or price <= 0:
        return None, "no_price"
    if quantity == 0 or (quantity < 0) != text["InvoiceNo"].startswith("C"):
        return None, "wrong_sign"
    return Row(
        number=number,
        invoice=text["InvoiceNo"],
        sku=text["StockCode"],
        title=text["Description"],
        quantity=abs(quantity),
        price_minor=int(price.to_integral_value()),
        at=at,
        customer=text["CustomerID"],
        region=REGIONS.get(text["Country"], ""),
    ), ""


def _is_number(text: str, most: int) -> bool:
    """Whether an order, line or stock number can be kept: not empty, not too long, no control characters."""
    return 0 < len(text) <= most and text.isprintable()
