from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator
from shop.actions.catalog import list_product, offer_target_plan
from shop.models import Brand, Product
from shop.tests.conftest import questions


@pytest.fixture
def path() -> str:
    return reverse("marketplace")


def test_products_show_their_commission(mika_in: Client, juniper: Brand, path: str) -> None:
    text = mika_in.get(path).content.decode()
    assert "Lamp" in text
    assert "10%" in text
    assert text.count("Open to you") == 2


def test_product_of_another_region_says_why_not(mika_in: Client, juniper: Brand, noon: datetime, path: str) -> None:
    list_product(brand=juniper, sku="mug", title="Mug", price_minor=1, rate_bp=500, regions=["FR"], now=noon)
    assert "Not open in United States" in mika_in.get(path).content.decode()


def test_better_rate_of_one_creator_is_shown(
    mika_in: Client, mika: Creator, lamp: Product, noon: datetime, path: str
) -> None:
    offer_target_plan(product=lamp, creator=mika, rate_bp=2_500, now=noon)
    text = mika_in.get(path).content.decode()
    assert "25%" in text
    assert "Your own rate" in text


def test_words_narrow_it_down(mika_in: Client, juniper: Brand, path: str) -> None:
    assert "Vase" not in mika_in.get(path, {"q": "lam"}).content.decode()
    assert "Nothing found" in mika_in.get(path, {"q": "sofa"}).content.decode()
    assert mika_in.get(path, {"q": "\0"}).status_code == 400
    assert mika_in.get(path, {"page": "many"}).status_code == 200
    part = mika_in.get(path, {"q": "lam"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Lamp" in part


def test_same_number_of_questions_for_one_and_three_products(
    mika_in: Client, juniper: Brand, noon: datetime, path: str
) -> None:
    lamp, _vase = juniper.products.order_by("sku")
    list_product(brand=juniper, sku="mug", title="Mug", price_minor=1, rate_bp=500, regions=["US"], now=noon)
    assert questions(mika_in, path) == 4
    Product.objects.exclude(pk=lamp.pk).update(delisted_at=noon)
    assert questions(mika_in, path) == 4


def test_strangers_are_asked_to_sign_in(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 302


def test_only_reading_is_allowed(mika_in: Client, path: str) -> None:
    assert mika_in.post(path).status_code == 405
