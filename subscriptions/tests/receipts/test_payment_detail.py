from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from subscriptions.models import Invoice, Tier
from subscriptions.tests.conftest import Join


def test_the_creator_sees_the_same_payment_and_its_entries(
    client: Client, mika: Creator, sam: User, gold: Tier, join: Join
) -> None:
    join(sam, gold)
    invoice = Invoice.objects.get()
    client.force_login(mika.user)
    assert invoice.number in client.get(reverse("payment_list")).content.decode()
    page = client.get(f"/studio/payments/{invoice.public_id}/").content.decode()
    for shown in ("$10.00", "$9.00", "$0.59", "$0.41", f"/books/sources/{invoice.source}/"):
        assert shown in page
    assert "sam@example.com" not in page
    assert client.get(f"/books/sources/{invoice.source}/").status_code == 200
    assert invoice.number in client.get("/studio/payments/?month=2026-05").content.decode()
    assert invoice.number not in client.get("/studio/payments/?month=2026-04").content.decode()


def test_another_creator_finds_nothing(client: Client, noor: Creator, sam: User, gold: Tier, join: Join) -> None:
    join(sam, gold)
    invoice = Invoice.objects.get()
    client.force_login(noor.user)
    assert invoice.number not in client.get(reverse("payment_list")).content.decode()
    assert client.get(f"/studio/payments/{invoice.public_id}/").status_code == 404
    assert client.post("/studio/payments/").status_code == 405
