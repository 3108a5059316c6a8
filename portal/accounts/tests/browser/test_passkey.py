"""Passkeys in a real browser, with a virtual authenticator: sign up, sign out, sign in, without a password."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.notices.models import OutboxEmail


@pytest.fixture
def authenticator(page: Page) -> None:
    """A key that is always there and always says yes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def press(page: Page, name: str) -> None:
    """Press a button, and wait for the next page and its scripts: a passkey's button does nothing without them."""
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=name).click()


def newest_code() -> str:
    found = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", OutboxEmail.objects.all()[0].text, re.MULTILINE)
    assert found
    return found[1]


def test_sign_up_and_sign_in_with_a_passkey(page: Page, asgi_server: str, authenticator: None, console: Any) -> None:
    page.goto(f"{asgi_server}/accounts/signup/passkey/")
    page.get_by_label("Email").fill("key@example.com")
    page.get_by_label("Name").fill("Kay")
    press(page, "Sign up")
    page.get_by_label("Code").fill(newest_code())
    press(page, "Confirm")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("link", name="Settings of")).to_be_visible()
    person = User.objects.get(email="key@example.com")
    assert not person.has_usable_password()
    assert Authenticator.objects.filter(user=person, type="webauthn").count() == 1

    page.goto(f"{asgi_server}/settings/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(f"{asgi_server}/accounts/login/")
    page.get_by_role("button", name="passkey").click()
    expect(page.get_by_role("link", name="Settings of")).to_be_visible()
    assert console.complaints == []
