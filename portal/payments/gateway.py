"""The one door to the payment provider: the client is built here, its answers are sorted here, its signatures checked here.

With a key the client talks to Stripe; without one the same client talks to the local sandbox. Nothing above knows which.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeVar

import stripe
from django.conf import settings
from django.db import transaction
from stripe import StripeClient, StripeObject, Transfer
from stripe.v2.core import Account

__all__ = ["Account", "StripeClient", "StripeObject", "Transfer", "asking", "client"]

T = TypeVar("T")
# Far below the age after which a claimed payout counts as abandoned (see portal.payouts).
CONNECT_SECONDS, READ_SECONDS, NETWORK_RETRIES = 5, 30, 2
SANDBOX_KEY = "sk_test_sandbox_of_this_portal"


class GatewayError(Exception):
    """The provider did not do what was asked. `code` is the provider's word, "" when it gave none; `decline_code` the
    bank's, where a card was refused.
    """

    def __init__(self, message: str, code: str = "", decline_code: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.decline_code = decline_code


class CertainRefusal(GatewayError):
    """A 4xx about this very request: it was not done and never will be. Asking again needs a new request."""


class Unclear(GatewayError):
    """Nobody knows yet (timeout, lost connection, 5xx), or not now (429, keys refused): ask again, with the same key."""


class KeyConflict(Unclear):
    """The idempotency key was used before with other parameters: a bug of ours. What the first one did stands."""


class AskedInTransaction(RuntimeError):
    """A call to the provider inside a transaction: a bug of ours. Reserve, commit, call, record (decision 4)."""


class NotReadYet(Exception):
    """A handler needs an object that was not read before its transaction began; `read()` it outside, then try again."""

    def __init__(self, read: Callable[[], object]) -> None:
        self.read = read


class BadSignature(Exception):
    """The body was not signed with our secret, or too long ago."""


def client() -> StripeClient:
    """The provider's client. Wrap calls in `with asking():` to get `CertainRefusal` or `Unclear` instead of its errors."""
    if settings.SANDBOX:
        # Imported late: the sandbox reads the SDK's types, which a portal with real keys never needs.
        from portal.sandbox.engine import box
        from portal.sandbox.transport import SandboxHTTPClient

        # No retries inside the client: what the sandbox breaks on purpose must reach our own recovery.
        return StripeClient(SANDBOX_KEY, http_client=SandboxHTTPClient(box()), max_network_retries=0)
    return _real_client(settings.STRIPE_SECRET_KEY)


@lru_cache(maxsize=2)
def _real_client(key: str) -> StripeClient:
    transport = stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS))
    return StripeClient(key, http_client=transport, max_network_retries=NETWORK_RETRIES)


def is_in_transaction() -> bool:
    """Whether a transaction is open here; the one a test is wrapped in does not count."""
    return any(not block._from_testcase for block in transaction.get_connection().atomic_blocks)


@contextmanager
def asking() -> Iterator[None]:
    """Sort the provider's errors raised inside the block into `CertainRefusal` and `Unclear`.

    Raises `AskedInTransaction`: rows would stay locked while somebody else's computer thinks.
    """
    if is_in_transaction():
        raise AskedInTransaction
    try:
        yield
    except stripe.IdempotencyError as error:
        # "Still in progress" under the same key comes with 409; only 400 means other parameters.
        kind: type[GatewayError] = KeyConflict if error.http_status == 400 else Unclear
        raise kind(str(error), error.code or "") from error
    except stripe.StripeError as error:
        status = error.http_status or 0
        # An answer that is not the provider's (a proxy's page, say) says nothing about the request.
        garbled = isinstance(error, stripe.APIError | stripe.APIConnectionError)
        about_this_request = not garbled and 400 <= status < 500 and status not in (401, 403, 408, 409, 424, 429)
        kind = CertainRefusal if about_this_request else Unclear
        told = getattr(error.error, "decline_code", None) or ""
        raise kind(error.user_message or str(error), error.code or "", told) from error


def is_live() -> bool:
    """Whether our key moves real money; events of the other kind are not ours."""
    return settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))


def verified(body: bytes, header: str, secret: str) -> dict[str, Any]:
    """The event in `body`, once its signature over the raw bytes holds. Raises `BadSignature`; ValueError if not JSON."""
    try:
        stripe.WebhookSignature.verify_header(body.decode(), header, secret, stripe.Webhook.DEFAULT_TOLERANCE)
    except stripe.SignatureVerificationError as error:
        raise BadSignature(str(error)) from error
    event = json.loads(body)
    if not isinstance(event, dict):
        raise ValueError("An event is a JSON object.")  # noqa: TRY004
    return event


# --- Reading the provider's current objects -----------------------------------------------------------------------
# Events are hints and come late, twice and out of order; the truth is what the provider says now.

_read: ContextVar[dict[tuple[str, ...], Any] | None] = ContextVar("_read", default=None)
# What one look should bring along: an invoice without the fee of its charge cannot be booked.
_EXPAND: Mapping[str, list[str]] = {
    "invoice": ["payments", "discounts"],
    "checkout.session": ["line_items", "payment_intent.latest_charge.balance_transaction"],
    "charge": ["balance_transaction", "refunds"],
    "refund": ["balance_transaction", "failure_balance_transaction"],
    "payment_intent": ["latest_charge.balance_transaction"],
}
ACCOUNT_PARTS = ["configuration.recipient", "defaults", "identity", "requirements"]


def fetch(kind: str, id: str, *, account: str | None = None) -> Any:
    """The provider's current object: kind "invoice", "subscription", … Raises `CertainRefusal` when it does not exist.

    Inside the inbox nothing is asked twice, and nothing within the transaction (`NotReadYet`).
    """
    return _known((kind, id, account or ""), lambda: _look(kind, id, account))


@contextmanager
def remembering() -> Iterator[None]:
    """Inside the block every object is read once, and never within a transaction: there `fetch` raises `NotReadYet`."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def _known(key: tuple[str, ...], look: Callable[[], T]) -> T:
    known = _read.get()
    if known is None:
        with asking():
            return look()
    if key not in known:
        if is_in_transaction():
            raise NotReadYet(lambda: _remember(known, key, look))
        _remember(known, key, look)
    if isinstance(known[key], CertainRefusal):
        raise known[key]
    return known[key]


def _remember(known: dict[tuple[str, ...], Any], key: tuple[str, ...], look: Callable[[], object]) -> None:
    try:
        with asking():
            known[key] = look()
    except CertainRefusal as gone:
        known[key] = gone


def _look(kind: str, id: str, account: str | None) -> Any:
    service: Any = client()
    for step in READABLE[kind].split("."):
        service = getattr(service, step)
    if kind == "v2.core.account":
        return service.retrieve(id, {"include": ACCOUNT_PARTS})
    parameters = {"expand": _EXPAND[kind]} if kind in _EXPAND else {}
    found = service.retrieve(id, parameters, {"stripe_account": account} if account else {})
    if kind == "invoice":
        _add_charges(found, account)
    return found


def _add_charges(invoice: stripe.Invoice, account: str | None) -> None:
    """Put the intents that paid it in, with charge and fee: too deep for one look, which goes four levels down.

    And, once it has been tried in vain, the one that says why.
    """
    for payment in getattr(getattr(invoice, "payments", None), "data", None) or []:
        tells = payment.status == "paid" or (payment.status == "open" and invoice.attempt_count)
        if tells and isinstance(getattr(payment.payment, "payment_intent", None), str):
            payment.payment.payment_intent = _look("payment_intent", payment.payment.payment_intent, account)


# Object type in events → the SDK's service.
READABLE: Mapping[str, str] = {
    "account": "v1.accounts",
    "charge": "v1.charges",
    "checkout.session": "v1.checkout.sessions",
    "customer": "v1.customers",
    "dispute": "v1.disputes",
    "invoice": "v1.invoices",
    "payment_intent": "v1.payment_intents",
    "payment_method": "v1.payment_methods",
    "payout": "v1.payouts",
    "refund": "v1.refunds",
    "subscription": "v1.subscriptions",
    "topup": "v1.topups",
    "transfer": "v1.transfers",
    "v2.core.account": "v2.core.accounts",
}


def fetch_invoice(id: str) -> stripe.Invoice:
    return fetch("invoice", id)


def fetch_subscription(id: str) -> stripe.Subscription:
    return fetch("subscription", id)


def fetch_checkout_session(id: str) -> stripe.checkout.Session:
    return fetch("checkout.session", id)


def fetch_charge(id: str) -> stripe.Charge:
    return fetch("charge", id)


def fetch_dispute(id: str) -> stripe.Dispute:
    return fetch("dispute", id)


def fetch_refund(id: str) -> stripe.Refund:
    return fetch("refund", id)


def fetch_payment_method(id: str) -> stripe.PaymentMethod:
    return fetch("payment_method", id)


def fetch_transfer(id: str) -> stripe.Transfer:
    return fetch("transfer", id)


def fetch_account(id: str) -> Account:
    """A connected account with its recipient configuration and requirements (Accounts v2)."""
    return fetch("v2.core.account", id)


def fetch_bank(id: str) -> str:
    """The id of the bank account that a connected account pays out to, "" if none. Accounts v2 does not show it."""
    accounts = getattr(fetch("account", id), "external_accounts", None)
    banks = accounts.data if accounts else []
    return next((bank.id for bank in banks if getattr(bank, "default_for_currency", True)), "")


def paid_out(payout_id: str, *, account: str) -> list[str]:
    """The payments (ids at the connected account) that one of its own automatic payouts to the bank was made of.

    Money of a payout that the bank had refused goes out again with a later one: that one's payments count too.
    """
    return _known(("paid_out", payout_id, account), lambda: _paid_out(payout_id, account))


def _paid_out(payout_id: str, account: str) -> list[str]:
    found, look_at, seen = [], [payout_id], set()
    while look_at:
        seen.add(current := look_at.pop())
        listed = client().v1.balance_transactions.list({"payout": current, "limit": 100}, {"stripe_account": account})
        for row in listed.auto_paging_iter():
            if row.type == "payment" and row.source:
                found.append(str(row.source))
            elif row.type == "payout_failure" and row.source not in seen:
                look_at.append(str(row.source))
    return found


def transfers() -> Iterator[Transfer]:
    """Every transfer to a connected account, newest first, as the provider lists them."""
    with asking():
        yield from client().v1.transfers.list({"limit": 100}).auto_paging_iter()


def balance() -> dict[str, int]:
    """What the provider holds for us: currency → minor units, pending and available together."""
    with asking():
        held = client().v1.balance.retrieve()
    found: dict[str, int] = {}
    for parts in (held.available, held.pending):
        for part in parts:
            found[part.currency] = found.get(part.currency, 0) + part.amount
    return found
