"""What the provider answers is sorted: a certain no, or nobody knows yet."""

from typing import Any

import pytest
from django.db import transaction

from portal.payments import gateway
from portal.payments.gateway import stripe
from portal.sandbox.engine import Sandbox

TRANSFER: Any = {"amount": 100, "currency": "usd", "destination": "acct_missing"}


def answer(kind: type[stripe.StripeError], status: int | None, *, json: bool = True, **extra: Any) -> Exception:
    return kind("no", http_status=status, json_body={"error": {"code": "x"}} if json else None, **extra)


@pytest.mark.parametrize(
    ("error", "sorted_as"),
    [
        (answer(stripe.InvalidRequestError, 400, param="amount"), gateway.CertainRefusal),
        (answer(stripe.InvalidRequestError, 404, param="destination"), gateway.CertainRefusal),
        (answer(stripe.CardError, 402, param="card", code="card_declined"), gateway.CertainRefusal),
        (answer(stripe.IdempotencyError, 400), gateway.KeyConflict),
        (answer(stripe.IdempotencyError, 409), gateway.Unclear),
        (answer(stripe.RateLimitError, 429), gateway.Unclear),
        (answer(stripe.AuthenticationError, 401), gateway.Unclear),
        (answer(stripe.PermissionError, 403), gateway.Unclear),
        (answer(stripe.APIError, 500), gateway.Unclear),
        (answer(stripe.APIConnectionError, None), gateway.Unclear),
        # A proxy's page with a 404 is not the provider's no.
        (answer(stripe.APIError, 404, json=False), gateway.Unclear),
    ],
)
def test_answers_are_sorted(error: Exception, sorted_as: type[gateway.GatewayError]) -> None:
    with pytest.raises(gateway.GatewayError) as caught, gateway.asking():
        raise error
    assert type(caught.value) is sorted_as


def test_the_sandbox_answers_without_a_key(box: Sandbox) -> None:
    box.top_up(5_000, "usd")
    assert gateway.balance() == {"usd": 5_000}
    assert gateway.client()._requestor.api_key == gateway.SANDBOX_KEY


def test_with_a_key_the_real_provider_is_asked(settings: Any) -> None:
    settings.SANDBOX, settings.STRIPE_SECRET_KEY = False, "sk_test_abc"
    real = gateway.client()
    assert real is gateway.client()
    assert real._requestor._options.base_addresses["api"] == "https://api.stripe.com"
    assert real._requestor._options.max_network_retries == 2
    assert not gateway.is_live()
    settings.STRIPE_SECRET_KEY = "sk_live_abc"
    assert gateway.is_live()


def test_a_lost_answer_is_unclear_and_a_no_is_certain(box: Sandbox) -> None:
    with pytest.raises(gateway.CertainRefusal), gateway.asking():
        gateway.client().v1.transfers.create(TRANSFER)
    box.faults.add("timeout_after_commit", path="/v1/customers")
    with pytest.raises(gateway.Unclear), gateway.asking():
        gateway.client().v1.customers.create({"email": "a@example.com"})


def test_other_parameters_under_a_used_key_are_an_alarm(box: Sandbox) -> None:
    key: Any = {"idempotency_key": "k"}
    gateway.client().v1.customers.create({"email": "a@example.com"}, key)
    with pytest.raises(gateway.KeyConflict), gateway.asking():
        gateway.client().v1.customers.create({"email": "b@example.com"}, key)


@pytest.mark.django_db
def test_nobody_is_asked_within_a_transaction(box: Sandbox) -> None:
    with transaction.atomic(), pytest.raises(gateway.AskedInTransaction), gateway.asking():
        gateway.client().v1.customers.create({"name": "Sam"})
    with gateway.asking():
        assert not gateway.client().v1.customers.list().data
