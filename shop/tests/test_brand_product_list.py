from datetime import datetime

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from shop.actions.catalog import list_product, open_brand
from shop.models import Brand, Product
from shop.tests.conftest import questions


def test_own_products_are_listed(june: Client, juniper: Brand, noon: datetime) -> None:
    other = open_brand(name="Other", slug="other", currency="usd", members=[], now=noon)
    list_product(brand=other, sku="rug", title="Rug", price_minor=1, rate_bp=500, regions=["US"], now=noon)
    text = june.get(reverse("brand_product_list")).content.decode()
    assert "Lamp" in text
    assert "GB, US" in text
    assert "Rug" not in text


def test_same_number_of_questions_for_one_and_three(june: Client, juniper: Brand, noon: datetime) -> None:
    list_product(brand=juniper, sku="mug", title="Mug", price_minor=1, rate_bp=500, regions=["US"], now=noon)
    three = questions(june, reverse("brand_product_list"))
    Product.objects.filter(sku__in=["mug", "vase"]).update(brand=open_brand(
        name="Other", slug="other", currency="usd", members=[], now=noon))  # fmt: skip
    assert questions(june, reverse("brand_product_list")) == three


def test_brands_only(client: Client, sam: User, juniper: Brand) -> None:
    assert client.get(reverse("brand_product_list")).status_code == 302
    client.force_login(sam)
    assert client.get(reverse("brand_product_list")).status_code == 403


def test_only_reading_is_allowed(june: Client) -> None:
    assert june.post(reverse("brand_product_list")).status_code == 405
