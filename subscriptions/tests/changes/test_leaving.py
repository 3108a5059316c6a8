from datetime import datetime

import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.promos import add_promo
from subscriptions.models import MembershipTerms, Tier
from subscriptions.tests.conftest import Join


def test_the_creator_says_what_is_offered_to_who_leaves(
    client: Client, sam: User, mika: Creator, gold: Tier, join: Join, noon: datetime
) -> None:
    membership = join(sam, gold)
    client.force_login(mika.user)
    assert client.post("/studio/leaving/", {"save_offer": "code"}).status_code == 302
    once = add_promo(creator=mika, code="ONCE", percent=20, now=noon)
    for word in ("NOBODY", once.code):
        client.post("/studio/leaving/", {"save_offer": "discount", "save_code": word})
    assert MembershipTerms.objects.count() == 0
    assert client.post("/studio/leaving/", {"pauses": "on", "save_offer": "pause"}).status_code == 302
    assert client.get("/studio/leaving/").status_code == 405
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        page = client.get(f"/me/memberships/{membership.public_id}/cancellation/")
    assert b"Pause instead" in page.content
