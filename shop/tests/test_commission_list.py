from datetime import datetime

from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator
from shop.actions.orders import record_order
from shop.models import Brand, Click
from shop.tests.conftest import Fill, order_of, questions


def sell(brand: Brand, click: Click, noon: datetime, *numbers: str) -> None:
    for number in numbers:
        record_order(brand=brand, facts=order_of(click, at=noon, number=number), now=noon)


def test_each_commission_has_its_line(
    mika_in: Client, juniper: Brand, click: Click, fill: Fill, noon: datetime
) -> None:
    fill(10_000)
    sell(juniper, click, noon, "A1")
    text = mika_in.get(reverse("commission_list")).content.decode()
    assert "$4.00" in text
    assert "Pending" in text
    assert "$4.00" not in mika_in.get(reverse("commission_list"), {"state": "void"}).content.decode()
    assert "$4.00" in mika_in.get(reverse("commission_list"), {"state": "made up"}).content.decode()


def test_same_number_of_questions_for_one_and_three(
    mika_in: Client, juniper: Brand, click: Click, noon: datetime
) -> None:
    sell(juniper, click, noon, "A1")
    assert questions(mika_in, reverse("commission_list")) == 2
    sell(juniper, click, noon, "A2", "A3")
    assert questions(mika_in, reverse("commission_list")) == 2


def test_others_see_their_own(client: Client, noor: Creator, juniper: Brand, click: Click, noon: datetime) -> None:
    sell(juniper, click, noon, "A1")
    client.force_login(noor.user)
    assert "Nothing here" in client.get(reverse("commission_list")).content.decode()


def test_strangers_are_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get(reverse("commission_list")).status_code == 302


def test_only_reading_is_allowed(mika_in: Client) -> None:
    assert mika_in.post(reverse("commission_list")).status_code == 405
