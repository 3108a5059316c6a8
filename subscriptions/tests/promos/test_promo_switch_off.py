from datetime import datetime

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from portal.sandbox.engine import Sandbox
from subscriptions.actions.promos import add_promo
from subscriptions.models import PromoCode, Tier
from subscriptions.queries.promos import PromoUnknown, discount_for


@pytest.fixture
def promo(gold: Tier, mika: Creator, noon: datetime) -> PromoCode:
    return add_promo(creator=mika, code="SPRING", percent=25, now=noon)


def address(promo: PromoCode) -> str:
    return f"/studio/codes/{promo.public_id}/off/"


def test_off_is_off_once(
    client: Client, sam: User, mika: Creator, gold: Tier, promo: PromoCode, noon: datetime
) -> None:
    client.force_login(mika.user)
    assert client.post(address(promo)).status_code == 302
    promo.refresh_from_db()
    first = promo.switched_off_at
    assert first is not None
    client.post(address(promo))
    promo.refresh_from_db()
    assert promo.switched_off_at == first
    with pytest.raises(PromoUnknown):
        discount_for(code="SPRING", fan=sam, price=gold.prices.get(), at=noon)
    # The word is free again.
    add_promo(creator=mika, code="SPRING", percent=10, now=noon)


def test_others_find_nothing(client: Client, box: Sandbox, noor: Creator, sam: User, promo: PromoCode) -> None:
    client.force_login(noor.user)
    assert client.post(address(promo)).status_code == 404
    client.force_login(sam)
    assert client.post(address(promo)).status_code == 302
    promo.refresh_from_db()
    assert promo.switched_off_at is None


def test_looking_switches_nothing_off(client: Client, mika: Creator, promo: PromoCode) -> None:
    client.force_login(mika.user)
    assert client.get(address(promo)).status_code == 405
