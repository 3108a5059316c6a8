"""Where the law does not allow that a card is charged again by itself, joining sells one month at a time."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.ledger.queries import books
from portal.notices.models import Notice
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions import tasks
from subscriptions.models import Founder, Grant, Membership, Purchase, Quote, Tier
from subscriptions.queries.access import perks

pytestmark = pytest.mark.usefixtures("books_proved")
JUNE, JULY = datetime(2026, 6, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)


def buy(client: Client, tier: Tier, box: Sandbox, deliver: Deliver, at: datetime) -> Purchase:
    with time_machine.travel(at, tick=False):
        offer = client.post(f"/@mika/tiers/{tier.public_id}/checkout/")
        assert "It does not renew" in client.get(offer["Location"]).content.decode()
        quote = Quote.objects.latest("pk")
        client.post(offer["Location"], {"signature": quote.signature})
        purchase = Purchase.objects.get(quote=quote)
        box.complete_checkout(purchase.stripe_session_id, card="4242424242424242")
        # Before any event.
        assert "It is open to you from" in client.get(f"/me/passes/{purchase.public_id}/").content.decode()
    deliver()
    return purchase


@pytest.mark.usefixtures("passes_only")
def test_a_month_at_a_time_and_the_next_follows(
    client: Client, sam: User, lee: User, mika: Creator, silver: Tier, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    client.force_login(sam)
    first = buy(client, silver, box, deliver, noon)
    assert (Quote.objects.get().kind, Quote.objects.get().charged_minor) == ("pass", 500)
    grant = Grant.objects.get()
    assert (grant.kind, grant.source, grant.until_at) == ("paid", first.source, JUNE)
    assert (Membership.objects.count(), Founder.objects.count()) == (0, 1)
    assert books() == {
        "creator:mika:pending:usd": -450,
        "expense:stripe_fee:usd": 45,
        "income:platform_fee:usd": -50,
        "stripe:usd": 455,
    }
    second = buy(client, silver, box, deliver, noon + timedelta(days=3))
    assert Grant.objects.filter(source=second.source, from_at=JUNE, until_at=JULY).count() == 1
    for moment in (JUNE - timedelta(days=1), JULY - timedelta(days=4), JULY - timedelta(days=3), JULY):
        with time_machine.travel(moment, tick=False):
            tasks.announce_passes()
            tasks.announce_passes()
    assert [row.key for row in Notice.objects.filter(kind="subscriptions.pass_ending")] == [
        f"pass-ending:{second.public_id}"
    ]
    assert not perks(viewer=sam, creator=mika, at=JULY).is_member
    box.advance_to(JULY + timedelta(days=40))
    deliver()
    assert Purchase.objects.count() == 2
    client.force_login(lee)
    assert client.get(f"/me/passes/{first.public_id}/").status_code == 404


def test_elsewhere_nothing_changes(client: Client, sam: User, silver: Tier, noon: datetime) -> None:
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        client.post(f"/@mika/tiers/{silver.public_id}/checkout/")
        assert client.post("/me/passes/none/").status_code == 405
    assert Quote.objects.get().kind == "join"
