"""The provider's doors: POST /stripe/events/ and /stripe/thin-events/."""

import json
import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.payments import gateway
from portal.payments.models import StripeEvent

pytestmark = pytest.mark.django_db
SNAPSHOT, THIN = "/stripe/events/", "/stripe/thin-events/"


def test_the_doors_have_their_addresses() -> None:
    assert (reverse("stripe_event"), reverse("stripe_thin_event")) == (SNAPSHOT, THIN)


def event(**changes: Any) -> dict[str, Any]:
    values = {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.paid",
        "api_version": "2026-10-28.endive",
        "created": 1_770_000_000,
        "livemode": False,
        "data": {"object": {"id": "in_1", "object": "invoice"}},
    }
    return values | changes


def thin_event(**changes: Any) -> dict[str, Any]:
    values = {
        "id": "evt_test_1",
        "object": "v2.core.event",
        "type": "v2.core.account[requirements].updated",
        "created": "2026-05-15T12:00:00.000Z",
        "livemode": False,
        "related_object": {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/acct_1"},
    }
    return values | changes


def send(client: Client, payload: Any, *, path: str = SNAPSHOT, secret: str = "", at: int | None = None) -> Any:
    body = payload if isinstance(payload, str) else json.dumps(payload)
    secret = secret or {SNAPSHOT: "whsec_sandbox_snapshot", THIN: "whsec_sandbox_thin"}[path]
    signature = gateway.stripe.WebhookSignature.generate_signature_header(body, secret, at)
    return client.post(path, body, content_type="application/json", headers={"Stripe-Signature": signature})


def test_an_event_is_stored_and_answered(client: Client) -> None:
    answer = send(client, event(account="acct_9"))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    kept = StripeEvent.objects.get()
    assert (kept.event_id, kept.kind, kept.account, kept.object_type, kept.object_id) == (
        "evt_1", "invoice.paid", "acct_9", "invoice", "in_1",
    )  # fmt: skip
    assert kept.handled_at is None and kept.attempts == 0 and not kept.is_thin
    assert kept.happened_at.timestamp() == 1_770_000_000


def test_a_thin_event_is_stored_at_its_own_door(client: Client) -> None:
    assert send(client, thin_event(), path=THIN).status_code == 200
    kept = StripeEvent.objects.get()
    assert (kept.is_thin, kept.object_type, kept.object_id) == (True, "v2.core.account", "acct_1")
    assert kept.happened_at.isoformat() == "2026-05-15T12:00:00+00:00"


def test_a_repeated_event_is_stored_once(client: Client) -> None:
    for _ in range(3):
        assert send(client, event()).status_code == 200
    assert StripeEvent.objects.count() == 1


def test_a_repeat_with_other_content_changes_nothing(client: Client) -> None:
    send(client, event())
    assert send(client, event(type="invoice.voided")).status_code == 200
    assert StripeEvent.objects.get().kind == "invoice.paid"


def test_a_worker_is_woken_after_the_row_is_there(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[tuple[str, int]] = []

    def wake(name: str, *, event_id: str) -> None:
        woken.append((f"{name} {event_id}", StripeEvent.objects.filter(event_id=event_id).count()))

    monkeypatch.setattr("portal.payments.views.enqueue", wake)
    send(client, event())
    assert woken == [("payments.handle_event evt_1", 1)]


@pytest.mark.parametrize(
    ("what", "payload", "options"),
    [
        ("another secret", event(), {"secret": "whsec_other"}),
        ("the secret of the other door", event(), {"secret": "whsec_sandbox_thin"}),
        ("an old signature", event(), {"at": int(time.time()) - 301}),
        ("a thin event at the snapshot door", thin_event(), {}),
        ("a snapshot event at the thin door", event(), {"path": THIN}),
        ("live mode", event(livemode=True), {}),
        ("no id", event(id=None), {}),
        ("no type", event(type=""), {}),
        ("a list", [1, 2], {}),
        ("no JSON", "{not json", {}),
        ("an envelope of somebody else", {"detail": event()}, {}),
    ],
)
def test_what_is_refused(client: Client, what: str, payload: Any, options: dict[str, Any]) -> None:
    answer = send(client, payload, **options)
    assert answer.status_code == 400, what
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert not StripeEvent.objects.exists()


def test_a_body_changed_on_the_way_is_refused(client: Client) -> None:
    body = json.dumps(event())
    signature = gateway.stripe.WebhookSignature.generate_signature_header(body, "whsec_sandbox_snapshot")
    for headers in ({"Stripe-Signature": signature}, {"Stripe-Signature": "t=,v1="}, {"Stripe-Signature": "?"}, {}):
        answer = client.post(SNAPSHOT, body + " ", content_type="application/json", headers=headers)
        assert answer.status_code == 400
    assert not StripeEvent.objects.exists()


def test_bytes_that_are_no_text_are_refused(client: Client) -> None:
    answer = client.post(
        SNAPSHOT, b"\xff\xfe", content_type="application/json", headers={"Stripe-Signature": "t=1,v1=a"}
    )
    assert answer.status_code == 400


def test_a_huge_body_is_refused(client: Client) -> None:
    assert send(client, event(padding="x" * 600_000)).status_code == 413
    assert not StripeEvent.objects.exists()


def test_without_a_secret_the_door_is_off(client: Client, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert send(client, event()).status_code == 404
    assert send(client, thin_event(), path=THIN).status_code == 200


def test_only_post(client: Client) -> None:
    assert client.get(SNAPSHOT).status_code == 405
    assert client.get(THIN).status_code == 405
