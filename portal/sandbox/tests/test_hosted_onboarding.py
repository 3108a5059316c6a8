"""A creator's three short steps to payouts."""

from typing import Any

from django.test import Client

from portal.sandbox.tests.people import Platform

PERSON = {"step": "person", "first_name": "Mika", "last_name": "Sol", "born_on": "1994-03-02"}
BANK = {"step": "bank", "account_number": "000123456789"}
TERMS = {"step": "terms", "agreed": "on"}


def link(hosted: Platform, account: str) -> str:
    use_case: Any = {
        "type": "account_onboarding",
        "account_onboarding": {
            "refresh_url": "http://testserver/again/",
            "return_url": "http://testserver/payouts/",
        },
    }
    made = hosted.api.v2.core.account_links.create({"account": account, "use_case": use_case})
    return made.url.removeprefix(hosted.sandbox.site_url)


def status(hosted: Platform, account: str) -> tuple[str, int]:
    shown = hosted.api.v2.core.accounts.retrieve(account, {"include": ["configuration.recipient", "requirements"]})
    transfers = shown.configuration.recipient.capabilities.stripe_balance.stripe_transfers
    return transfers.status, len(shown.requirements.entries)


def test_three_steps(client: Client, hosted: Platform) -> None:
    account = hosted.account(onboarded=False)
    page = link(hosted, account)
    assert "First name" in client.get(page).content.decode()
    client.post(page, PERSON)
    assert status(hosted, account) == ("restricted", 2)
    assert "Account number" in client.get(page).content.decode()
    client.post(page, BANK)
    assert status(hosted, account) == ("restricted", 1)
    client.post(page, TERMS)
    assert status(hosted, account) == ("active", 0)
    assert client.get(page)["Location"] == "http://testserver/payouts/"


def test_the_same_step_twice_is_harmless(client: Client, hosted: Platform) -> None:
    account = hosted.account(onboarded=False)
    page = link(hosted, account)
    client.post(page, PERSON)
    assert client.post(page, PERSON).status_code == 302
    assert status(hosted, account) == ("restricted", 2)


def test_bad_input(client: Client, hosted: Platform) -> None:
    account = hosted.account(onboarded=False)
    page = link(hosted, account)
    for wrong in ({**PERSON, "first_name": ""}, {**PERSON, "born_on": "tomorrow"}):
        assert client.post(page, wrong).status_code == 422
    client.post(page, PERSON)
    assert client.post(page, {**BANK, "account_number": "abc"}).status_code == 422
    client.post(page, BANK)
    assert client.post(page, {"step": "terms"}).status_code == 422
    assert status(hosted, account) == ("restricted", 1)


def test_an_old_link_asks_for_a_new_one(client: Client, hosted: Platform) -> None:
    page = link(hosted, hosted.account(onboarded=False))
    hosted.later(minutes=10)
    assert client.get(page)["Location"] == "http://testserver/again/"
    assert client.get("/sandbox/onboarding/guessed/").status_code == 404
