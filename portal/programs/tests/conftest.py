from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Creator


@pytest.fixture
def today() -> datetime:
    """Pages read the clock; the cast is counted on 14 May 2026, which is past for every clock that matters."""
    return timezone.now()


@pytest.fixture
def noors(client: Client, noor: Creator) -> Client:
    client.force_login(noor.user)
    return client


@pytest.fixture
def mikas(client: Client, mika: Creator) -> Client:
    client.force_login(mika.user)
    return client


@pytest.fixture
def grown_in_brazil(noor: Creator) -> Creator:
    """Noor meets the rule of subscriptions where they are invite only."""
    noor.region = "BR"
    noor.save()
    noor.audience_counts.update(followers=20_000, views_30d=200_000)
    return noor
