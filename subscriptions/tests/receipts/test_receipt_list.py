import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import Invoice, Purchase, Tier
from subscriptions.queries.receipts import receipt_lines, receipts_of, totals_of
from subscriptions.tests.conftest import Join
from subscriptions.tests.gifts.conftest import Give


def test_a_fan_finds_every_payment_by_year(
    client: Client, box: Sandbox, deliver: Deliver, sam: User, staff: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    box.advance_to(noon + timedelta(days=32))
    deliver()
    old = Invoice.objects.order_by("pk").first()
    assert old is not None
    Invoice.objects.filter(pk=old.pk).update(paid_at=noon - timedelta(days=365))
    refund_invoice(invoice=Invoice.objects.order_by("pk")[1], amount_minor=250, by=staff, now=noon)
    assert receipts_of(fan=sam).years() == [2026, 2025]
    assert totals_of(receipt_lines(receipts_of(fan=sam))) == {"usd": 1_750}
    assert totals_of(receipt_lines(receipts_of(fan=sam, year=2025))) == {"usd": 1_000}
    client.force_login(sam)
    page = client.get("/me/receipts/?year=2026").content.decode()
    assert old.number not in page and "$7.50" in page and "$2.50" in page
    rows = list(csv.DictReader(io.StringIO(client.get("/me/receipts/?format=csv").content.decode("utf-8-sig"))))
    assert [(row["total_minor"], row["back_minor"], row["creator"]) for row in rows] == [
        ("1000", "250", "Mika"),
        ("1000", "0", "Mika"),
    ]


def test_gifts_and_passes_count_like_the_rest(
    client: Client, sam: User, staff: User, silver: Tier, gold: Tier, join: Join, give: Give, noon: datetime
) -> None:
    join(sam, gold)
    gift = give(sam, silver, 3, now=noon + timedelta(minutes=1)).purchase
    assert gift is not None
    refund_invoice(invoice=gift, amount_minor=500, by=staff, now=noon)
    assert totals_of(receipt_lines(receipts_of(fan=sam))) == {"usd": 2_000}
    Purchase.objects.filter(pk=gift.pk).update(paid_at=noon - timedelta(days=365))
    assert totals_of(receipt_lines(receipts_of(fan=sam, year=2025))) == {"usd": 1_000}
    client.force_login(sam)
    page = client.get("/me/receipts/?year=2025").content.decode()
    assert gift.number in page and Invoice.objects.get().number not in page and "$10.00" in page
    rows = list(csv.DictReader(io.StringIO(client.get("/me/receipts/?format=csv").content.decode("utf-8-sig"))))
    assert [(row["kind"], row["from"], row["total_minor"], row["back_minor"]) for row in rows] == [
        ("membership", "2026-05-15", "1000", "0"),
        ("gift", "", "1500", "500"),
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_a_long_list_asks_no_more_than_a_short_one(
    client: Client,
    sam: User,
    silver: Tier,
    gold: Tier,
    join: Join,
    give: Give,
    count: int,
    django_assert_num_queries: Any,
) -> None:
    join(sam, gold)
    for _time in range(count):
        give(sam, silver, 1)
    rows = receipts_of(fan=sam)
    with django_assert_num_queries(4):
        assert len(receipt_lines(rows[0:50])) == count + 1


def test_without_a_payment_it_says_so(client: Client, lee: User) -> None:
    client.force_login(lee)
    assert b"No receipt yet" in client.get("/me/receipts/").content


def test_nobody_sees_those_of_others(client: Client, sam: User, lee: User, gold: Tier, join: Join) -> None:
    join(sam, gold)
    assert client.get("/me/receipts/").status_code == 302
    client.force_login(lee)
    assert Invoice.objects.get().number not in client.get("/me/receipts/").content.decode()
    assert client.post("/me/receipts/").status_code == 405


@pytest.mark.parametrize("query", ["year=x", "year=99999999", "year=²", "page=0", "format=x"])
def test_a_wrong_address_shows_all(client: Client, sam: User, gold: Tier, join: Join, query: str) -> None:
    join(sam, gold)
    client.force_login(sam)
    assert Invoice.objects.get().number in client.get(f"/me/receipts/?{query}").content.decode()
