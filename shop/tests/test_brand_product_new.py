import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from shop.models import Brand, Product

MUG = {
    "sku": "mug",
    "title": "Mug",
    "description": "Holds tea.",
    "url": "https://juniper.example/mug",
    "price": "12.50",
    "rate_percent": "12.5",
    "regions": ["US", "DE"],
}


def test_product_goes_on_the_marketplace(june: Client, juniper: Brand) -> None:
    assert june.post(reverse("brand_product_new"), MUG).status_code == 302
    mug = Product.objects.get(sku="mug")
    assert (mug.price_minor, mug.currency, mug.plans.get().versions.get().rate_bp) == (1_250, "usd", 1_250)
    assert set(mug.listings.values_list("region", flat=True)) == {"US", "DE"}


def test_sku_is_taken_once(june: Client, juniper: Brand) -> None:
    june.post(reverse("brand_product_new"), MUG)
    answer = june.post(reverse("brand_product_new"), MUG)
    assert answer.status_code == 422
    assert "You already list a product with the SKU mug." in answer.content.decode()
    assert Product.objects.filter(sku="mug").count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"price": "12.505"}, "more decimal places"),
        ({"price": "much"}, "is not an amount"),
        ({"price": "-1"}, "not below zero"),
        ({"rate_percent": "0.5"}, "greater than or equal to 1"),
        ({"rate_percent": "81"}, "less than or equal to 80"),
        ({"url": "http://juniper.example/"}, "begins with https"),
        ({"url": "javascript:alert(1)"}, "valid URL"),
        ({"regions": ["ZZ"]}, "Select a valid choice"),
        ({"title": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    june: Client, juniper: Brand, changes: dict[str, object], sentence: str
) -> None:
    answer = june.post(reverse("brand_product_new"), MUG | changes)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Product.objects.filter(sku="mug").exists()


def test_brands_only(client: Client, sam: User, juniper: Brand) -> None:
    assert client.post(reverse("brand_product_new"), MUG).status_code == 302
    client.force_login(sam)
    assert client.post(reverse("brand_product_new"), MUG).status_code == 403
    assert not Product.objects.filter(sku="mug").exists()


def test_wrong_method(june: Client) -> None:
    assert june.delete(reverse("brand_product_new")).status_code == 405
