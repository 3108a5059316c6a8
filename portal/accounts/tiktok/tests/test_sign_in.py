"""Sign in with TikTok, from our button over the stand-in's consent page and back."""

import re
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse

from portal.accounts.models import AudienceCount, Creator, User
from portal.notices.models import OutboxEmail


@pytest.fixture(autouse=True)
def surroundings(settings: Any, tmp_path: Any) -> None:
    settings.EMAIL_BACKEND = "portal.notices.outbox.OutboxBackend"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": tmp_path}
    }


def consent(client: Client, person: str, process: str = "login") -> Any:
    asked = client.post(f"{reverse('tiktok_login')}?process={process}")
    assert asked["Location"].startswith(reverse("tiktok_consent"))
    assert client.get(asked["Location"]).status_code == 200
    said = client.post(asked["Location"], {"person": person})
    return client.get(said["Location"])


@pytest.mark.django_db
def test_a_stranger_signs_up_with_tiktok_and_a_verified_email(client: Client) -> None:
    answer = consent(client, "large")
    assert answer["Location"] == reverse("socialaccount_signup")
    assert client.get(answer["Location"]).status_code == 200
    sent = client.post(answer["Location"], {"email": "cook@example.com", "name": "Cook", "country": "US"})
    # TikTok tells no email, so a typed one must be proved before it opens anything.
    assert sent["Location"] == reverse("account_email_verification_sent")
    assert client.get(reverse("settings")).status_code == 302
    found = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", OutboxEmail.objects.get().text, re.MULTILINE)
    assert found
    client.post(sent["Location"], {"code": found[1]})
    assert client.get(reverse("settings")).status_code == 200
    account = SocialAccount.objects.get(user__email="cook@example.com")
    assert account.extra_data["follower_count"] == 182_340
    token = SocialToken.objects.get(account=account)
    assert token.token.startswith("act.") and token.token_secret.startswith("rft.") and token.expires_at


def test_a_creator_connects_and_is_counted(
    client: Client, noor: Creator, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(noor.user)
    with django_capture_on_commit_callbacks(execute=True):
        answer = consent(client, "small", process="connect")
    assert answer.status_code == 302
    count = noor.audience_counts.get(origin=AudienceCount.Origin.TIKTOK)
    assert count.followers == 1_214 and count.views_30d > 0
    page = client.get(reverse("tiktok_connection")).content.decode()
    assert "1,214" in page and "videos published in the last 30 days" in page


def test_signing_in_again_is_the_same_person(client: Client, noor: Creator) -> None:
    client.force_login(noor.user)
    consent(client, "small", process="connect")
    again = Client()
    consent(again, "small")
    assert again.get(reverse("settings")).status_code == 200
    assert SocialAccount.objects.count() == 1 and SocialToken.objects.count() == 1
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_saying_no_leads_back_without_an_account(client: Client) -> None:
    answer = consent(client, "")
    assert answer["Location"] == reverse("socialaccount_login_cancelled")
    assert not SocialAccount.objects.exists()


@pytest.mark.django_db
def test_an_answer_nobody_asked_for_is_refused(client: Client) -> None:
    answer = client.get(reverse("tiktok_callback"), {"code": "x", "state": "forged"})
    assert answer.status_code in (200, 401, 403)
    assert not SocialAccount.objects.exists()


@pytest.mark.django_db
def test_a_used_code_is_refused(client: Client) -> None:
    asked = client.post(reverse("tiktok_login"))
    back = client.post(asked["Location"], {"person": "new"})["Location"]
    client.get(back)
    client.get(back)
    assert SocialAccount.objects.count() == 0
