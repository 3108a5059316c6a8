from datetime import datetime

import time_machine
from django.test import Client

from portal.accounts.models import User
from subscriptions.models import Membership, Quote, Tier
from subscriptions.tests.conftest import Join


def address(membership: Membership) -> str:
    return f"/me/memberships/{membership.public_id}/change/"


def test_every_other_plan_is_offered_and_choosing_one_shows_what_it_costs(
    client: Client, sam: User, silver: Tier, gold: Tier, yearly: None, join: Join, noon: datetime
) -> None:
    membership = join(sam, silver)
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        page = client.get(address(membership)).content
        for amount in (b"$10.00", b"$50.00", b"$100.00"):
            assert amount in page
        wish = {"tier": gold.public_id, "interval": "month"}
        there = {client.post(address(membership), wish)["Location"] for _twice in range(2)}
        assert there == {f"/me/quotes/{Quote.objects.get(kind='upgrade').public_id}/"}
        more = {"tier": silver.public_id, "interval": "month", "amount": "7.50"}
        offer = client.post(address(membership), more)["Location"]
        assert b"$7.50 a month" in client.get(offer).content


def test_others_have_no_page_and_nonsense_is_said(
    client: Client, sam: User, lee: User, silver: Tier, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, silver)
    assert client.get(address(membership)).status_code == 302
    client.force_login(lee)
    assert client.get(address(membership)).status_code == 404
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        for wish in (
            {"tier": "nothing", "interval": "month"},
            {"tier": gold.public_id, "interval": "century"},
            {"tier": gold.public_id, "interval": "month", "amount": "1"},
            {"tier": silver.public_id, "interval": "month"},
        ):
            assert client.post(address(membership), wish).status_code == 422
    assert client.put(address(membership)).status_code == 405
    assert Quote.objects.filter(membership=membership).count() == 0
