"""3-D Secure: the bank's page in the middle of a checkout, and for an intent of its own."""

import pytest
from django.test import Client

from portal.sandbox.tests.people import Platform
from portal.sandbox.tests.test_hosted_checkout import CARD, begin

ASKS = {**CARD, "card": "4000 0000 0000 3220"}


def test_saying_yes_finishes_the_checkout(client: Client, hosted: Platform) -> None:
    session, page = begin(hosted)
    asked = client.post(page, ASKS)
    assert asked.status_code == 302 and "/sandbox/3d-secure/" in asked["Location"]
    assert hosted.api.v1.checkout.sessions.retrieve(session).status == "open"
    assert client.get(asked["Location"]).status_code == 200
    done = client.post(asked["Location"], {"answer": "yes"})
    assert done["Location"] == f"http://testserver/thanks/?session={session}"
    assert hosted.api.v1.checkout.sessions.retrieve(session).payment_status == "paid"


def test_twice_is_harmless(client: Client, hosted: Platform) -> None:
    _, page = begin(hosted)
    asked = client.post(page, ASKS)
    client.post(asked["Location"], {"answer": "yes"})
    again = client.post(asked["Location"], {"answer": "yes"})
    assert again["Location"] == page
    assert len(hosted.api.v1.charges.list().data) == 1


def test_saying_no_leads_back_to_the_card(client: Client, hosted: Platform) -> None:
    session, page = begin(hosted)
    asked = client.post(page, ASKS)
    back = client.post(asked["Location"], {"answer": "no"}, follow=True)
    assert back.redirect_chain[0][0] == page
    assert "unable to authenticate" in back.content.decode()
    assert hosted.api.v1.checkout.sessions.retrieve(session).status == "open"


@pytest.mark.parametrize(("answer", "status"), [("yes", "succeeded"), ("no", "requires_payment_method")])
def test_an_intent_of_its_own(client: Client, hosted: Platform, answer: str, status: str) -> None:
    intent = hosted.api.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "usd",
            "payment_method": "pm_card_threeDSecure2Required",
            "confirm": True,
            "return_url": "http://testserver/back/",
        }
    )
    page = intent.next_action.redirect_to_url.url.removeprefix(hosted.sandbox.site_url)
    assert client.post(page, {"answer": answer})["Location"] == "http://testserver/back/"
    assert hosted.api.v1.payment_intents.retrieve(intent.id).status == status
    assert client.get(page).status_code == 404


def test_unknown_tokens(client: Client, hosted: Platform) -> None:
    assert client.get("/sandbox/3d-secure/nothing/").status_code == 404
    assert client.get("/sandbox/3d-secure/pi_1_secret_2/").status_code == 404
