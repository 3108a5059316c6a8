"""The staff's overview of the sandbox."""

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.sandbox.tests.people import Platform


def test_everything_at_a_glance(client: Client, staff: User, hosted: Platform) -> None:
    client.force_login(staff)
    hosted.charge(2000)
    hosted.sandbox.faults.add("rate_limit", path="/v1/transfers", times=0)
    text = client.get(reverse("console")).content.decode()
    assert "2026-05-15 12:00" in text and "$19.12" in text and "rate_limit" in text
    assert "charge.succeeded" in text and "4 events are waiting" not in text
    filtered = client.get(reverse("console"), {"kind": "payment_intent"}).content.decode()
    assert "$20.00" in filtered


def test_only_staff(client: Client, sam: User, hosted: Platform) -> None:
    assert client.get(reverse("console")).status_code == 302
    client.force_login(sam)
    assert client.get(reverse("console")).status_code == 403


def test_reading_only(client: Client, staff: User, hosted: Platform) -> None:
    client.force_login(staff)
    assert client.post(reverse("console")).status_code == 405
