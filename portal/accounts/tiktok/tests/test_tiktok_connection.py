from datetime import datetime, timedelta
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.accounts.tiktok.models import Connection


def test_without_a_connection_it_offers_one(client: Client, noor: Creator) -> None:
    client.force_login(noor.user)
    page = client.get(reverse("tiktok_connection")).content.decode()
    assert "Connect TikTok" in page and "1,200" in page
    assert client.post(reverse("tiktok_connection")).status_code == 302


def test_counting_again_adds_a_count(
    client: Client, noor: Creator, connected: SocialAccount, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(noor.user)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("tiktok_connection"))
    assert noor.audience_counts.filter(origin="tiktok").count() == 1


def test_a_lost_connection_says_so(client: Client, noor: Creator, connected: SocialAccount, noon: datetime) -> None:
    Connection.objects.create(account=connected, lost_at=noon)
    client.force_login(noor.user)
    assert "took the permission back" in client.get(reverse("tiktok_connection")).content.decode()


def test_the_page_costs_the_same_at_any_length(client: Client, noor: Creator, noon: datetime) -> None:
    client.force_login(noor.user)
    client.get(reverse("tiktok_connection"))  # the first request of a session is written down
    costs = []
    for followers in (5, 6, 7):
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("tiktok_connection"))
        costs.append(len(queries))
        noor.audience_counts.create(followers=followers, views_30d=1, measured_at=noon, origin="staff")
        noon += timedelta(hours=1)
    assert len(set(costs)) == 1 and costs[0] <= 12


def test_who_is_no_creator_is_sent_to_become_one(client: Client, sam: User) -> None:
    client.force_login(sam)
    assert client.get(reverse("tiktok_connection"))["Location"] == reverse("become_creator")


def test_other_methods_are_refused(client: Client, noor: Creator) -> None:
    client.force_login(noor.user)
    assert client.delete(reverse("tiktok_connection")).status_code == 405
