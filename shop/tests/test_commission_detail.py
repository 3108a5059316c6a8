from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from shop.actions.commissions import hold_commission, release_commissions, void_commission
from shop.actions.orders import record_order, record_return
from shop.facts import ReturnFacts
from shop.models import Brand, Click, Commission
from shop.tests.conftest import Fill, order_of


@pytest.fixture
def commission(juniper: Brand, click: Click, fill: Fill, noon: datetime) -> Commission:
    fill(10_000)
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    return Commission.objects.get()


def read(client: Client, commission: Commission) -> str:
    return client.get(commission.get_absolute_url()).content.decode()


def test_amount_click_receipt_and_books_are_there(mika_in: Client, commission: Commission) -> None:
    text = read(mika_in, commission)
    for words in ("$40.00", "10%", "$4.00", "the last click that counts", "version 1: 10%", "Covered by the brand"):
        assert words in text
    assert reverse("ledger_source", args=[commission.source]) in text


def test_link_to_the_books_leads_there(mika_in: Client, commission: Commission) -> None:
    assert mika_in.get(reverse("ledger_source", args=[commission.source])).status_code == 200


def test_every_state_explains_itself(mika_in: Client, commission: Commission, staff: User, noon: datetime) -> None:
    assert "The buyer may still return it" in read(mika_in, commission)
    hold_commission(commission=commission, reason="Two orders from one address.", by=staff, now=noon)
    assert "Two orders from one address." in read(mika_in, commission)
    void_commission(commission=commission, reason="Bought clicks.", by=staff, now=noon)
    assert "Bought clicks." in read(mika_in, commission)


def test_return_is_told(mika_in: Client, juniper: Brand, commission: Commission, noon: datetime) -> None:
    release_commissions(now=commission.release_at)
    assert "It is yours" in read(mika_in, commission)
    record_return(brand=juniper, facts=ReturnFacts("R9", "A1", "1", 1, noon), now=noon)
    text = read(mika_in, commission)
    assert "Everything was returned" in text
    assert "R9" in text


def test_others_do_not_find_it(client: Client, noor: Creator, sam: User, commission: Commission) -> None:
    assert client.get(commission.get_absolute_url()).status_code == 302
    client.force_login(noor.user)
    assert client.get(commission.get_absolute_url()).status_code == 404


def test_only_reading_is_allowed(mika_in: Client, commission: Commission) -> None:
    assert mika_in.post(commission.get_absolute_url()).status_code == 405
