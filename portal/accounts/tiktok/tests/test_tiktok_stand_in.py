"""The stand-in over HTTP, as anybody with a terminal may try it."""

import json
from datetime import datetime
from typing import Any

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse

LIST = "/tiktok-stand-in/v2/video/list/?fields=id,create_time"


def ask(client: Client, token: str, body: Any) -> Any:
    return client.post(LIST, json.dumps(body), "application/json", headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def token(connected: SocialAccount, real_now: datetime) -> str:
    return SocialToken.objects.get(account=connected).token


def test_pages_follow_each_other_without_a_gap(client: Client, token: str) -> None:
    first = ask(client, token, {"max_count": 5}).json()["data"]
    second = ask(client, token, {"max_count": 5, "cursor": first["cursor"]}).json()["data"]
    both = ask(client, token, {"max_count": 10}).json()["data"]
    assert first["videos"] + second["videos"] == both["videos"]
    assert first["has_more"] is True
    assert set(both["videos"][0]) == {"id", "create_time"}


@pytest.mark.parametrize("body", [{"max_count": 21}, {"max_count": 0}, {"max_count": "many"}, {"cursor": "x"}, [1]])
def test_malformed_questions_are_refused(client: Client, token: str, body: Any) -> None:
    answer = ask(client, token, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_params")


def test_without_a_good_token_nothing_is_told(db: None, client: Client) -> None:
    assert ask(client, "act.guess", {}).json()["error"]["code"] == "access_token_invalid"
    assert ask(client, "", {}).status_code == 401


def test_a_wrong_client_gets_no_tokens(db: None, client: Client) -> None:
    answer = client.post("/tiktok-stand-in/v2/oauth/token/", "client_key=x&grant_type=refresh_token", "text/plain")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_unknown_addresses_are_not_found(db: None, client: Client) -> None:
    assert client.get("/tiktok-stand-in/v2/nothing/").status_code == 404


@pytest.mark.parametrize("switched", [{"TIKTOK_STAND_IN": False}, {"PRODUCTION": True}])
def test_it_refuses_where_it_does_not_belong(
    db: None, settings: Any, client: Client, switched: dict[str, bool]
) -> None:
    for name, value in switched.items():
        setattr(settings, name, value)
    assert ask(client, "act.x", {}).status_code == 404
    assert client.get(reverse("tiktok_consent")).status_code == 404


def test_a_production_with_it_is_refused_by_a_check(settings: Any) -> None:
    from portal.accounts.tiktok.apps import no_stand_in_in_production

    assert no_stand_in_in_production() == []
    settings.PRODUCTION = True
    assert [error.id for error in no_stand_in_in_production()] == ["tiktok.E001"]


@pytest.mark.django_db(transaction=True)
def test_it_answers_over_a_real_port(live_server: Any) -> None:
    answer = requests.post(f"{live_server.url}{LIST}", json={}, timeout=10)
    assert answer.json()["error"]["code"] == "access_token_invalid"
