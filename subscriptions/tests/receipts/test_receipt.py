from datetime import datetime

from django.test import Client

from portal.accounts.models import User
from subscriptions.actions.refunds import refund_invoice
from subscriptions.models import Invoice, Tier
from subscriptions.queries.receipts import payment_split
from subscriptions.tests.conftest import Join
from subscriptions.tests.gifts.conftest import Give
from subscriptions.tests.receipts.test_receipt_pdf import letters_of


def test_it_shows_where_each_cent_went(client: Client, sam: User, gold: Tier, join: Join) -> None:
    join(sam, gold)
    invoice = Invoice.objects.get()
    split = payment_split(invoice=invoice)
    assert [(str(part.label), part.amount_minor) for part in split.parts] == [
        ("Mika", 900),
        ("Payment provider", 59),
        ("This portal, for running it", 41),
    ]
    assert (split.paid_minor, split.kept_minor, split.refunded_minor) == (1_000, 1_000, 0)
    client.force_login(sam)
    page = client.get(f"/me/receipts/{invoice.public_id}/").content.decode()
    for text in ("$10.00", "$9.00", "$0.59", "$0.41", "10%"):
        assert text in page


def test_a_gift_shows_it_too_on_the_page_and_on_paper(client: Client, sam: User, silver: Tier, give: Give) -> None:
    bought = give(sam, silver, 3).purchase
    assert bought is not None
    split = payment_split(invoice=bought)
    assert [(str(part.label), part.amount_minor) for part in split.parts] == [
        ("Mika", 1_350),
        ("Payment provider", 74),
        ("This portal, for running it", 76),
    ]
    client.force_login(sam)
    page = client.get(f"/me/receipts/{bought.public_id}/").content.decode()
    for text in ("$15.00", "$13.50", "$0.74", "$0.76", "10%"):
        assert text in page
    paper = client.get(f"/me/receipts/{bought.public_id}/pdf/")
    assert set("$13.50$0.74$0.76") <= letters_of(paper.content)


def test_a_refund_is_told_and_the_parts_still_add_up(
    client: Client, sam: User, staff: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    invoice = Invoice.objects.get()
    refund_invoice(invoice=invoice, amount_minor=400, by=staff, now=noon)
    split = payment_split(invoice=invoice)
    assert (split.paid_minor, split.kept_minor, split.refunded_minor) == (1_000, 600, 400)
    client.force_login(staff)
    assert b"$4.00" in client.get(f"/me/receipts/{invoice.public_id}/").content


def test_nobody_else_sees_it(client: Client, sam: User, lee: User, gold: Tier, join: Join) -> None:
    join(sam, gold)
    path = f"/me/receipts/{Invoice.objects.get().public_id}/"
    assert client.get(path).status_code == 302
    client.force_login(lee)
    assert client.get(path).status_code == 404
    client.force_login(sam)
    assert client.post(path).status_code == 405
