from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from shop.models import Link, Product


def path(product: Product) -> str:
    return reverse("brand_product_delist", args=[product.public_id])


def test_product_leaves_and_its_links_close(june: Client, link: Link, lamp: Product) -> None:
    june.post(path(lamp))
    lamp.refresh_from_db()
    first = lamp.delisted_at
    assert first is not None
    assert not Link.objects.live(timezone.now()).exists()
    june.post(path(lamp))
    lamp.refresh_from_db()
    assert lamp.delisted_at == first


def test_brands_only(client: Client, sam: User, lamp: Product) -> None:
    client.force_login(sam)
    assert client.post(path(lamp)).status_code == 403
    lamp.refresh_from_db()
    assert lamp.delisted_at is None


def test_reading_changes_nothing(june: Client, lamp: Product) -> None:
    assert june.get(path(lamp)).status_code == 405
