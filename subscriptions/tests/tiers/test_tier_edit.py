from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator
from portal.payments.gateway import client as provider
from subscriptions.models import Tier, TierPrice

FORM = {"name": "Gold", "amount": "10.00", "kinds": ["chat"], "badge": "GOLD", "promises": ""}


@pytest.fixture(autouse=True)
def at_noon(noon: datetime) -> object:
    with time_machine.travel(noon, tick=False):
        yield


def test_another_price_is_another_version_and_on_sale_at_once(client: Client, mika: Creator, gold: Tier) -> None:
    client.force_login(mika.user)
    path = f"/studio/tiers/{gold.public_id}/"
    assert b'value="10.00"' in client.get(path).content
    assert client.post(path, FORM | {"amount": "12.50", "name": "Gold and more"}).status_code == 302
    old, new = TierPrice.objects.filter(tier=gold).order_by("version")
    assert (old.amount_minor, new.amount_minor, new.version) == (1_000, 1_250, 2)
    assert provider().v1.prices.retrieve(new.stripe_price_id).unit_amount == 1_250
    gold.refresh_from_db()
    assert gold.name == "Gold and more"


def test_the_same_price_twice_is_no_new_version(client: Client, mika: Creator, gold: Tier) -> None:
    client.force_login(mika.user)
    for _twice in range(2):
        client.post(f"/studio/tiers/{gold.public_id}/", FORM)
    assert TierPrice.objects.filter(tier=gold).count() == 1


def test_nobody_edits_the_tier_of_somebody_else(client: Client, noor: Creator, gold: Tier) -> None:
    path = f"/studio/tiers/{gold.public_id}/"
    assert client.get(path).status_code == 302
    client.force_login(noor.user)
    assert client.get(path).status_code == 404
    assert client.post(path, FORM).status_code == 404


def test_a_price_out_of_range_is_refused_in_the_currency(client: Client, mika: Creator, gold: Tier) -> None:
    client.force_login(mika.user)
    response = client.post(f"/studio/tiers/{gold.public_id}/", FORM | {"amount": "0.10", "name": "Changed"})
    assert response.status_code == 422
    assert "$1.00" in response.content.decode()
    gold.refresh_from_db()
    assert gold.name == "Gold", "nothing is half done"
