"""The buyer's page: what it shows, each test card, promotion codes, trials, and a page that is used up."""

from typing import Any

import pytest
from django.test import Client

from portal.sandbox.tests.people import Platform

CARD = {"email": "fan@example.com", "card": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
THANKS = "http://testserver/thanks/?session={CHECKOUT_SESSION_ID}"


def begin(hosted: Platform, mode: str = "subscription", **more: Any) -> tuple[str, str]:
    """A session's id and the path of its page."""
    given: dict[str, Any] = {"mode": mode, "success_url": THANKS, "cancel_url": "http://testserver/tiers/", **more}
    if mode == "subscription":
        given["line_items"] = [{"price": hosted.price(499).id, "quantity": 1}]
    elif mode == "payment":
        data = {"currency": "eur", "unit_amount": 1500, "product_data": {"name": "Print"}}
        given["line_items"] = [{"price_data": data, "quantity": 1}]
    session = hosted.api.v1.checkout.sessions.create(given)
    assert session.url is not None
    return session.id, session.url.removeprefix(hosted.sandbox.site_url)


def test_a_fan_pays_and_returns(client: Client, hosted: Platform) -> None:
    session, page = begin(hosted, client_reference_id="7")
    shown = client.get(page)
    text = shown.content.decode()
    assert shown.status_code == 200
    assert "Sandbox: no real money moves here." in text and "Gold" in text and "$4.99" in text and "each month" in text
    paid = client.post(page, CARD)
    assert (paid.status_code, paid["Location"]) == (302, f"http://testserver/thanks/?session={session}")
    done = hosted.api.v1.checkout.sessions.retrieve(session)
    assert (done.status, done.payment_status) == ("complete", "paid")
    assert hosted.subscription(str(done.subscription)).status == "active"


def test_pressing_pay_twice_charges_once(client: Client, hosted: Platform) -> None:
    _, page = begin(hosted)
    client.post(page, CARD)
    again = client.post(page, CARD)
    assert again.status_code == 410 and "This has been paid" in again.content.decode()
    assert len(hosted.api.v1.charges.list().data) == 1


@pytest.mark.parametrize(("mode", "words"), [("payment", "€15.00"), ("setup", "Save your card")])
def test_payments_and_saved_cards(client: Client, hosted: Platform, mode: str, words: str) -> None:
    session, page = begin(hosted, mode, **({"currency": "usd"} if mode == "setup" else {}))
    assert words in client.get(page).content.decode()
    assert client.post(page, CARD).status_code == 302
    assert hosted.api.v1.checkout.sessions.retrieve(session).status == "complete"


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("4000 0000 0000 0002", "Your card was declined."),
        ("4000 0000 0000 9995", "insufficient funds"),
        ("4000 0000 0000 0341", "Your card was declined."),
        ("4242 4242 4242 4241", "Your card number is incorrect."),
        ("hello", "Your card number is incorrect."),
        ("4539 5787 6362 1486", "not a test card"),
    ],
)
def test_a_card_that_does_not_work_says_so_beside_the_field(
    client: Client, hosted: Platform, card: str, words: str
) -> None:
    session, page = begin(hosted)
    answer = client.post(page, {**CARD, "card": card})
    assert answer.status_code == 422 and words in answer.content.decode()
    assert hosted.api.v1.checkout.sessions.retrieve(session).status == "open"
    assert client.post(page, CARD).status_code == 302


@pytest.mark.parametrize(
    ("field", "value"), [("email", "nobody"), ("email", ""), ("expiry", "13/34"), ("expiry", "soon"), ("cvc", "12345")]
)
def test_bad_input_is_refused(client: Client, hosted: Platform, field: str, value: str) -> None:
    _, page = begin(hosted)
    assert client.post(page, {**CARD, field: value}).status_code == 422
    assert hosted.api.v1.charges.list().data == []


def test_a_disputed_card_pays_first(client: Client, hosted: Platform) -> None:
    _, page = begin(hosted)
    assert client.post(page, {**CARD, "card": "4000000000000259"}).status_code == 302
    assert len(hosted.api.v1.disputes.list().data) == 1


def test_a_promotion_code(client: Client, hosted: Platform) -> None:
    coupon = hosted.api.v1.coupons.create({"percent_off": 20})
    hosted.api.v1.promotion_codes.create({"code": "MAY", "promotion": {"type": "coupon", "coupon": coupon.id}})
    _, page = begin(hosted, allow_promotion_codes=True)
    refused = client.post(page, {"code": "JUNE"})
    assert refused.status_code == 422 and "This code is invalid." in refused.content.decode()
    assert client.post(page, {"code": "may"}).status_code == 302
    assert "$3.99" in client.get(page).content.decode()
    _, plain = begin(hosted)
    assert "promotion code" not in client.get(plain).content.decode()


def test_a_trial_is_told(client: Client, hosted: Platform) -> None:
    _, page = begin(hosted, subscription_data={"trial_period_days": 14})
    text = client.get(page).content.decode()
    assert "The first 14 days are free." in text and "$0.00" in text
    assert client.post(page, CARD).status_code == 302


def test_a_free_trial_without_a_card(client: Client, hosted: Platform) -> None:
    _, page = begin(hosted, subscription_data={"trial_period_days": 14}, payment_method_collection="if_required")
    assert "Card number" not in client.get(page).content.decode()
    assert client.post(page, {"email": "fan@example.com"}).status_code == 302


def test_an_expired_page(client: Client, hosted: Platform) -> None:
    session, page = begin(hosted)
    hosted.api.v1.checkout.sessions.expire(session)
    assert client.get(page).status_code == 410
    assert client.post(page, CARD).status_code == 410


def test_unknown_sessions_and_wrong_methods(client: Client, hosted: Platform) -> None:
    assert client.get("/sandbox/checkout/cs_test_nobody/").status_code == 404
    _, page = begin(hosted)
    assert client.put(page).status_code == 405
