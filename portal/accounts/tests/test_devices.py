"""The list of devices a person is signed in on."""

from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User


def test_a_device_is_written_down_once_in_a_while(client: Client, sam: User) -> None:
    client.force_login(sam)
    client.get(reverse("settings"))
    assert UserSession.objects.filter(user=sam).count() == 1
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("settings"))
    assert [query["sql"] for query in queries if "usersession" in query["sql"] or "UPDATE" in query["sql"]] == []


def test_another_browser_is_another_device(client: Client, sam: User) -> None:
    client.force_login(sam)
    phone = Client(headers={"user-agent": "Phone"})
    phone.force_login(sam)
    for each in (client, phone):
        each.get(reverse("settings"))
    assert set(UserSession.objects.filter(user=sam).values_list("user_agent", flat=True)) == {"", "Phone"}
    assert "Phone" in client.get(reverse("usersessions_list")).content.decode()


def test_ending_the_others_signs_them_out(client: Client, sam: User) -> None:
    client.force_login(sam)
    phone = Client(headers={"user-agent": "Phone"})
    phone.force_login(sam)
    for each in (client, phone):
        each.get(reverse("settings"))
    client.post(reverse("usersessions_list"))
    assert phone.get(reverse("settings")).status_code == 302
    assert client.get(reverse("settings")).status_code == 200


def test_strangers_cost_no_query(db: None, client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(reverse("program_rules"))
    assert [query["sql"] for query in queries if "session" in query["sql"]] == []
    assert answer.status_code == 200
