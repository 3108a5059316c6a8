"""Creators' accounts, transfers to them, their payouts to the bank."""

from typing import Any

import pytest
import stripe

from portal.sandbox.tests.people import EXPRESS, Platform

INCLUDE: Any = {"include": ["configuration.recipient", "requirements", "identity", "defaults"]}


def transfer_status(account: Any) -> str:
    return account.configuration.recipient.capabilities.stripe_balance.stripe_transfers.status


def test_onboarding_opens_transfers(platform: Platform, event_types: Any) -> None:
    account = platform.api.v2.core.accounts.create({**EXPRESS, **INCLUDE})
    assert transfer_status(account) == "restricted"
    assert {entry.description for entry in account.requirements.entries} >= {"identity.individual.given_name"}
    assert (account.identity.country, account.defaults.currency) == ("us", "usd")
    assert platform.api.v2.core.accounts.retrieve(account.id).configuration is None
    platform.sandbox.complete_onboarding(account.id)
    ready = platform.api.v2.core.accounts.retrieve(account.id, INCLUDE)
    assert transfer_status(ready) == "active" and ready.requirements.entries == []
    old_face = platform.api.v1.accounts.retrieve(account.id)
    assert old_face.payouts_enabled and old_face.capabilities.transfers == "active"
    assert event_types("v2.")[-2:] == [
        "v2.core.account[configuration.recipient].capability_status_updated",
        "v2.core.account_link.returned",
    ]
    assert "account.updated" in event_types()


def test_the_provider_may_ask_for_more(platform: Platform) -> None:
    account = platform.account()
    platform.sandbox.top_up(10_000)
    platform.sandbox.restrict_account(account)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        platform.api.v1.transfers.create({"amount": 100, "currency": "usd", "destination": account})
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    platform.sandbox.complete_onboarding(account)
    platform.api.v1.transfers.create({"amount": 100, "currency": "usd", "destination": account})


def test_the_v1_face(platform: Platform) -> None:
    account = platform.api.v1.accounts.create({"type": "express", "country": "DE", "email": "mika@example.com"})
    assert (account.default_currency, account.details_submitted) == ("eur", False)
    link = platform.api.v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "refresh_url": "https://example.com/r",
            "return_url": "https://example.com/b",
        }
    )
    assert "/sandbox/onboarding/" in link.url
    with pytest.raises(stripe.InvalidRequestError, match="has not completed onboarding"):
        platform.api.v1.accounts.login_links.create(account.id)
    platform.sandbox.complete_onboarding(account.id)
    assert "/sandbox/express/" in platform.api.v1.accounts.login_links.create(account.id).url
    changed = platform.api.v2.core.accounts.update(account.id, {"display_name": "Mika", "metadata": {"creator": "1"}})
    assert (changed.display_name, changed.metadata) == ("Mika", {"creator": "1"}) or changed.metadata["creator"] == "1"


def test_accounts_are_listed_by_pages(platform: Platform) -> None:
    made = {platform.account(onboarded=False) for _ in range(5)}
    listed = platform.api.v2.core.accounts.list({"limit": 2})
    assert {account.id for account in listed.auto_paging_iter()} == made


def test_closing_needs_an_empty_balance(platform: Platform) -> None:
    account = platform.account()
    platform.sandbox.top_up(1000)
    transfer = platform.api.v1.transfers.create({"amount": 500, "currency": "usd", "destination": account})
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v2.core.accounts.close(account, {"applied_configurations": ["recipient"]})
    platform.api.v1.transfers.reversals.create(transfer.id)
    assert platform.api.v2.core.accounts.close(account, {"applied_configurations": ["recipient"]}).closed


# ---- transfers --------------------------------------------------------------------
def test_transfers_need_available_money_of_their_currency(platform: Platform) -> None:
    account = platform.account()
    platform.charge(10_000)
    given: Any = {"amount": 500, "currency": "usd", "destination": account}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        platform.api.v1.transfers.create(given)
    assert refused.value.code == "balance_insufficient"
    platform.later(days=2)
    transfer = platform.api.v1.transfers.create({**given, "metadata": {"payout": "7"}, "transfer_group": "run-1"})
    assert (transfer.amount, transfer.metadata["payout"], transfer.reversed) == (500, "7", False)
    assert platform.balance(account) == {"usd": (500, 0)}
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.transfers.create({**given, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.transfers.create({**given, "destination": "acct_nobody"})


def test_transfers_are_found_by_group_and_page_by_page(platform: Platform) -> None:
    account = platform.account()
    platform.sandbox.top_up(100_000)
    for number in range(12):
        group = "even" if number % 2 == 0 else "odd"
        platform.api.v1.transfers.create(
            {"amount": 100 + number, "currency": "usd", "destination": account, "transfer_group": group}
        )
    everything = list(platform.api.v1.transfers.list({"limit": 5}).auto_paging_iter())
    assert [transfer.amount for transfer in everything] == list(range(111, 99, -1))
    odd = list(platform.api.v1.transfers.list({"limit": 2, "transfer_group": "odd"}).auto_paging_iter())
    assert [transfer.amount for transfer in odd] == [111, 109, 107, 105, 103, 101]
    assert platform.api.v1.transfers.list({"destination": "acct_x"}).data == []


def test_reversals_in_part_and_in_full(platform: Platform, event_types: Any) -> None:
    account = platform.account()
    platform.sandbox.top_up(1000)
    transfer = platform.api.v1.transfers.create({"amount": 1000, "currency": "usd", "destination": account})
    platform.api.v1.transfers.reversals.create(transfer.id, {"amount": 400, "metadata": {"dispute": "du_1"}})
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.transfers.reversals.create(transfer.id, {"amount": 601})
    platform.api.v1.transfers.reversals.create(transfer.id)
    shown = platform.api.v1.transfers.retrieve(transfer.id)
    assert (shown.amount_reversed, shown.reversed, len(shown.reversals.data)) == (1000, True, 2)
    assert (platform.balance(), platform.balance(account)) == ({"usd": (1000, 0)}, {"usd": (0, 0)})
    assert event_types("transfer.") == ["transfer.created", "transfer.reversed", "transfer.reversed"]


def test_what_has_been_paid_out_cannot_be_reversed(platform: Platform) -> None:
    account = platform.account()
    platform.sandbox.top_up(1000)
    transfer = platform.api.v1.transfers.create({"amount": 1000, "currency": "usd", "destination": account})
    platform.later(days=1)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        platform.api.v1.transfers.reversals.create(transfer.id)
    assert refused.value.code == "balance_insufficient"


# ---- payouts ----------------------------------------------------------------------
def paid_account(platform: Platform, amount: int = 1000, bank: str = "000123456789") -> str:
    account = platform.account(onboarded=False)
    platform.sandbox.complete_onboarding(account, bank=bank)
    platform.sandbox.top_up(amount)
    platform.api.v1.transfers.create({"amount": amount, "currency": "usd", "destination": account})
    return account


def test_payouts_leave_at_midnight_and_arrive_two_days_later(platform: Platform, event_types: Any) -> None:
    account = paid_account(platform)
    of_account: Any = {"stripe_account": account}
    assert platform.api.v1.payouts.list({}, of_account).data == []
    platform.later(hours=12)
    (payout,) = platform.api.v1.payouts.list({}, of_account).data
    assert (payout.amount, payout.status, payout.automatic) == (1000, "in_transit", True)
    assert platform.balance(account) == {"usd": (0, 0)}
    sources = platform.api.v1.balance_transactions.list({"payout": payout.id}, of_account).data
    assert sorted((txn.type, txn.amount) for txn in sources) == [("payment", 1000), ("payout", -1000)]
    platform.later(days=2)
    assert platform.api.v1.payouts.retrieve(payout.id, {}, of_account).status == "paid"
    assert event_types("payout.") == ["payout.created", "payout.paid"]
    told = platform.sandbox.store.rows("SELECT body FROM objects WHERE kind = 'event' AND account = ?", (account,))
    assert len(told) >= 2 and all(f'"account": "{account}"' in row["body"] for row in told)


def test_a_failed_payout_comes_back_and_stops_the_next(platform: Platform) -> None:
    account = paid_account(platform, bank="000111111116")
    platform.later(days=4)
    (payout,) = platform.api.v1.payouts.list({}, {"stripe_account": account}).data
    assert (payout.status, payout.failure_code) == ("failed", "no_account")
    assert platform.balance(account) == {"usd": (1000, 0)}
    assert not platform.api.v1.accounts.retrieve(account).payouts_enabled
    platform.sandbox.onboarding_step(account, "bank", bank="000123456789")
    platform.later(days=4)
    again = platform.api.v1.payouts.list({}, {"stripe_account": account}).data
    assert [row.status for row in again] == ["paid", "failed"]


def test_the_bank_may_change_its_mind(platform: Platform) -> None:
    account = paid_account(platform)
    platform.later(hours=12)
    (payout,) = platform.api.v1.payouts.list({}, {"stripe_account": account}).data
    assert platform.sandbox.settle_payout(payout.id, ok=True)["status"] == "paid"
    assert platform.sandbox.settle_payout(payout.id, ok=False)["status"] == "failed"
    assert platform.balance(account) == {"usd": (1000, 0)}


def test_payouts_by_hand(platform: Platform) -> None:
    account = paid_account(platform)
    of_account: Any = {"stripe_account": account}
    platform.api.v1.accounts.update(account, {"settings": {"payouts": {"schedule": {"interval": "manual"}}}})
    platform.later(days=3)
    assert platform.api.v1.payouts.list({}, of_account).data == []
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.payouts.create({"amount": 1001, "currency": "usd"}, of_account)
    payout = platform.api.v1.payouts.create({"amount": 400, "currency": "usd"}, of_account)
    assert platform.api.v1.payouts.cancel(payout.id, {}, of_account).status == "canceled"
    assert platform.balance(account) == {"usd": (1000, 0)}
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.payouts.retrieve(payout.id)
