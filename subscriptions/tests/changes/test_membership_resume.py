from datetime import datetime

import time_machine
from django.test import Client

from portal.accounts.models import User
from subscriptions.models import Pause, Tier
from subscriptions.tests.changes.conftest import Agree, Pass, charged
from subscriptions.tests.conftest import Join


def test_the_page_says_what_coming_back_costs_and_a_press_pays_it(
    client: Client, sam: User, lee: User, gold: Tier, join: Join, agree: Agree, until: Pass, noon: datetime
) -> None:
    membership = join(sam, gold)
    agree("pause", membership, months=3)
    early = noon.replace(month=6, day=25)
    until(early)
    address = f"/me/memberships/{membership.public_id}/resume/"
    client.force_login(lee)
    assert client.post(address).status_code == 404
    client.force_login(sam)
    assert client.get(address).status_code == 405
    with time_machine.travel(early, tick=False):
        assert b"Come back now" in client.get("/me/memberships/").content
        offer = client.post(address)["Location"]
        page = client.get(offer)
        assert b"You pay $10.00 now." in page.content
        signature = page.context["quote"].signature
        for _twice in range(2):
            assert client.post(offer, {"signature": signature})["Location"] == "/me/memberships/"
    assert (charged(), Pause.objects.get().ended_at) == (2_000, early)


def test_nothing_to_resume_is_said(client: Client, sam: User, gold: Tier, join: Join, noon: datetime) -> None:
    membership = join(sam, gold)
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        response = client.post(f"/me/memberships/{membership.public_id}/resume/", follow=True)
    assert b"This membership is not paused." in response.content
