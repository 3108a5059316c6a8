from datetime import datetime

import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.tiers import archive_tier
from subscriptions.models import Benefit, Tier
from subscriptions.queries.access import perks
from subscriptions.queries.tiers import offers
from subscriptions.tests.conftest import Join


def test_members_keep_what_they_have(
    client: Client, mika: Creator, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    client.force_login(mika.user)
    path = f"/studio/tiers/{gold.public_id}/archive/"
    assert b"1 member keeps everything" in client.get(path).content
    with time_machine.travel(noon, tick=False):
        for _twice in range(2):
            assert client.post(path).status_code == 302
    mine = perks(viewer=sam, creator=mika, at=noon)
    assert (mine.tier, mine.chat) == (gold, True)
    assert Benefit.Kind.CONTENT in mine.kinds, "what the lower tier holds too"
    assert [offer.tier.name for offer in offers(creator=mika, at=noon)] == ["Silver"]


def test_what_it_gave_moves_up(silver: Tier, gold: Tier, sam: User, join: Join, noon: datetime) -> None:
    join(sam, gold)
    archive_tier(tier=silver, now=noon)
    assert Benefit.Kind.CONTENT in perks(viewer=sam, creator=gold.creator, at=noon).kinds


def test_nobody_archives_the_tier_of_somebody_else(client: Client, noor: Creator, gold: Tier) -> None:
    client.force_login(noor.user)
    assert client.post(f"/studio/tiers/{gold.public_id}/archive/").status_code == 404
