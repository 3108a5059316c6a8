from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.jobs.models import JobState
from portal.payouts.models import PayoutRun

pytestmark = pytest.mark.django_db
INDEX = reverse("admin:index")


def test_an_empty_portal_has_a_calm_desk(client: Client, staff: User) -> None:
    client.force_login(staff)
    words = client.get(INDEX).content.decode()
    assert (
        "nothing waits" in words and "They have not been proved yet." in words and "There was no payday yet." in words
    )
    assert "0 jobs run as they should." in words


def test_the_desk_shows_what_is_wrong(client: Client, staff: User, noon: datetime) -> None:
    PayoutRun.objects.create(period="2026-05", opened_at=noon, cutoff=0, troubles=["a row", "another"])
    JobState.objects.create(name="ledger.prove_books", began_at=noon, failed_at=noon, runs=1, error="ValueError: <no>")
    client.force_login(staff)
    words = client.get(INDEX).content.decode()
    assert "2 rows need a look" in words
    assert "ledger.prove_books" in words and "ValueError: &lt;no&gt;" in words and "should have run" in words


def test_it_is_for_staff(client: Client, sam: User) -> None:
    assert client.get(INDEX).status_code == 302
    client.force_login(sam)
    assert client.get(INDEX).status_code in (302, 403)
