from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from portal.accounts.models import Creator
from shop.actions.catalog import change_rate, delist_product
from shop.models import CommissionPlan, Link, Product


def test_everybody_may_look(client: Client, lamp: Product) -> None:
    text = client.get(lamp.get_absolute_url()).content.decode()
    assert "Lamp" in text
    assert "What you earn" not in text


def test_creator_sees_rate_and_rules(mika_in: Client, lamp: Product) -> None:
    text = mika_in.get(lamp.get_absolute_url()).content.decode()
    assert "10%" in text
    assert "Make my link" in text
    assert "for 7 days" in text


def test_announced_cut_is_told_ahead(mika_in: Client, lamp: Product) -> None:
    change_rate(plan=lamp.plans.get(kind=CommissionPlan.Kind.OPEN), rate_bp=500, now=timezone.now())
    assert "5% is announced from" in mika_in.get(lamp.get_absolute_url()).content.decode()


def test_receipt_is_shown_with_the_link(mika_in: Client, link: Link) -> None:
    text = mika_in.get(link.product.get_absolute_url()).content.decode()
    assert link.get_absolute_url() in text
    assert "No cut before" in text


def test_creator_elsewhere_reads_why_not(mika_in: Client, mika: Creator, lamp: Product) -> None:
    Creator.objects.filter(pk=mika.pk).update(region="JP")
    text = mika_in.get(lamp.get_absolute_url()).content.decode()
    assert "not open to creators in Japan" in text
    assert "Make my link" not in text


def test_delisted_product_says_so(client: Client, lamp: Product, noon: datetime) -> None:
    delist_product(product=lamp, now=timezone.now() - timedelta(days=1))
    assert "no longer on the marketplace" in client.get(lamp.get_absolute_url()).content.decode()


def test_unknown_product_is_not_found(client: Client, db: None) -> None:
    assert client.get("/shop/nothing/").status_code == 404


def test_only_reading_is_allowed(client: Client, lamp: Product) -> None:
    assert client.post(lamp.get_absolute_url()).status_code == 405
