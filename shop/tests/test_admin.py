"""Staff do their work on commissions in the back office; what was reported cannot be edited there."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.ledger.queries import books
from shop.actions.orders import record_order
from shop.models import Brand, Click, Commission
from shop.tests.conftest import Fill, order_of


@pytest.fixture
def commission(juniper: Brand, click: Click, fill: Fill, noon: datetime) -> Commission:
    fill(10_000)
    record_order(brand=juniper, facts=order_of(click, at=noon), now=noon)
    return Commission.objects.get()


def do(client: Client, deed: str, commission: Commission) -> None:
    path = reverse("admin:shop_commission_changelist")
    answer = client.post(path, {"action": deed, "_selected_action": [commission.pk]}, follow=True)
    assert answer.status_code == 200


def test_staff_hold_lift_and_cancel(client: Client, staff: User, commission: Commission) -> None:
    client.force_login(staff)
    do(client, "hold", commission)
    assert books()["creator:mika:held:usd"] == -400
    do(client, "lift", commission)
    assert books()["creator:mika:pending:usd"] == -400
    do(client, "void", commission)
    assert books() == {"brand:juniper:prepaid:usd": -10_000, "stripe:usd": 10_000}
    assert commission.events.get(kind="voided").by == staff


@pytest.mark.parametrize(
    "name",
    ["order", "orderreturn", "commission", "click", "link", "topup", "signingkey", "shopterms", "product", "brand"],
)
def test_every_list_opens(client: Client, staff: User, commission: Commission, name: str) -> None:
    client.force_login(staff)
    assert client.get(reverse(f"admin:shop_{name}_changelist")).status_code == 200


def test_reported_rows_and_currencies_stay(client: Client, staff: User, juniper: Brand, commission: Commission) -> None:
    client.force_login(staff)
    order = commission.line.order
    assert client.post(reverse("admin:shop_order_change", args=[order.pk]), {"currency": "eur"}).status_code == 403
    assert client.post(reverse("admin:shop_commission_delete", args=[commission.pk])).status_code == 403
    page = client.get(reverse("admin:shop_brand_change", args=[juniper.pk])).content.decode()
    assert 'name="currency"' not in page


def test_others_do_not_get_in(client: Client, sam: User, commission: Commission) -> None:
    client.force_login(sam)
    do_path = reverse("admin:shop_commission_changelist")
    assert client.post(do_path, {"action": "void", "_selected_action": [commission.pk]}).status_code == 302
    assert books()["creator:mika:pending:usd"] == -400
