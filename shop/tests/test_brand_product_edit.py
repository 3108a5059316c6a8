from datetime import datetime

from django.test import Client
from django.urls import reverse

from shop.actions.catalog import list_product, open_brand
from shop.models import Brand, CommissionPlan, Product

CHANGED = {
    "title": "Tall lamp",
    "description": "",
    "url": "",
    "price": "45.00",
    "rate_percent": "10",
    "regions": ["US"],
}


def path(product: Product) -> str:
    return reverse("brand_product_edit", args=[product.public_id])


def test_changes_are_saved_and_the_sku_stays(june: Client, lamp: Product) -> None:
    assert june.get(path(lamp)).status_code == 200
    assert june.post(path(lamp), CHANGED | {"sku": "other"}).status_code == 302
    lamp.refresh_from_db()
    assert (lamp.title, lamp.price_minor, lamp.sku) == ("Tall lamp", 4_500, "lamp")
    assert list(lamp.listings.filter(closed_at=None).values_list("region", flat=True)) == ["US"]


def test_saving_again_changes_nothing(june: Client, lamp: Product) -> None:
    for _turn in range(2):
        june.post(path(lamp), CHANGED)
    plan = lamp.plans.get(kind=CommissionPlan.Kind.OPEN)
    assert plan.versions.count() == 1
    assert lamp.listings.filter(region="US").count() == 1


def test_cut_is_announced_and_a_second_one_refused_beside_the_field(june: Client, lamp: Product) -> None:
    june.post(path(lamp), CHANGED | {"rate_percent": "5"})
    plan = lamp.plans.get(kind=CommissionPlan.Kind.OPEN)
    assert plan.versions.get(version=2).notice.days == 2
    answer = june.post(path(lamp), CHANGED | {"rate_percent": "4"})
    assert answer.status_code == 422
    assert "already announced" in answer.content.decode()


def test_other_brands_products_are_not_found(june: Client, juniper: Brand, noon: datetime) -> None:
    other = open_brand(name="Other", slug="other", currency="usd", members=[], now=noon)
    rug = list_product(brand=other, sku="rug", title="Rug", price_minor=1, rate_bp=500, regions=["US"], now=noon)
    assert june.get(path(rug)).status_code == 404
    assert june.post(path(rug), CHANGED).status_code == 404


def test_brands_only(client: Client, lamp: Product) -> None:
    assert client.post(path(lamp), CHANGED).status_code == 302
    lamp.refresh_from_db()
    assert lamp.title == "Lamp"


def test_wrong_method(june: Client, lamp: Product) -> None:
    assert june.delete(path(lamp)).status_code == 405
