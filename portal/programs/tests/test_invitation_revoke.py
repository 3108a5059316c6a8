from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator
from portal.programs import actions
from portal.programs.models import Invitation


@pytest.fixture
def given(mika: Creator, today: datetime) -> Invitation:
    mika.region = "BR"
    mika.save()
    return actions.invite(program="subscriptions", by=mika, now=today, to_email="friend@example.com")


def test_one_takes_back_what_one_gave(mikas: Client, given: Invitation) -> None:
    for _time in range(2):
        assert mikas.post(reverse("invitation_revoke", args=[given.token]))["Location"] == reverse("invitation_list")
    given.refresh_from_db()
    assert given.revoked_at is not None


def test_nobody_takes_back_what_another_gave(noors: Client, given: Invitation) -> None:
    assert noors.post(reverse("invitation_revoke", args=[given.token])).status_code == 404
    given.refresh_from_db()
    assert given.revoked_at is None


def test_a_used_one_stays_used(mikas: Client, given: Invitation, noor: Creator, today: datetime) -> None:
    Invitation.objects.filter(pk=given.pk).update(used_by=noor, used_at=today)
    answer = mikas.post(reverse("invitation_revoke", args=[given.token]), follow=True)
    assert "has been used" in answer.content.decode()


def test_it_is_asked_by_post(mikas: Client, given: Invitation) -> None:
    assert mikas.get(reverse("invitation_revoke", args=[given.token])).status_code == 405
