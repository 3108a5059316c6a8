from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator
from portal.payments.actions import ProviderIsSilent
from portal.payments.gateway import client as provider
from portal.programs.queries import NotEnrolled
from portal.sandbox.engine import Sandbox
from subscriptions.actions.tiers import TierIsArchived, add_tier, archive_tier, publish_tier
from subscriptions.models import Tier


@pytest.fixture
def draft(mika: Creator, noon: datetime, box: Sandbox) -> Tier:
    return add_tier(creator=mika, name="Gold", amount_minor=1_000, now=noon)


def test_one_press_puts_it_on_sale(client: Client, mika: Creator, draft: Tier, noon: datetime) -> None:
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        assert client.post(f"/studio/tiers/{draft.public_id}/publication/").status_code == 302
    draft.refresh_from_db()
    assert (draft.is_on_sale, draft.published_at) == (True, noon)
    price = draft.prices.get()
    told = provider().v1.prices.retrieve(price.stripe_price_id)
    assert (told.unit_amount, told.currency, told.product) == (1_000, "usd", draft.stripe_product_id)


def test_twice_is_one_product(draft: Tier, noon: datetime) -> None:
    first = publish_tier(tier=draft, now=noon)
    again = publish_tier(tier=first, now=noon.replace(hour=20))
    assert (again.stripe_product_id, again.published_at) == (first.stripe_product_id, noon)
    assert len(provider().v1.products.list().data) == 1


def test_a_crash_half_way_is_taken_up_again(box: Sandbox, draft: Tier, noon: datetime) -> None:
    box.faults.add("timeout_after_commit", path="/v1/prices")
    with pytest.raises(ProviderIsSilent):
        publish_tier(tier=draft, now=noon)
    draft.refresh_from_db()
    assert not draft.is_on_sale
    assert publish_tier(tier=draft, now=noon).is_on_sale
    assert len(provider().v1.products.list().data) == len(provider().v1.prices.list().data) == 1


def test_who_is_not_enrolled_only_prepares(client: Client, noor: Creator, box: Sandbox, noon: datetime) -> None:
    tier = add_tier(creator=noor, name="Gold", amount_minor=1_000, now=noon)
    with pytest.raises(NotEnrolled):
        publish_tier(tier=tier, now=noon)
    client.force_login(noor.user)
    response = client.post(f"/studio/tiers/{tier.public_id}/publication/", follow=True)
    assert b"not part of the program" in response.content


def test_what_is_archived_stays_off_sale(draft: Tier, noon: datetime) -> None:
    with pytest.raises(TierIsArchived):
        publish_tier(tier=archive_tier(tier=draft, now=noon), now=noon)


def test_only_its_creator_by_a_press(client: Client, noor: Creator, mika: Creator, draft: Tier) -> None:
    path = f"/studio/tiers/{draft.public_id}/publication/"
    client.force_login(noor.user)
    assert client.post(path).status_code == 404
    client.force_login(mika.user)
    assert client.get(path).status_code == 405
