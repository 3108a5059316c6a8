"""POST /api/v1/orders: signed, counted whole or not at all, and harmless to send again."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from portal.ledger.queries import books
from shop.actions.catalog import make_signing_key, open_brand
from shop.models import Brand, Click, Commission, Delivery, Order, OrderReturn
from shop.signing import sign
from shop.tests.conftest import Fill

PATH = "/api/v1/orders"
Send = Callable[..., HttpResponse]


@pytest.fixture
def send(client: Client, juniper: Brand, noon: datetime) -> Send:
    """`send(event, …)` signs a batch with Juniper's key; `body=`, `header=` and `at=` put something else in its place."""
    key, secret = make_signing_key(brand=juniper, by=None, now=noon - timedelta(days=1))

    def post(*events: dict[str, Any], body: bytes | None = None, header: str | None = None) -> Any:
        raw = body if body is not None else json.dumps({"events": events}).encode()
        signature = sign(raw, key_id=key.key_id, secret=secret, at=noon) if header is None else header
        with time_machine.travel(noon, tick=False):
            return client.post(PATH, raw, content_type="application/json", headers={"Portal-Signature": signature})

    return post


def order(click: Click | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "type": "order",
        "id": "A1",
        "currency": "usd",
        "placed_at": "2026-05-15T12:00:00Z",
        "buyer_region": "US",
        "click": click.token if click else "",
        "lines": [{"id": "1", "sku": "lamp", "quantity": 1, "paid_minor": 4000}],
    } | changes


RETURN = {
    "type": "return",
    "id": "R1",
    "order": "A1",
    "line": "1",
    "quantity": 1,
    "returned_at": "2026-05-15T12:00:00Z",
}
DELIVERY = {"type": "delivery", "order": "A1", "delivered_at": "2026-05-15T12:00:00Z"}


def problem(answer: HttpResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return json.loads(answer.content)


def test_order_earns_a_commission(send: Send, click: Click, fill: Fill) -> None:
    fill(10_000)
    answer = send(order(click))
    assert answer.status_code == 200, answer.content
    (result,) = json.loads(answer.content)["results"]
    assert (result["id"], result["state"]) == ("A1", "recorded")
    assert result["lines"] == [
        {
            "id": "1",
            "reason": "credited",
            "sentence": "A click led to it.",
            "commission_minor": 400,
            "state": "pending",
        }
    ]
    assert books()["creator:mika:pending:usd"] == -400


def test_batch_with_everything_in_it(send: Send, click: Click, fill: Fill) -> None:
    fill(10_000)
    results = json.loads(send(RETURN, order(click), DELIVERY).content)["results"]
    assert [(result["type"], result["state"]) for result in results] == [
        ("return", "waiting"),
        ("order", "recorded"),
        ("delivery", "recorded"),
    ]
    assert books() == {"brand:juniper:prepaid:usd": -10_000, "stripe:usd": 10_000}


def test_same_batch_again_changes_nothing(send: Send, click: Click, fill: Fill) -> None:
    fill(10_000)
    send(order(click), DELIVERY)
    before = books()
    again = json.loads(send(order(click), DELIVERY).content)["results"]
    assert again[0]["state"] == "known"
    assert books() == before
    assert (Order.objects.count(), Delivery.objects.count(), Commission.objects.count()) == (1, 1, 1)


def test_same_number_with_other_content_is_a_conflict(send: Send, click: Click) -> None:
    send(order(click))
    told = problem(send(order(click, currency="eur")), 409)
    assert told["code"] == "order_changed"
    assert "events[0]" in told["title"]


def test_one_bad_event_refuses_the_whole_batch(send: Send, click: Click) -> None:
    told = problem(send(order(click), order(id="A2", placed_at="2026-05-16T12:00:00Z")), 422)
    assert told["title"].startswith("events[1]: A2 is dated later")
    assert Order.objects.count() == 0
    assert send(order(click), order(id="A2")).status_code == 200


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "not_signed"),
        ("key=x,t=1,v1=00", "signature_too_old"),
        ("key=x,t=1778846400,v1=00", "signature_wrong"),
    ],
)
def test_unsigned_reports_are_refused(send: Send, header: str, code: str) -> None:
    assert problem(send(order(), header=header), 401)["code"] == code
    assert Order.objects.count() == 0


def test_key_of_one_brand_reports_for_that_brand(send: Send, client: Client, juniper: Brand, noon: datetime) -> None:
    other = open_brand(name="Other", slug="other", currency="usd", members=[], now=noon)
    key, secret = make_signing_key(brand=other, by=None, now=noon)
    body = json.dumps({"events": [order()]}).encode()
    send(body=body, header=sign(body, key_id=key.key_id, secret=secret, at=noon))
    assert Order.objects.get().brand == other


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 10_000, b"NULL"])
def test_no_json_is_told_so(send: Send, body: bytes) -> None:
    problem(send(body=body), 400)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "refund"},
        order(lines=[]),
        order(currency="dollars"),
        order(currency="USD"),
        order(id=""),
        order(id="x" * 65),
        order(id="A\n1"),
        order(lines=[{"id": "1", "sku": "la\0mp", "quantity": 1, "paid_minor": 1}]),
        order(lines=[{"id": "1", "sku": "x" * 41, "quantity": 1, "paid_minor": 1}]),
        {**order(), "click": "\0"},
        order(placed_at="yesterday"),
        order(placed_at="2026-05-15T12:00:00"),
        order(buyer_region="usa"),
        order(buyer_email_sha256="mika@example.com"),
        {**order(), "click": "x" * 25},
        order(extra=1),
        order(lines=[{"id": "1", "sku": "lamp", "quantity": 0, "paid_minor": 1}]),
        order(lines=[{"id": "1", "sku": "lamp", "quantity": 1, "paid_minor": -1}]),
        order(lines=[{"id": "1", "sku": "lamp", "quantity": 1, "paid_minor": 40.5}]),
        order(lines=[{"id": "1", "sku": "lamp", "quantity": True, "paid_minor": 1}]),
        order(lines=[{"id": "1", "sku": "lamp", "quantity": 1, "paid_minor": "4000"}]),
        order(lines=[{"id": "1", "sku": "lamp", "quantity": 1}]),
        order(lines=[{"id": "1", "sku": "lamp", "quantity": 1, "paid_minor": 10**13}]),
        {**RETURN, "quantity": -1},
        {**RETURN, "order": None},
        {**DELIVERY, "delivered_at": 5},
        {**DELIVERY, "delivered_at": "tomorrow"},
    ],
)
def test_wrong_shape_names_the_place(send: Send, event: dict[str, Any]) -> None:
    told = problem(send(event), 422)
    assert told["errors"]
    assert Order.objects.count() == OrderReturn.objects.count() == Delivery.objects.count() == 0


def test_values_that_only_we_can_judge_are_refused(send: Send) -> None:
    assert problem(send(order(currency="zzz")), 422)["code"] == "unknown_currency"
    twice = [{"id": "1", "sku": "lamp", "quantity": 1, "paid_minor": 1}] * 2
    assert problem(send(order(lines=twice)), 422)["code"] == "line_twice"
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1999-12-31T23:59:59Z"):
        problem(send(order(placed_at=moment)), 422)
        problem(send({**RETURN, "returned_at": moment}), 422)
        problem(send({**DELIVERY, "delivered_at": moment}), 422)
    problem(send(body=b""), 422)
    send(order())
    problem(send(order(placed_at="9999-12-31T23:59:59-14:00")), 409)
    assert problem(send({**RETURN, "line": "9"}), 422)["code"] == "unknown_line"


def test_too_large_a_report_is_refused_before_it_is_read(send: Send) -> None:
    assert problem(send(body=b" " * (2 * 1024 * 1024 + 1)), 413)["code"] == "batch_too_large"
    problem(send(*[order(id=f"A{number}") for number in range(501)]), 422)


def test_reading_is_not_possible(client: Client, db: None) -> None:
    assert client.get(PATH).status_code == 405
