from datetime import datetime

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from shop.actions.orders import record_order, record_return
from shop.facts import ReturnFacts
from shop.models import Brand, Click
from shop.tests.conftest import Fill, order_of, questions


def test_every_line_says_who_or_why_not(june: Client, juniper: Brand, click: Click, fill: Fill, noon: datetime) -> None:
    fill(10_000)
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    record_order(brand=juniper, facts=order_of(None, at=noon, number="A2"), now=noon)
    record_return(brand=juniper, facts=ReturnFacts("R1", "Z1", "1", 1, noon), now=noon)
    text = june.get(reverse("brand_order_list")).content.decode()
    assert "@mika" in text
    assert "No click on a creator&#x27;s link led to it." in text
    assert "R1: order Z1, line 1" in text


def test_same_number_of_questions_for_one_and_three(june: Client, juniper: Brand, click: Click, noon: datetime) -> None:
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    one = questions(june, reverse("brand_order_list"))
    for number in ("A2", "A3"):
        record_order(brand=juniper, facts=order_of(click, at=noon, number=number), now=noon)
    assert questions(june, reverse("brand_order_list")) == one


def test_brands_only(client: Client, sam: User, juniper: Brand) -> None:
    assert client.get(reverse("brand_order_list")).status_code == 302
    client.force_login(sam)
    assert client.get(reverse("brand_order_list")).status_code == 403


def test_only_reading_is_allowed(june: Client) -> None:
    assert june.post(reverse("brand_order_list")).status_code == 405
