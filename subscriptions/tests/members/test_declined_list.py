from datetime import datetime, timedelta

import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.payments.models import Customer
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.models import Tier
from subscriptions.queries.members import declined_members
from subscriptions.tests.conftest import Join


def test_it_tells_since_when_how_much_and_how_long(
    client: Client, box: Sandbox, deliver: Deliver, mika: Creator, sam: User, gold: Tier, join: Join, noon: datetime
) -> None:
    join(sam, gold)
    client.force_login(mika.user)
    assert b"Every payment went through" in client.get("/studio/members/declined/").content
    box.replace_card(Customer.objects.get(user=sam).stripe_id, card="4000000000000341")
    box.advance_to(noon + timedelta(days=32))
    deliver()
    found = declined_members(creator=mika)
    assert found.at_risk == {"usd": 1_000}
    (row,) = found.rows
    assert (row.membership.fan, row.open_minor) == (sam, 1_000)
    assert row.access_until - row.since == timedelta(days=7)
    with time_machine.travel(box.today(), tick=False):
        page = client.get("/studio/members/declined/").content.decode()
    assert "Sam" in page and "$10.00" in page


def test_others_see_nothing(client: Client, noor: Creator, sam: User) -> None:
    assert client.get("/studio/members/declined/").status_code == 302
    client.force_login(sam)
    assert client.get("/studio/members/declined/").status_code == 302
    client.force_login(noor.user)
    assert client.post("/studio/members/declined/").status_code == 405
