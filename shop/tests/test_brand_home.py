from datetime import datetime

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from shop.actions.catalog import open_brand
from shop.actions.orders import record_order, record_return
from shop.facts import ReturnFacts
from shop.models import Brand, Click
from shop.queries import brand_summary, brands_of
from shop.tests.conftest import Fill, order_of


def test_sales_budget_and_what_waits(june: Client, juniper: Brand, click: Click, fill: Fill, noon: datetime) -> None:
    fill(1_000)
    for number in ("A1", "A2", "A3"):
        record_order(brand=juniper, facts=order_of(click, at=noon, number=number), now=noon)
    record_order(brand=juniper, facts=order_of(None, at=noon, number="A4"), now=noon)
    record_return(brand=juniper, facts=ReturnFacts("R1", "Z1", "1", 1, noon), now=noon)
    summary = brand_summary(juniper, noon)
    assert (summary["sales_minor"], summary["prepaid_minor"], summary["unfunded_minor"]) == (12_000, 40, 480)
    assert (summary["sale_orders"], summary["all_orders"], summary["creators"]) == (3, 4, 1)
    text = june.get(reverse("brand_home")).content.decode()
    assert "$120.00" in text
    assert "1 commission waits for your budget" in text
    assert "1 return waits" in text


def test_person_of_two_brands_chooses(june: Client, juniper: Brand, noon: datetime) -> None:
    person = juniper.members.get()
    open_brand(name="Alder", slug="alder", currency="eur", members=[person], now=noon)
    assert [brand.slug for brand in brands_of(person)] == ["alder", "juniper"]
    assert "<h1>Juniper</h1>" in june.get(reverse("brand_home"), {"brand": "juniper"}).content.decode()
    assert "<h1>Juniper</h1>" in june.get(reverse("brand_home")).content.decode()
    assert "<h1>Alder</h1>" in june.get(reverse("brand_home"), {"brand": "alder"}).content.decode()


def test_brands_only(client: Client, sam: User, juniper: Brand) -> None:
    assert client.get(reverse("brand_home")).status_code == 302
    client.force_login(sam)
    assert client.get(reverse("brand_home")).status_code == 403


def test_only_reading_is_allowed(june: Client) -> None:
    assert june.post(reverse("brand_home")).status_code == 405
