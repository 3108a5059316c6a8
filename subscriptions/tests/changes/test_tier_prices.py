from datetime import datetime

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.models import Tier, TierPrice
from subscriptions.tests.conftest import Join


def test_the_creator_sets_every_interval_on_one_page(
    client: Client, sam: User, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    client.force_login(mika.user)
    address = f"/studio/tiers/{gold.public_id}/prices/"
    with time_machine.travel(noon, tick=False):
        for _twice in range(2):
            assert client.post(address, {"month": "12", "year": "100", "half_year": "60"}).status_code == 302
        assert TierPrice.objects.filter(tier=gold).count() == 4
        assert TierPrice.objects.filter(tier=gold, stripe_price_id="").count() == 0
        page = client.get(address)
        assert b"Who pays what" in page.content
        assert b"$12.00" in page.content
        assert b"$10.00" in page.content
        # An empty field withdraws the interval.
        assert client.post(address, {"month": "12", "year": "100", "half_year": ""}).status_code == 302
        assert TierPrice.objects.get(tier=gold, interval="half_year").withdrawn_at == noon
        shown = client.get("/@mika/?pay=year").content
        assert b"$100.00" in shown
        assert b"That is" in shown


def test_the_interval_asked_for_is_marked_though_not_every_tier_has_it(
    client: Client, mika: Creator, silver: Tier, gold: Tier, noon: datetime
) -> None:
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        client.post(f"/studio/tiers/{gold.public_id}/prices/", {"month": "12", "year": "100"})
        assert b'href="?pay=year#tiers" aria-current="true"' in client.get("/@mika/?pay=year").content
        for other in ("", "?pay=week"):
            assert b'href="?pay=month#tiers" aria-current="true"' in client.get(f"/@mika/{other}").content


def test_others_do_not_reach_the_prices(client: Client, sam: User, noor: Creator, gold: Tier) -> None:
    client.force_login(noor.user)
    assert client.get(f"/studio/tiers/{gold.public_id}/prices/").status_code == 404


@pytest.mark.parametrize("bad", [{"month": "", "year": ""}, {"month": "cheap"}, {"month": "0.10"}, {"month": "9.999"}])
def test_a_price_that_is_none_is_said_beside_its_field(
    client: Client, mika: Creator, gold: Tier, noon: datetime, bad: dict[str, str]
) -> None:
    client.force_login(mika.user)
    with time_machine.travel(noon, tick=False):
        assert client.post(f"/studio/tiers/{gold.public_id}/prices/", bad).status_code == 422
    assert TierPrice.objects.filter(tier=gold).count() == 1
