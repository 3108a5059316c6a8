"""Events on their way: signed, in order, tried again; and everything that may go wrong with them."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import stripe

from portal.sandbox.engine import Sandbox
from portal.sandbox.tests.people import Platform


class Answer:
    def __init__(self, status: int, content: bytes = b"") -> None:
        self.status_code = status
        self.content = content


class Endpoint:
    """Our side of the webhook, which notes what arrives."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes, dict[str, str]]] = []
        self.status: Callable[[str], int] = lambda type_: 200

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        self.got.append((url, body, headers))
        return Answer(self.status(json.loads(body)["type"]), b"no")

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body, _ in self.got]


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


def test_snapshot_and_thin_events_reach_their_own_endpoints(platform: Platform, endpoint: Endpoint, api: Any) -> None:
    platform.charge()
    account = platform.account()
    sent = platform.sandbox.deliver_all(endpoint)
    assert len(sent) == len(endpoint.got) and {one.status for one in sent} == {200}
    by_url = {url for url, _, _ in endpoint.got}
    assert by_url == {"http://testserver/stripe/events/", "http://testserver/stripe/thin-events/"}
    for url, body, headers in endpoint.got:
        if url.endswith("/stripe/events/"):
            event = api.construct_event(body, headers["Stripe-Signature"], "whsec_sandbox_snapshot")
            assert event.id and not event.livemode
            with pytest.raises(stripe.SignatureVerificationError):
                api.construct_event(body, headers["Stripe-Signature"], "whsec_other")
        else:
            note = api.parse_event_notification(body, headers["Stripe-Signature"], "whsec_sandbox_thin")
            assert note.type == json.loads(body)["type"]
            assert note.fetch_event().id == note.id
            if note.type.endswith("capability_status_updated"):
                assert note.fetch_event().data.updated_capability == "stripe_balance.stripe_transfers"
                assert note.fetch_related_object().id == account
    assert platform.sandbox.deliver_all(endpoint) == []


def test_a_refused_event_is_tried_again_with_growing_pauses(sandbox: Sandbox, platform: Platform) -> None:
    endpoint, now = Endpoint(), sandbox.clock()
    endpoint.status = lambda type_: 500
    platform.customer(card="")
    waits = []
    for _ in range(20):
        if not sandbox.deliver_due(endpoint):
            rows = sandbox.store.rows("SELECT due_at FROM deliveries WHERE state = 'pending'")
            if not rows:
                break
            waits.append(rows[0]["due_at"] - int(now.timestamp()))
            now += timedelta(seconds=waits[-1])
            sandbox.clock = partial(lambda moment: moment, now)
    assert waits == [10, 60, 300, 1800, 7200, 18000, 43200, 86400]
    (row,) = sandbox.store.rows("SELECT * FROM deliveries")
    assert (row["state"], row["attempts"], row["answer"]) == ("failed", 9, "500 no")
    endpoint.status = lambda type_: 200
    sandbox.resend(row["event"])
    assert [one.status for one in sandbox.deliver_due(endpoint)] == [200]


def test_an_endpoint_that_is_away(sandbox: Sandbox, platform: Platform) -> None:
    def away(url: str, body: bytes, headers: dict[str, str]) -> Any:
        raise ConnectionRefusedError("nobody home")

    platform.customer(card="")
    assert [one.status for one in sandbox.deliver_all(away)] == [0]
    assert sandbox.pending() == 1


def test_each_event_is_sent_once_a_call_although_handlers_cause_more(sandbox: Sandbox, platform: Platform) -> None:
    """A handler that asks the provider for more causes more events; they go out in the same round."""
    endpoint = Endpoint()

    def handler(url: str, body: bytes, headers: dict[str, str]) -> Any:
        if json.loads(body)["type"] == "customer.created":
            platform.api.v1.products.create({"name": "Welcome"})
        return endpoint(url, body, headers)

    platform.customer(card="")
    sandbox.deliver_all(handler)
    assert endpoint.types == ["customer.created", "product.created"]


def test_duplicates_delays_and_order(sandbox: Sandbox, platform: Platform, endpoint: Endpoint) -> None:
    sandbox.faults.add("duplicate", path="product.created")
    sandbox.faults.add("delay", path="price.created", seconds=600)
    sandbox.faults.add("reorder", path="customer.created")
    platform.price()
    platform.customer(card="")
    sandbox.deliver_due(endpoint)
    assert endpoint.types == ["customer.created", "product.created", "product.created"]
    sandbox.deliver_all(endpoint)
    assert endpoint.types[-1] == "price.created"

    platform.price()
    sandbox.reorder()
    sandbox.deliver_all(endpoint)
    assert endpoint.types[-2:] == ["price.created", "product.created"]
    (event,) = platform.api.v1.events.list({"type": "customer.created"}).data
    sandbox.duplicate(event.id)
    sandbox.deliver_all(endpoint)
    assert endpoint.types.count("customer.created") == 2


def test_endpoints_made_by_request_get_what_they_asked_for(sandbox: Sandbox, platform: Platform) -> None:
    endpoint = Endpoint()
    hook = platform.api.v1.webhook_endpoints.create(
        {"url": "https://elsewhere.example/hook", "enabled_events": ["customer.created"]}
    )
    assert hook.secret and platform.api.v1.webhook_endpoints.retrieve(hook.id).secret is None
    platform.price()
    platform.customer(card="")
    sandbox.deliver_all(endpoint)
    got = [(url, json.loads(body)["type"]) for url, body, _ in endpoint.got if "elsewhere" in url]
    assert got == [("https://elsewhere.example/hook", "customer.created")]
    body, headers = next((body, headers) for url, body, headers in endpoint.got if "elsewhere" in url)
    platform.api.construct_event(body, headers["Stripe-Signature"], hook.secret)
    platform.api.v1.webhook_endpoints.delete(hook.id)


def test_a_call_that_is_taken_back_sends_nothing(sandbox: Sandbox, platform: Platform, endpoint: Endpoint) -> None:
    woken: list[int] = []
    customer = platform.customer(card="pm_card_chargeCustomerFail")
    price = platform.price()
    sandbox.deliver_all(endpoint)
    before = list(endpoint.types)
    sandbox.notify = lambda: woken.append(1)
    with pytest.raises(stripe.CardError):
        platform.subscribe(customer.id, price.id, payment_behavior="error_if_incomplete")
    assert sandbox.deliver_all(endpoint) == [] and endpoint.types == before and woken == []
    platform.customer(card="")
    assert woken == [1]
