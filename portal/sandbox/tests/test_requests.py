"""How a request is answered: keys, routes, parameters, pages, expanding, idempotency."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from portal.sandbox.engine import Sandbox
from portal.sandbox.store import Store
from portal.sandbox.tests.people import Platform
from portal.sandbox.transport import SandboxHTTPClient

KEY = {"authorization": "Bearer sk_test_x"}


# ---- who asks, and for what -----------------------------------------------------------
@pytest.mark.parametrize("key", ["", "Bearer sk_live_x", "Bearer nothing", "Basic sk_test_x"])
def test_only_test_keys_open(sandbox: Sandbox, key: str) -> None:
    status, answer, _ = sandbox.handle("GET", "/v1/customers", {"authorization": key})
    assert status == 401 and "Invalid API Key" in answer["error"]["message"]


def test_what_is_not_simulated_says_so(sandbox: Sandbox, api: Any) -> None:
    for call in (
        lambda: api.v1.payment_links.create({"line_items": [{"quantity": 1}]}),
        lambda: api.v1.issuing.cards.list(),
        lambda: api.v1.customers.create({"email": "a@b.c", "validate": True}),
        lambda: api.v1.products.list({"shippable": False, "ids": ["prod_1"]}),
        lambda: api.v1.topups.cancel("tu_1"),
    ):
        with pytest.raises(stripe.StripeError) as refused:
            call()
        assert refused.value.http_status == 501 and "does not simulate" in str(refused.value)
    assert sandbox.handle("GET", "/v1/customers", {**KEY, "stripe-version": "2020-08-27"})[0] == 501


def test_no_answer_but_200_4xx_501_for_any_route(sandbox: Sandbox) -> None:
    """Whatever is asked, nothing crashes and nothing is invented: every route of the SDK, without parameters."""
    from portal.sandbox import wire

    for method, template in wire.routes():
        path = template
        while "{" in path:
            path = path[: path.index("{")] + "x_1" + path[path.index("}") + 1 :]
        status, answer, _ = sandbox.handle(method, path, KEY, "{}" if path.startswith("/v2") else "")
        assert status in (200, 400, 404, 501), (method, path, status, answer)
        if status == 200:
            # Lists, balances and creations that need nothing.
            assert method == "GET" or answer["object"] in ("account", "customer", "setup_intent"), path


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v1/customers", "colour=red", "parameter_unknown"),
        ("/v1/prices", "unit_amount=5", "parameter_missing"),
        ("/v1/customers", "metadata=5", None),
        ("/v1/customers", "email=1&email[x]=2", None),
        ("/v1/customers", "[]=2", None),
        ("/v1/refunds", "charge=ch_1&amount=ten", "parameter_invalid"),
    ],
)
def test_malformed_parameters(sandbox: Sandbox, path: str, body: str, code: str | None) -> None:
    status, answer, _ = sandbox.handle("POST", path, KEY, body)
    assert status in (200, 400)
    if code:
        assert (status, answer["error"]["code"]) == (400, code)


def test_unknown_urls_and_objects(sandbox: Sandbox, api: Any) -> None:
    assert sandbox.handle("GET", "/v1/nowhere", KEY)[0] == 404
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.customers.retrieve("cus_nobody")
    assert (refused.value.code, refused.value.http_status) == ("resource_missing", 404)
    assert sandbox.handle("POST", "/v2/core/accounts", KEY, "not json")[0] == 400


# ---- reading ----------------------------------------------------------------------------
def test_lists_have_pages_in_both_directions(platform: Platform) -> None:
    made = [platform.customer(card="", email=f"{n}@example.com").id for n in range(7)]
    api = platform.api.v1.customers
    assert [row.id for row in api.list({"limit": 3}).auto_paging_iter()] == made[::-1]
    first = api.list({"limit": 3})
    assert first.has_more and [row.id for row in first.data] == made[:3:-1]
    assert [row.id for row in api.list({"limit": 2, "ending_before": made[2]}).data] == [made[4], made[3]]
    assert [row.id for row in api.list({"email": "5@example.com"}).data] == [made[5]]
    assert [row.id for row in api.search({"query": "email:'5@example.com'"}).data] == [made[5]]
    with pytest.raises(stripe.InvalidRequestError):
        api.list({"limit": 101})
    with pytest.raises(stripe.InvalidRequestError):
        api.list({"starting_after": "cus_nobody"})


def test_lists_by_time(platform: Platform) -> None:
    early = platform.customer(card="").id
    moment = int(platform.later(days=1).timestamp())
    late = platform.customer(card="").id
    assert [row.id for row in platform.api.v1.customers.list({"created": {"gte": moment}}).data] == [late]
    assert [row.id for row in platform.api.v1.customers.list({"created": {"lt": moment}}).data] == [early]


def test_expanding(platform: Platform) -> None:
    platform.subscribe(platform.customer().id, platform.price().id)
    (row,) = platform.api.v1.subscriptions.list({"expand": ["data.latest_invoice.payments", "data.customer"]}).data
    assert row.customer.email == "sam@example.com" and row.latest_invoice.payments.data
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        platform.api.v1.customers.retrieve(row.customer.id, {"expand": ["happiness"]})
    deep = "payments.data.payment.payment_intent.latest_charge"
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        platform.api.v1.invoices.retrieve(row.latest_invoice.id, {"expand": [deep]})


def test_changes_are_told_with_what_was_before(platform: Platform) -> None:
    customer = platform.customer(card="", metadata={"a": "1", "b": "2"})
    platform.api.v1.customers.update(customer.id, {"name": "Sam", "metadata": {"a": "", "c": "3"}})
    assert platform.api.v1.customers.retrieve(customer.id).metadata.to_dict() == {"b": "2", "c": "3"}
    (event,) = platform.api.v1.events.list({"type": "customer.updated"}).data
    assert event.data.previous_attributes["name"] is None
    assert event.request.id


# ---- idempotency --------------------------------------------------------------------------
def test_the_same_key_gives_the_same_answer(platform: Platform) -> None:
    given: Any = {"email": "a@b.c"}
    one = platform.api.v1.customers.create(given, {"idempotency_key": "k"})
    two = platform.api.v1.customers.create(given, {"idempotency_key": "k"})
    assert one.id == two.id and len(platform.api.v1.customers.list().data) == 1
    assert two.last_response.headers["idempotent-replayed"] == "true"


def test_a_key_belongs_to_its_parameters_and_its_account(platform: Platform) -> None:
    platform.api.v1.customers.create({"email": "a@b.c"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        platform.api.v1.customers.create({"email": "other@b.c"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        platform.api.v1.products.create({"name": "a"}, {"idempotency_key": "k"})


def test_errors_are_remembered_refused_requests_not(platform: Platform) -> None:
    account = platform.account()
    given: Any = {"amount": 500, "currency": "usd", "destination": account}
    key: Any = {"idempotency_key": "payout-1"}
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            platform.api.v1.transfers.create(given, key)
        assert refused.value.code == "balance_insufficient"
        # Money that came later does not help the old key: the caller must take a new one.
        platform.sandbox.top_up(1000)
    assert platform.api.v1.transfers.create(given, {"idempotency_key": "payout-1-again"}).amount == 500
    with pytest.raises(stripe.InvalidRequestError):
        platform.api.v1.products.create({"colour": "red"}, {"idempotency_key": "p"})
    assert platform.api.v1.products.create({"name": "Gold"}, {"idempotency_key": "p"}).name == "Gold"


def test_keys_are_forgotten_after_a_day(platform: Platform) -> None:
    key: Any = {"idempotency_key": "k"}
    one = platform.api.v1.customers.create({"email": "a@b.c"}, key)
    platform.later(hours=23)
    assert platform.api.v1.customers.create({"email": "a@b.c"}, key).id == one.id
    platform.later(hours=2)
    assert platform.api.v1.customers.create({"email": "a@b.c"}, key).id != one.id
    assert platform.api.v1.customers.create({"email": "a@b.c"}, key).id != one.id


# ---- the store ------------------------------------------------------------------------------
def test_a_file_is_shared_and_survives(tmp_path: Any) -> None:
    clock = lambda: datetime(2026, 1, 1, tzinfo=UTC)
    one, two = (Sandbox(str(tmp_path / "s.sqlite3"), clock) for _ in range(2))
    first = stripe.StripeClient("sk_test_x", http_client=SandboxHTTPClient(one))
    second = stripe.StripeClient("sk_test_x", http_client=SandboxHTTPClient(two))
    made = first.v1.customers.create({"email": "a@b.c"})
    assert second.v1.customers.retrieve(made.id).email == "a@b.c"
    second.v1.customers.update(made.id, {"name": "Sam"})
    assert first.v1.customers.retrieve(made.id).name == "Sam"
    one.advance_to(clock() + timedelta(days=3))
    assert two.today() == clock() + timedelta(days=3)
    one.store.close()
    assert Sandbox(str(tmp_path / "s.sqlite3"), clock).find(made.id)


def test_an_error_in_the_middle_leaves_nothing(sandbox: Sandbox) -> None:
    class Crash(Exception):
        pass

    def make() -> None:
        with sandbox.unit():
            sandbox.put("customer", email="a@b.c")
            raise Crash

    with pytest.raises(Crash):
        make()
    assert sandbox.store.rows("SELECT * FROM objects") == []
    assert Store().rows("SELECT * FROM objects") == []
