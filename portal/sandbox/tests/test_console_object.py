"""One object of the sandbox, as the API shows it."""

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.sandbox.tests.people import Platform


def test_an_object_and_its_offers(client: Client, staff: User, hosted: Platform) -> None:
    client.force_login(staff)
    charge = hosted.charge(2000)
    text = client.get(reverse("console_object", args=[charge])).content.decode()
    assert "Dispute it" in text and "balance_transaction" in text
    assert "pm_card" not in text and "4242424242424242" not in text


def test_an_event_shows_its_deliveries(client: Client, staff: User, hosted: Platform) -> None:
    client.force_login(staff)
    hosted.customer(card="")
    (event,) = hosted.api.v1.events.list().data
    text = client.get(reverse("console_object", args=[event.id])).content.decode()
    assert "snapshot" in text and "Send again" in text


def test_who_may_not_and_what_is_not(client: Client, sam: User, staff: User, hosted: Platform) -> None:
    page = reverse("console_object", args=["ch_nobody"])
    client.force_login(sam)
    assert client.get(page).status_code == 403
    client.force_login(staff)
    assert client.get(page).status_code == 404
