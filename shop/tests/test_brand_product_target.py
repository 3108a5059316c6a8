from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator
from shop.models import CommissionPlan, Product


def path(product: Product) -> str:
    return reverse("brand_product_target", args=[product.public_id])


def test_creator_gets_an_own_rate(june: Client, mika: Creator, lamp: Product) -> None:
    for _turn in range(2):
        answer = june.post(path(lamp), {"handle": "@Mika", "rate_percent": "20"}, follow=True)
    assert "@mika: 20%" in answer.content.decode()
    assert lamp.plans.get(kind=CommissionPlan.Kind.TARGET).versions.get().rate_bp == 2_000


def test_unknown_creator_and_rate_out_of_range(june: Client, mika: Creator, lamp: Product) -> None:
    answer = june.post(path(lamp), {"handle": "nobody", "rate_percent": "20"})
    assert answer.status_code == 422
    assert "No creator has this handle." in answer.content.decode()
    assert june.post(path(lamp), {"handle": "mika", "rate_percent": "90"}).status_code == 422
    assert lamp.plans.count() == 1


def test_brands_only(client: Client, mika: Creator, lamp: Product) -> None:
    client.force_login(mika.user)
    assert client.post(path(lamp), {"handle": "mika", "rate_percent": "80"}).status_code == 403
    assert lamp.plans.count() == 1


def test_reading_offers_nothing(june: Client, lamp: Product) -> None:
    assert june.get(path(lamp)).status_code == 405
