"""The importer on the real file: every line is an order line, a return, or skipped for a reason."""

import csv
import json
from collections import Counter, defaultdict
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from portal.ledger.queries import books
from shop.models import Brand, Order, OrderLine, OrderReturn
from shop.sources.online_retail import EXCERPT

REAL_FILE = settings.SHARED_DATA / "orders" / "online_retail.csv"
# Counted apart from this project, by hand-written loops over the file.
REAL_COUNTS = {
    "lines": 20_328,
    "orders": 1_040,
    "order_lines": 19_267,
    "returns": 596,
    "matched": 506,
    "unmatched": 90,
    "skipped": {"discount": 1, "manual_entry": 51, "no_price": 5, "shipping": 408},
}


def imported(path: Path, *options: str) -> dict:
    out = StringIO()
    call_command(
        "import_orders", str(path), "--source", "online_retail", "--brand", "juniper", "--json", *options, stdout=out
    )
    return json.loads(out.getvalue())


def add_up(counts: dict) -> int:
    return counts["order_lines"] + counts["matched"] + counts["unmatched"] + sum(counts["skipped"].values())


def test_excerpt_becomes_orders_and_returns(juniper: Brand) -> None:
    counts = imported(EXCERPT)
    assert add_up(counts) == counts["lines"] == 469
    assert counts["orders"] == counts["orders_new"] == Order.objects.count()
    assert counts["order_lines"] == OrderLine.objects.count()
    assert counts["matched"] == OrderReturn.objects.count() == OrderReturn.objects.exclude(line=None).count()
    assert counts["refused"] == []


def test_import_again_changes_nothing(juniper: Brand) -> None:
    first = imported(EXCERPT)
    again = imported(EXCERPT)
    assert again["orders_known"] == first["orders_new"]
    assert again["returns_known"] == first["returns_new"]
    assert "orders_new" not in again
    assert OrderLine.objects.count() == first["order_lines"]


def test_dry_run_keeps_nothing(juniper: Brand) -> None:
    assert imported(EXCERPT, "--dry-run")["lines"] == 469
    assert Order.objects.count() == 0


def test_wrong_file_brand_and_columns_are_refused(juniper: Brand, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="no column InvoiceNo"):
        imported(other)
    with pytest.raises(CommandError):
        imported(tmp_path / "missing.csv")
    with pytest.raises(CommandError, match="no brand"):
        call_command("import_orders", str(EXCERPT), "--source", "online_retail", "--brand", "nobody")


def test_broken_lines_are_counted_by_reason(juniper: Brand, tmp_path: Path) -> None:
    head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    lines = [
        "1,10001,A,2,3/1/2011 9:00,1.50,7,France",
        "1,10002,B,two,3/1/2011 9:00,1.50,7,France",
        "1,10003,C,1,2011-03-01,1.50,7,France",
        "1,10004,D,1,3/1/2011 9:00,free,7,France",
        "1,10005,E,1,3/1/2011 9:00,NaN,7,France",
        "1,10006,F,-1,3/1/2011 9:00,1.50,7,France",
        "1,10007,G,1,3/1/2011 9:00,0,7,France",
        "1,10008,H,1,3/1/2011 9:00,1.50,,France",
        f"1,{'9' * 50},I,1,3/1/2011 9:00,1.50,7,France",
        f"{'1' * 90},10009,I,1,3/1/2011 9:00,1.50,7,France",
        "1,POST,POSTAGE,1,3/1/2011 9:00,18,7,France",
        "C2,10001,A,-1,3/2/2011 9:00,1.50,7,France",
        "C3,10001,A,-1,2/2/2011 9:00,1.50,7,France",
    ]
    path = tmp_path / "orders.csv"
    path.write_text(head + "\n".join(lines))
    counts = imported(path)
    assert counts["skipped"] == {"malformed": 5, "no_customer": 1, "no_price": 2, "shipping": 1, "wrong_sign": 1}
    assert (counts["order_lines"], counts["matched"], counts["unmatched"]) == (1, 1, 1)
    assert add_up(counts) == counts["lines"] == 13
    assert OrderLine.objects.get().returned_minor == 150


@pytest.mark.skipif(not REAL_FILE.exists(), reason=f"the real file {REAL_FILE} is not on this machine")
def test_real_file_has_the_counts_that_were_counted_independently(juniper: Brand) -> None:
    assert imported(REAL_FILE, "--dry-run") == REAL_COUNTS
    assert independent_counts() == REAL_COUNTS


@pytest.mark.skipif(not REAL_FILE.exists(), reason=f"the real file {REAL_FILE} is not on this machine")
def test_real_file_is_recorded_whole(juniper: Brand) -> None:
    counts = imported(REAL_FILE)
    assert counts["refused"] == []
    assert OrderLine.objects.count() == 19_267
    assert OrderReturn.objects.count() == 506
    assert books() == {}


def independent_counts() -> dict:
    """The same question, asked without a line of the importer."""
    with REAL_FILE.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    reasons = {"POST": "shipping", "C2": "shipping", "M": "manual_entry", "D": "discount"}
    skipped: Counter[str] = Counter()
    bought, back = defaultdict(list), []
    orders = set()
    for row in rows:
        when = datetime.strptime(row["InvoiceDate"], "%m/%d/%Y %H:%M")  # noqa: DTZ007
        if row["StockCode"] in reasons:
            skipped[reasons[row["StockCode"]]] += 1
        elif float(row["UnitPrice"]) <= 0:
            skipped["no_price"] += 1
        elif row["InvoiceNo"].startswith("C"):
            back.append((row["CustomerID"], row["StockCode"], when))
        else:
            bought[row["CustomerID"], row["StockCode"]].append(when)
            orders.add(row["InvoiceNo"])
    matched = sum(any(then < when for then in bought[who, what]) for who, what, when in back)
    return {
        "lines": len(rows),
        "orders": len(orders),
        "order_lines": sum(map(len, bought.values())),
        "returns": len(back),
        "matched": matched,
        "unmatched": len(back) - matched,
        "skipped": dict(sorted(skipped.items())),
    }
