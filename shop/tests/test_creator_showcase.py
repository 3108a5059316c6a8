from datetime import datetime

from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator
from shop.actions.catalog import delist_product
from shop.actions.links import add_to_showcase
from shop.models import Link, Product


def test_everybody_sees_the_products_with_the_creators_links(
    client: Client, mika: Creator, lamp: Product, vase: Product, noon: datetime
) -> None:
    add_to_showcase(creator=mika, product=lamp, now=noon)
    text = client.get(reverse("creator_showcase", args=["mika"])).content.decode()
    assert Link.objects.get().get_absolute_url() in text
    assert "Vase" not in text
    assert "earns a commission" in text


def test_delisted_products_are_gone(client: Client, mika: Creator, lamp: Product, noon: datetime) -> None:
    add_to_showcase(creator=mika, product=lamp, now=noon)
    delist_product(product=lamp, now=noon)
    assert "Nothing here yet" in client.get(reverse("creator_showcase", args=["mika"])).content.decode()


def test_unknown_creator_is_not_found(client: Client, db: None) -> None:
    assert client.get(reverse("creator_showcase", args=["nobody"])).status_code == 404
    assert client.get("/@mi%00ka/shop/").status_code == 404


def test_only_reading_is_allowed(client: Client, mika: Creator) -> None:
    assert client.post(reverse("creator_showcase", args=["mika"])).status_code == 405
