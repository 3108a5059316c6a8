import re
from datetime import datetime

import pytest
from django.test import Client
from django.utils import translation

from portal.accounts.models import User
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import Invoice, Tier
from subscriptions.queries.receipts import payment_split
from subscriptions.receipt_pdf import can_draw, in_print, receipt_pdf
from subscriptions.tests.conftest import Join


def letters_of(file: bytes) -> set[str]:
    """Every letter that the paper can be copied as: the fonts' own tables from shapes to letters."""
    pairs = re.findall(rb"^<[0-9A-Fa-f]+> <([0-9A-Fa-f]+)>$", file, re.MULTILINE)
    return {letter for pair in pairs for letter in bytes.fromhex(pair.decode()).decode("utf-16-be")}


def test_it_is_one_page_with_the_number_and_who_is_named(
    client: Client, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    User.objects.filter(pk=sam.pk).update(name="Żółć نور")
    sam.refresh_from_db()
    join(sam, gold)
    invoice = Invoice.objects.get()
    client.force_login(sam)
    answer = client.get(f"/me/receipts/{invoice.public_id}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{invoice.number}.pdf"'
    assert answer.content.startswith(b"%PDF-") and answer.content.count(b"/Type /Page\n") == 1
    assert invoice.number == f"R2026-{invoice.pk:07d}"
    assert set("Żółćنور$10.00@examplesam") <= letters_of(answer.content) | {" "}


def test_the_same_receipt_is_the_same_file_and_a_refund_makes_another(
    sam: User, staff: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    invoice = Invoice.objects.get()
    first = receipt_pdf(invoice=invoice, split=payment_split(invoice=invoice))
    assert receipt_pdf(invoice=invoice, split=payment_split(invoice=invoice)) == first
    refund_invoice(invoice=invoice, amount_minor=400, by=staff, now=noon)
    assert receipt_pdf(invoice=invoice, split=payment_split(invoice=invoice)) != first


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_it_is_written_in_every_language(sam: User, gold: Tier, join: Join, language: str) -> None:
    join(sam, gold)
    invoice = Invoice.objects.get()
    with translation.override(language):
        assert receipt_pdf(invoice=invoice, split=payment_split(invoice=invoice)).startswith(b"%PDF-")


@pytest.mark.once
def test_a_name_no_font_can_draw_is_told_otherwise() -> None:
    for name in ("Sam", "Tomás Żółć", "Ωμέγα", "Привет", "نور حداد", "สมชาย"):
        assert can_draw(name), name
    assert in_print("山田", "yamada@example.com") == "yamada@example.com"
    assert in_print("Sam", "sam@example.com") == "Sam"


def test_nobody_else_gets_it(client: Client, sam: User, lee: User, staff: User, gold: Tier, join: Join) -> None:
    join(sam, gold)
    path = f"/me/receipts/{Invoice.objects.get().public_id}/pdf/"
    assert client.get(path).status_code == 302
    client.force_login(lee)
    assert client.get(path).status_code == 404
    client.force_login(staff)
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 405
