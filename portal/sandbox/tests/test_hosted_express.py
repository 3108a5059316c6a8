"""The creator's dashboard at the provider: balance, payouts, bank account."""

from django.test import Client

from portal.sandbox.tests.people import Platform


def dashboard(hosted: Platform, account: str) -> str:
    return hosted.api.v1.accounts.login_links.create(account).url.removeprefix(hosted.sandbox.site_url)


def test_balance_payouts_and_a_better_bank(client: Client, hosted: Platform) -> None:
    account = hosted.account(onboarded=False)
    hosted.sandbox.complete_onboarding(account, bank="000111111116")
    page = dashboard(hosted, account)
    assert "$0.00" in client.get(page).content.decode()
    hosted.sandbox.top_up(5000)
    hosted.api.v1.transfers.create({"amount": 2500, "currency": "usd", "destination": account})
    assert "$25.00" in client.get(page).content.decode()
    hosted.later(days=4)
    text = client.get(page).content.decode()
    assert "failed" in text and "Payouts are stopped" in text
    assert client.post(page, {"account_number": "12"}).status_code == 422
    assert client.post(page, {"account_number": "000123456789"}).status_code == 302
    hosted.later(days=4)
    assert "Payouts are stopped" not in client.get(page).content.decode()


def test_strangers(client: Client, hosted: Platform) -> None:
    assert client.get("/sandbox/express/guessed/").status_code == 404
