"""Every page of allauth answers in our own frame, for those who may see it."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User

STRANGERS = [
    "account_login",
    "account_signup",
    "account_signup_by_passkey",
    "account_request_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_inactive",
]
PEOPLE = [
    "account_email",
    "account_logout",
    "account_set_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "usersessions_list",
    "socialaccount_connections",
]


@pytest.mark.django_db
@pytest.mark.parametrize("name", STRANGERS)
def test_pages_for_strangers(client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert 'class="frame"' in answer.content.decode()


@pytest.fixture
def signed_in(client: Client, sam: User) -> Client:
    """Signed in with a password a moment ago, as allauth records it."""
    sam.set_password("correct horse battery")
    sam.save()
    client.post(reverse("account_login"), {"login": sam.email, "password": "correct horse battery"})
    return client


@pytest.mark.parametrize("name", PEOPLE)
def test_pages_for_people(signed_in: Client, name: str) -> None:
    answer = signed_in.get(reverse(name), follow=True)
    assert answer.status_code == 200
    assert 'class="frame"' in answer.content.decode()


def test_a_second_factor_is_set_up_after_proving_who_one_is(signed_in: Client, sam: User) -> None:
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal import auth

    asked = signed_in.get(reverse("mfa_activate_totp"))
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    signed_in.post(asked["Location"], {"password": "correct horse battery"})
    page = signed_in.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    code = auth.format_hotp_value(auth.hotp_value(secret, auth.yield_hotp_counters_from_time().__next__()))
    done = signed_in.post(reverse("mfa_activate_totp"), {"code": code})
    assert done.status_code == 302
    kinds = set(Authenticator.objects.filter(user=sam).values_list("type", flat=True))
    assert kinds == {"totp", "recovery_codes"}
    assert signed_in.get(reverse("mfa_view_recovery_codes")).status_code == 200
    assert get_adapter().is_mfa_enabled(sam)
    # The next sign-in asks for it.
    again = Client()
    answer = again.post(reverse("account_login"), {"login": sam.email, "password": "correct horse battery"})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert again.get(reverse("settings")).status_code == 302
