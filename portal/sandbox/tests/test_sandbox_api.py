"""The same scenarios over real HTTP: the SDK, a socket, Django, the engine."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import stripe
from django.test import Client

from portal.sandbox.engine import Sandbox
from portal.sandbox.tests import test_billing_scenarios, test_checkout, test_connect, test_payments, test_requests
from portal.sandbox.tests.people import Platform, types_of_events

SCENARIOS: list[Callable[..., None]] = [
    test_checkout.test_a_subscription_makes_customer_card_and_invoice,
    test_payments.test_refunds_in_part_then_the_rest_then_no_more,
    test_billing_scenarios.test_declined_and_3d_secure_cards,
    test_connect.test_onboarding_opens_transfers,
    test_connect.test_transfers_are_found_by_group_and_page_by_page,
    test_connect.test_payouts_leave_at_midnight_and_arrive_two_days_later,
    test_requests.test_the_same_key_gives_the_same_answer,
    test_requests.test_lists_have_pages_in_both_directions,
]


def over_http(address: str) -> Any:
    base: Any = {"api": f"{address}/sandbox/api"}
    return stripe.StripeClient(
        "sk_test_sandbox", base_addresses=base, http_client=stripe.RequestsClient(), max_network_retries=0
    )


def fresh(sandbox: Sandbox) -> None:
    with sandbox.unit():
        for (table,) in sandbox.store.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'"
        ):
            sandbox.store.execute(f"DELETE FROM {table}")


def test_the_scenarios_over_http(live_server: Any, box: Sandbox) -> None:
    platform = Platform(over_http(live_server.url), box)

    for scenario in SCENARIOS:
        fresh(box)
        wanted = scenario.__code__.co_varnames[: scenario.__code__.co_argcount]
        given = {"platform": platform, "event_types": partial(types_of_events, box)}
        scenario(**{name: given[name] for name in wanted})


def test_a_lost_answer_over_http_is_not_done_twice(live_server: Any, box: Sandbox) -> None:
    api = over_http(live_server.url)
    box.faults.add("timeout_after_commit", method="POST", path="/v1/customers")
    key: Any = {"idempotency_key": "k"}
    with pytest.raises(stripe.APIError):
        api.v1.customers.create({"email": "a@b.c"}, key)
    again = api.v1.customers.create({"email": "a@b.c"}, key)
    assert [row.id for row in api.v1.customers.list().data] == [again.id]


def test_without_a_key(client: Client, db: None, box: Sandbox) -> None:
    answer = client.get("/sandbox/api/v1/customers")
    assert answer.status_code == 401 and answer["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["put", "patch", "options"])
def test_other_methods(client: Client, db: None, box: Sandbox, method: str) -> None:
    answer = getattr(client, method)("/sandbox/api/v1/customers", headers={"authorization": "Bearer sk_test_x"})
    assert answer.status_code == 404
