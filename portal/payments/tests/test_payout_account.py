"""Onboarding: /studio/payouts/account/, and how the account follows the provider."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Creator, User
from portal.payments import gateway
from portal.payments.actions import ProviderIsSilent, open_payout_account, read_bank, read_payout_account
from portal.payments.models import PayoutAccount
from portal.sandbox.engine import Sandbox

Deliver = Callable[[], list[str]]

pytestmark = pytest.mark.django_db
PAGE = "/studio/payouts/account/"


def test_a_creator_goes_through_onboarding(mika: Creator, box: Sandbox, deliver: Deliver, noon: datetime) -> None:
    account = open_payout_account(creator=mika, now=noon)
    assert (account.state, account.country, account.currency) == ("onboarding", "US", "usd")
    assert len(account.requirements) == 5

    box.onboarding_step(account.stripe_id, "person")
    deliver()
    account.refresh_from_db()
    assert (account.state, len(account.requirements)) == ("onboarding", 2)

    box.complete_onboarding(account.stripe_id)
    assert "v2.core.account[configuration.recipient].capability_status_updated" in deliver()
    account.refresh_from_db()
    assert (account.state, account.requirements) == ("ready", [])
    assert account.ready_at == noon and account.changed_at is None and account.bank.startswith("ba_")


def test_opening_twice_gives_one_account(mika: Creator, box: Sandbox, noon: datetime) -> None:
    box.faults.add("timeout_after_commit", path="/v2/core/accounts")
    with pytest.raises(ProviderIsSilent):
        open_payout_account(creator=mika, now=noon)
    assert not PayoutAccount.objects.exists()
    assert open_payout_account(creator=mika, now=noon) == open_payout_account(creator=mika, now=noon)
    assert len(list(gateway.client().v2.core.accounts.list().data)) == 1
    assert PayoutAccount.objects.count() == 1


def test_events_in_any_order_end_in_the_same_state(
    mika: Creator, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    account = open_payout_account(creator=mika, now=noon)
    box.complete_onboarding(account.stripe_id)
    box.restrict_account(account.stripe_id)
    box.reorder()
    deliver()
    account.refresh_from_db()
    # What the provider says now, whatever was said before: it was never seen ready.
    assert (account.state, account.requirements) == ("onboarding", ["identity.individual.given_name"])
    assert account.ready_at is None


def test_an_account_that_was_ready_becomes_restricted(
    mika: Creator, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    account = open_payout_account(creator=mika, now=noon)
    box.complete_onboarding(account.stripe_id)
    deliver()
    box.restrict_account(account.stripe_id)
    deliver()
    account.refresh_from_db()
    assert account.state == "restricted" and account.ready_at == noon
    box.onboarding_step(account.stripe_id, "person")
    deliver()
    account.refresh_from_db()
    assert account.state == "ready"


def test_a_new_bank_behind_a_ready_account_is_noticed(
    mika: Creator, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    account = open_payout_account(creator=mika, now=noon)
    box.complete_onboarding(account.stripe_id)
    deliver()
    box.advance_to(noon + timedelta(days=3))
    box.onboarding_step(account.stripe_id, "bank", bank="000987654321")
    deliver()
    account.refresh_from_db()
    assert account.changed_at == noon + timedelta(days=3)
    before = account.changed_at
    read_bank(account=account, now=noon + timedelta(days=9))
    account.refresh_from_db()
    assert account.changed_at == before


def test_the_provider_silent_changes_nothing(mika: Creator, box: Sandbox, noon: datetime) -> None:
    account = open_payout_account(creator=mika, now=noon)
    box.faults.add("server_error", path="/v2/core/accounts/*")
    with pytest.raises(ProviderIsSilent):
        read_payout_account(account=account, now=noon)
    account.refresh_from_db()
    assert account.state == "onboarding"


def test_an_account_of_somebody_else_is_ignored(box: Sandbox, deliver: Deliver, mika: Creator, noon: datetime) -> None:
    account = open_payout_account(creator=mika, now=noon)
    PayoutAccount.objects.all().delete()
    box.complete_onboarding(account.stripe_id)
    deliver()
    assert not PayoutAccount.objects.exists()


# --- the pages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def confirmed(client: Client, mika: Creator) -> Client:
    """Mika is signed in and has just proved that it is she, as people of the demo do."""
    client.force_login(mika.user)
    asked = client.post(PAGE)
    assert asked.status_code == 302 and asked["Location"].startswith(reverse("confirm_in_demo"))
    client.post(asked["Location"], {"next": PAGE})
    return client


def test_the_page_leads_to_the_provider_and_back(confirmed: Client, box: Sandbox) -> None:
    assert "Begin" in confirmed.get(PAGE).content.decode()
    answer = confirmed.post(PAGE)
    assert answer.status_code == 302
    account = PayoutAccount.objects.get()
    assert "/sandbox/onboarding/" in answer["Location"]

    page = confirmed.get(f"{PAGE}return/", follow=True).content.decode()
    assert "not finished yet" in page and "identity.individual.given_name" in page
    box.complete_onboarding(account.stripe_id)
    page = confirmed.get(f"{PAGE}return/", follow=True).content.decode()
    assert "Your payout account is ready" in page
    assert "Change the details" in page


def test_without_a_second_factor_nobody_is_led_on(client: Client, mika: Creator, settings: Any, box: Sandbox) -> None:
    settings.DEMO = False
    client.force_login(mika.user)
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE)["Location"] == reverse("mfa_index")
    assert not PayoutAccount.objects.exists()


def test_a_used_address_leads_to_the_button(client: Client, mika: Creator, box: Sandbox) -> None:
    client.force_login(mika.user)
    answer = client.get(f"{PAGE}refresh/", follow=True)
    assert "works only once" in answer.content.decode()
    assert not PayoutAccount.objects.exists()


def test_a_silent_provider_is_told_in_a_sentence(confirmed: Client, box: Sandbox) -> None:
    box.faults.add("server_error", path="/v2/core/accounts")
    answer = confirmed.post(PAGE, follow=True)
    assert "does not answer" in answer.content.decode()


def test_strangers_and_fans_do_not_get_in(client: Client, sam: User, box: Sandbox) -> None:
    assert client.post(PAGE).status_code == 302
    client.force_login(sam)
    for path in (PAGE, f"{PAGE}return/", f"{PAGE}refresh/"):
        assert client.get(path).status_code == 302
    assert client.post(PAGE).status_code == 302
    assert not PayoutAccount.objects.exists()


def test_only_get_and_post(client: Client, mika: Creator) -> None:
    client.force_login(mika.user)
    assert client.put(PAGE).status_code == 405
    assert client.post(f"{PAGE}return/").status_code == 405
