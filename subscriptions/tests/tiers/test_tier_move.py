from datetime import datetime

import pytest
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.tiers import OrderIsPromised, TierIsArchived, add_tier, archive_tier, move_tier
from subscriptions.models import Tier
from subscriptions.tests.conftest import Join


@pytest.fixture
def three(mika: Creator, noon: datetime) -> list[Tier]:
    return [add_tier(creator=mika, name=name, amount_minor=500, now=noon) for name in ("A", "B", "C")]


def order(creator: Creator) -> str:
    return "".join(creator.tiers.not_archived().order_by("rank").values_list("name", flat=True))


def test_a_tier_changes_places_with_its_neighbor(client: Client, mika: Creator, three: list[Tier]) -> None:
    move_tier(tier=three[0], up=True)
    assert order(mika) == "BAC"
    client.force_login(mika.user)
    client.post(f"/studio/tiers/{three[2].public_id}/order/", {"to": "down"})
    assert order(mika) == "BCA"
    assert sorted(mika.tiers.values_list("rank", flat=True)) == [1, 2, 3]


def test_at_the_end_nothing_happens(mika: Creator, three: list[Tier]) -> None:
    move_tier(tier=three[0], up=False)
    move_tier(tier=three[2], up=True)
    assert order(mika) == "ABC"


def test_it_steps_over_what_is_archived(mika: Creator, three: list[Tier], noon: datetime) -> None:
    archive_tier(tier=three[1], now=noon)
    move_tier(tier=three[0], up=True)
    assert order(mika) == "CA"
    with pytest.raises(TierIsArchived):
        move_tier(tier=three[1], up=True)


def test_what_somebody_pays_for_stays_where_it_is(
    client: Client, mika: Creator, sam: User, silver: Tier, gold: Tier, join: Join
) -> None:
    join(sam, gold)
    with pytest.raises(OrderIsPromised):
        move_tier(tier=silver, up=True)
    client.force_login(mika.user)
    page = client.post(f"/studio/tiers/{gold.public_id}/order/", {"to": "down"}, follow=True).content.decode()
    assert "Somebody is in Gold" in page
    assert [tier.rank for tier in mika.tiers.order_by("pk")] == [1, 2]


def test_others_may_not(client: Client, noor: Creator, mika: Creator, three: list[Tier]) -> None:
    path = f"/studio/tiers/{three[0].public_id}/order/"
    assert client.post(path, {"to": "up"}).status_code == 302
    client.force_login(noor.user)
    assert client.post(path, {"to": "up"}).status_code == 404
    assert client.get(path).status_code == 405
    assert order(mika) == "ABC"
