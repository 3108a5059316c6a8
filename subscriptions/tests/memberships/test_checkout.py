from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import Creator, User
from portal.sandbox.engine import Sandbox
from subscriptions.models import Checkout, Quote, Tier


@pytest.fixture(autouse=True)
def at_noon(noon: datetime) -> object:
    with time_machine.travel(noon, tick=False):
        yield


def address(tier: Tier) -> str:
    return f"/@{tier.creator.handle}/tiers/{tier.public_id}/checkout/"


def agree(client: Client, tier: Tier) -> Any:
    """Press Join, look at the offer, agree."""
    offer = client.post(address(tier))["Location"]
    assert b"You pay $10.00 now." in client.get(offer).content
    return client.post(offer, {"signature": Quote.objects.latest("pk").signature}, follow=False)


def test_a_press_leads_to_the_offer_and_another_to_the_providers_page(client: Client, sam: User, gold: Tier) -> None:
    client.force_login(sam)
    response = agree(client, gold)
    checkout = Checkout.objects.get()
    assert (response.status_code, response["Location"]) == (302, checkout.url)
    assert checkout.stripe_session_id in checkout.url


def test_a_silent_provider_is_told_in_a_sentence(client: Client, sam: User, gold: Tier, box: Sandbox) -> None:
    box.faults.add("server_error", path="/v1/checkout/sessions")
    client.force_login(sam)
    back = agree(client, gold)["Location"]
    assert b"does not answer" in client.get(back).content
    # The next press works: the same attempt, the same key.
    quote = Quote.objects.get()
    again = client.post(f"/me/quotes/{quote.public_id}/", {"signature": quote.signature})
    assert again["Location"] == Checkout.objects.get().url


def test_strangers_sign_in_first_and_come_back_to_the_creator(client: Client, gold: Tier, sam: User) -> None:
    response = client.post(address(gold))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    client.force_login(sam)
    assert client.get(address(gold))["Location"] == f"/@{gold.creator.handle}/"
    assert Checkout.objects.count() == 0


def test_the_creator_is_told_that_it_is_their_own(client: Client, mika: Creator, gold: Tier) -> None:
    client.force_login(mika.user)
    response = client.post(address(gold), follow=True)
    assert b"your own tier" in response.content


def test_an_unknown_tier_is_not_found(client: Client, sam: User, gold: Tier, noor: Creator) -> None:
    client.force_login(sam)
    assert client.post(f"/@{noor.handle}/tiers/{gold.public_id}/checkout/").status_code == 404
    assert client.post(f"/@{gold.creator.handle}/tiers/nothing/checkout/").status_code == 404
