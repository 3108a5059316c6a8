from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

CALLBACK = "http://testserver/accounts/tiktok/login/callback/"
GOOD = {"client_key": "stand-in-key", "redirect_uri": CALLBACK, "scope": "user.info.basic", "state": "s"}


@pytest.mark.django_db
def test_the_page_offers_people_to_be(client: Client) -> None:
    page = client.get(reverse("tiktok_consent"), GOOD)
    assert "Noor repairs" in page.content.decode()


@pytest.mark.django_db
def test_a_yes_goes_back_with_a_code_and_the_state(client: Client) -> None:
    answer = client.post(reverse("tiktok_consent", query=GOOD), {"person": "small"})
    assert answer["Location"].startswith(f"{CALLBACK}?state=s&code=")


@pytest.mark.django_db
def test_a_no_and_an_unknown_person_go_back_without(client: Client) -> None:
    for person in ("", "somebody"):
        answer = client.post(reverse("tiktok_consent", query=GOOD), {"person": person})
        assert "error=access_denied" in answer["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", [{"redirect_uri": "https://evil.example/"}, {"client_key": "other"}, {"redirect_uri": ""}]
)
def test_it_sends_nobody_to_strangers(client: Client, wrong: dict[str, Any]) -> None:
    url = reverse("tiktok_consent", query=GOOD | wrong)
    assert client.get(url).status_code == 400
    assert client.post(url, {"person": "small"}).status_code == 400


@pytest.mark.django_db
def test_other_methods_are_refused(client: Client) -> None:
    assert client.delete(reverse("tiktok_consent")).status_code == 405
