from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from portal.accounts.models import Creator, User
from portal.sandbox.engine import Sandbox
from portal.testing.stripe import Deliver
from subscriptions.actions.quotes import quote_gift
from subscriptions.actions.tiers import add_price, send_price
from subscriptions.models import Gift, Purchase, Quote, Tier
from subscriptions.queries.gifts import GiftNotOffered, GiftToOneself

pytestmark = pytest.mark.usefixtures("books_proved")


def address(tier: Tier) -> str:
    return f"/@mika/tiers/{tier.public_id}/gift/"


def test_chosen_quoted_paid_and_mailed(
    client: Client, sam: User, silver: Tier, box: Sandbox, deliver: Deliver, noon: datetime
) -> None:
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        assert "3 months for $15.00" in client.get(address(silver)).content.decode()
        words = {"months": 3, "recipient_email": "lee@example.com", "message": "For you"}
        offer = client.post(address(silver), words)
        quote = Quote.objects.get()
        assert (quote.kind, quote.charge_now_minor, quote.next_charge_at) == ("gift", 1_500, None)
        assert "You pay $15.00 now." in client.get(offer["Location"]).content.decode()
        to_pay = client.post(offer["Location"], {"signature": quote.signature})
        # Pressed twice: the same page to pay on.
        assert client.post(offer["Location"], {"signature": quote.signature})["Location"] == to_pay["Location"]
        purchase = Purchase.objects.get()
        assert (purchase.url, Gift.objects.get().state(noon)) == (to_pay["Location"], "unpaid")
        box.complete_checkout(purchase.stripe_session_id, card="4242424242424242")
        # Back from the provider, before any event.
        shown = client.get(f"/me/gifts/{Gift.objects.get().public_id}/").content.decode()
    gift = Gift.objects.get()
    assert f"/gifts/{gift.public_id}/{gift.secret}/" in shown
    letters = [letter for letter in mail.outbox if letter.to == ["lee@example.com"]]
    assert not letters or gift.secret in letters[0].body
    deliver()
    quote.refresh_from_db()
    assert (quote.charged_minor, quote.is_charged_otherwise) == (1_500, False)


def test_who_may_not_and_what_is_not_sold(mika: Creator, sam: User, silver: Tier, noon: datetime) -> None:
    with pytest.raises(GiftToOneself):
        quote_gift(fan=mika.user, tier=silver, months=1, now=noon)
    with pytest.raises(GiftNotOffered):
        quote_gift(fan=sam, tier=silver, months=2, now=noon)


def test_a_price_that_moved_makes_a_new_offer_with_the_same_words(
    client: Client, sam: User, silver: Tier, noon: datetime
) -> None:
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        offer = client.post(address(silver), {"months": 1, "message": "For you"})
        send_price(price=add_price(tier=silver, amount_minor=700, now=noon))
        signature = Quote.objects.get().signature
        answer = client.post(offer["Location"], {"signature": signature})
    newest = Quote.objects.latest("pk")
    assert answer["Location"] == f"/me/quotes/{newest.public_id}/"
    assert (newest.charge_now_minor, newest.gift.message, Purchase.objects.count()) == (700, "For you", 0)


def test_bad_input_keeps_the_form(client: Client, sam: User, silver: Tier, noon: datetime) -> None:
    assert client.get(address(silver)).status_code == 302
    client.force_login(sam)
    with time_machine.travel(noon, tick=False):
        for bad in ({"months": 5}, {"months": 1, "deliver_on": (noon + timedelta(days=400)).date().isoformat()}):
            assert client.post(address(silver), bad).status_code == 422
    assert not Gift.objects.exists()
    assert client.delete(address(silver)).status_code == 405
