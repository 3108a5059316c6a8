from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from subscriptions.actions.pools import NotYourPool, PoolIsDrawn, ReasonIsNeeded, call_off_pool
from subscriptions.models import GiftPool


def test_by_the_page(client: Client, mika: Creator, pool: GiftPool, noon: datetime) -> None:
    client.force_login(mika.user)
    path = f"/studio/pools/{pool.public_id}/calling-off/"
    with time_machine.travel(noon, tick=False):
        client.post(path, {"reason": ""})
        assert not GiftPool.objects.filter(called_off_at__isnull=False).exists()
        for reason in ("I am moving house", "Another reason"):
            client.post(path, {"reason": reason})
        pool.refresh_from_db()
        assert (pool.called_off_at, pool.called_off_reason) == (noon, "I am moving house")
        assert "I am moving house" in client.get(f"/@mika/pools/{pool.public_id}/").content.decode()
    assert client.get(path).status_code == 405


def test_who_may_not_and_when_not(
    mika: Creator, noor: Creator, staff: User, pool: GiftPool, first_come: GiftPool, noon: datetime
) -> None:
    with pytest.raises(NotYourPool):
        call_off_pool(pool=pool, by=noor.user, reason="No", now=noon)
    with pytest.raises(ReasonIsNeeded):
        call_off_pool(pool=pool, by=mika.user, reason=" ", now=noon)
    closed = noon + timedelta(days=3)
    with pytest.raises(PoolIsDrawn):
        call_off_pool(pool=pool, by=mika.user, reason="No", now=closed)
    # Staff may when the draw cannot be held.
    assert call_off_pool(pool=pool, by=staff, reason="The seed is lost", now=closed).called_off_at == closed
    with pytest.raises(NotYourPool):
        call_off_pool(pool=first_come, by=noor.user, reason="No", now=noon)
