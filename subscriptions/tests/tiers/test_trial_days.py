from datetime import datetime

import pytest
from django.test import Client

from portal.accounts.models import Creator
from subscriptions.models import Tier

FORM = {"name": "Gold", "amount": "10.00", "description": "", "badge": "GOLD", "kinds": ["chat"], "promises": ""}


def test_a_creator_says_how_long_a_tier_may_be_tried(client: Client, mika: Creator, gold: Tier, noon: datetime) -> None:
    client.force_login(mika.user)
    assert client.post(f"/studio/tiers/{gold.public_id}/", FORM | {"trial_days": "14"}).status_code == 302
    gold.refresh_from_db()
    assert gold.trial_days == 14
    assert 'name="trial_days" value="14"' in client.get(f"/studio/tiers/{gold.public_id}/").content.decode()


@pytest.mark.parametrize("days", ["31", "-1", "many"])
def test_never_more_than_thirty_days(client: Client, mika: Creator, gold: Tier, days: str) -> None:
    client.force_login(mika.user)
    assert client.post(f"/studio/tiers/{gold.public_id}/", FORM | {"trial_days": days}).status_code == 422
    gold.refresh_from_db()
    assert gold.trial_days == 0
