from datetime import datetime

import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import User
from subscriptions.models import Tier
from subscriptions.tests.gifts.conftest import Give


def test_the_buyer_sees_their_gifts_and_nobody_elses(
    client: Client, sam: User, lee: User, silver: Tier, give: Give, noon: datetime
) -> None:
    give(sam, silver, 3, recipient_name="Ana")
    with time_machine.travel(noon, tick=False):
        assert client.get("/me/gifts/").status_code == 302
        client.force_login(lee)
        assert "No gift yet" in client.get("/me/gifts/").content.decode()
        client.force_login(sam)
        shown = client.get("/me/gifts/").content.decode()
    assert "3 months of Silver" in shown
    assert "Ana" in shown
    assert "waits to be claimed" in shown
    with time_machine.travel(noon, tick=False):
        assert client.post("/me/gifts/").status_code == 405


def test_the_number_of_queries_stays(client: Client, sam: User, silver: Tier, give: Give) -> None:
    client.force_login(sam)
    counts = []
    for _more in range(2):
        give(sam, silver, 1)
        client.get("/me/gifts/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/me/gifts/")
        counts.append(len(seen))
    assert counts[0] == counts[1]
