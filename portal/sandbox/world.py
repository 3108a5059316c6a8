"""What a handler may touch: objects, private notes, events, the time, and what falls due later."""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import stripe

from portal.sandbox import wire
from portal.sandbox.errors import missing
from portal.sandbox.registry import Obj
from portal.sandbox.store import Store

PREFIX = {
    "account": "acct",
    "balance_transaction": "txn",
    "bank_account": "ba",
    "billing_portal.configuration": "bpc",
    "billing_portal.session": "bps",
    "charge": "ch",
    "checkout.session": "cs_test",
    "coupon": "co",
    "credit_note": "cn",
    "credit_note_line_item": "cnli",
    "customer": "cus",
    "customer_balance_transaction": "cbtxn",
    "discount": "di",
    "dispute": "du",
    "event": "evt",
    "invoice": "in",
    "invoice_payment": "inpay",
    "invoiceitem": "ii",
    "item": "li",
    "line_item": "il",
    "payment_intent": "pi",
    "payment_method": "pm",
    "payout": "po",
    "price": "price",
    "product": "prod",
    "promotion_code": "promo",
    "radar.early_fraud_warning": "issfr",
    "refund": "re",
    "setup_intent": "seti",
    "subscription": "sub",
    "subscription_item": "si",
    "subscription_schedule": "sub_sched",
    "test_helpers.test_clock": "clock",
    "topup": "tu",
    "transfer": "tr",
    "transfer_reversal": "trr",
    "v2.core.event": "evt_test",
    "webhook_endpoint": "we",
}


def new_id(kind: str) -> str:
    return f"{PREFIX[kind]}_{secrets.token_hex(12)}"


def iso(timestamp: int) -> str:
    """Time as the v2 API writes it."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def real_now() -> datetime:
    return datetime.now(UTC)


class World:
    """Objects are dictionaries; one call reads each of them once, and what was changed is written when it ends."""

    def __init__(self, store: Store, clock: Callable[[], datetime], site_url: str) -> None:
        self.store = store
        self.clock = clock
        self.site_url = site_url.rstrip("/")
        self.emitted = 0
        self.dunning_days: tuple[int, ...] = (2, 5, 7, 7)
        self.dunning_end = "cancel"
        self._loaded: dict[str, tuple[Obj, str]] = {}
        # Of the thread that is at work: threads share a box and take turns.
        self._thread = threading.local()
        self._findings: list[str] = []

    # ---- one piece of work ---------------------------------------------------
    @contextmanager
    def unit(self) -> Iterator[None]:
        """One transaction of the store; nested ones join the outermost."""
        with self.store.transaction() as outermost:
            if outermost:
                self._loaded.clear()
            try:
                yield
                if outermost:
                    self.flush()
            finally:
                if outermost:
                    self._loaded.clear()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Inside a unit: everything written is taken back when it raises."""
        self.flush()
        emitted = self.emitted
        try:
            with self.store.savepoint():
                yield
                self.flush()
        except BaseException:
            self._loaded.clear()
            self.emitted = emitted
            raise

    def flush(self) -> None:
        for id, (obj, before) in list(self._loaded.items()):
            after = json.dumps(obj)
            if after != before:
                self.store.execute("UPDATE objects SET body = ? WHERE id = ?", (after, id))
                self._loaded[id] = (obj, after)

    @property
    def request(self) -> Obj:
        """Which request an event is caused by."""
        return getattr(self._thread, "request", None) or {"id": None, "idempotency_key": None}

    @request.setter
    def request(self, request: Obj | None) -> None:
        self._thread.request = request

    # ---- time ----------------------------------------------------------------
    def offset(self) -> float:
        rows = self.store.rows("SELECT value FROM meta WHERE name = 'offset'")
        return float(rows[0]["value"]) if rows else 0.0

    def now(self) -> int:
        """Seconds: the clock plus what the console has advanced it by, or the moment at which a due thing happens."""
        moment: int | None = getattr(self._thread, "moment", None)
        return int(self.clock().timestamp() + self.offset()) if moment is None else moment

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        before = getattr(self._thread, "moment", None)
        self._thread.moment = moment
        try:
            yield
        finally:
            self._thread.moment = before

    def test_clock_of(self, obj: Obj) -> str:
        """Id of the test clock that an object lives on, '' for the sandbox's own time."""
        if obj.get("test_clock"):
            return str(obj["test_clock"])
        if customer := obj.get("customer"):
            found = self.find(customer)
            return str((found or {}).get("test_clock") or "")
        return ""

    def now_of(self, obj: Obj) -> int:
        clock = self.test_clock_of(obj)
        return int(self.get(clock)["frozen_time"]) if clock else self.now()

    def run_due(self, until: int | None = None, clock: str = "") -> int:
        raise NotImplementedError

    def schedule(self, what: str, obj: Obj, at: int) -> None:
        """Let `what` happen to an object at a time of its clock; a later call moves it."""
        self.store.execute(
            "INSERT INTO due (what, ref, clock, at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (what, ref) DO UPDATE SET at = excluded.at, clock = excluded.clock",
            (what, obj["id"], self.test_clock_of(obj), at),
        )

    def unschedule(self, what: str, ref: str) -> None:
        self.store.execute("DELETE FROM due WHERE what = ? AND ref = ?", (what, ref))

    # ---- objects -------------------------------------------------------------
    def put(self, kind: str, *, account: str = "", **values: Any) -> Obj:
        """A new object: blank fields of its kind, an id, the time, then `values`."""
        obj = wire.new(kind)
        obj.update(values)
        obj["object"] = kind
        obj["id"] = values.get("id") or new_id(kind)
        if "created" in obj and "created" not in values:
            obj["created"] = self.now_of(obj)
        if "livemode" in obj:
            obj["livemode"] = False
        return self.put_raw(obj, account)

    def put_raw(self, obj: Obj, account: str = "") -> Obj:
        body = json.dumps(obj)
        self.store.execute(
            "INSERT INTO objects (id, kind, account, body) VALUES (?, ?, ?, ?)",
            (obj["id"], obj["object"], account, body),
        )
        self._loaded[obj["id"]] = (obj, body)
        return obj

    def find(self, id: str, kind: str | None = None, account: str | None = None) -> Obj | None:
        rows = self.store.rows("SELECT kind, account, body FROM objects WHERE id = ?", (id,))
        if not rows or (kind and rows[0]["kind"] != kind) or (account is not None and rows[0]["account"] != account):
            return None
        if id not in self._loaded:
            self._loaded[id] = (json.loads(rows[0]["body"]), rows[0]["body"])
        return self._loaded[id][0]

    def get(self, id: str, kind: str | None = None, *, account: str | None = None, param: str = "id") -> Obj:
        """The object, to be changed in place. Raises Stripe's resource_missing."""
        if obj := self.find(id, kind, account):
            return obj
        raise missing(kind or "object", id, param)

    def account_of(self, id: str) -> str:
        """The connected account that an object belongs to, '' for the platform."""
        return str(self.store.rows("SELECT account FROM objects WHERE id = ?", (id,))[0]["account"])

    def all(
        self,
        kind: str,
        *,
        account: str = "",
        where: str = "",
        values: tuple[Any, ...] = (),
        limit: int = -1,
        **fields: Any,
    ) -> list[Obj]:
        """Objects of a kind, newest first, by equal top-level fields and a further SQL condition."""
        self.flush()
        sql = "SELECT id, body FROM objects WHERE kind = ? AND account = ?"
        given: list[Any] = [kind, account]
        for name, value in fields.items():
            sql += f" AND json_extract(body, '$.{name}') IS ?"
            given.append(int(value) if isinstance(value, bool) else value)
        if where:
            sql += f" AND {where}"
            given += values
        found = []
        for row in self.store.rows(sql + " ORDER BY seq DESC LIMIT ?", (*given, limit)):
            if row["id"] not in self._loaded:
                self._loaded[row["id"]] = (json.loads(row["body"]), row["body"])
            found.append(self._loaded[row["id"]][0])
        return found

    def drop(self, obj: Obj) -> Obj:
        self.store.execute("DELETE FROM objects WHERE id = ?", (obj["id"],))
        self._loaded.pop(obj["id"], None)
        return {"id": obj["id"], "object": obj["object"], "deleted": True}

    # ---- private notes -------------------------------------------------------
    def note(self, ref: str, name: str, value: Any) -> None:
        """Keep what no answer may show: a card number, a session's parameters."""
        self.store.execute(
            "INSERT INTO private (ref, name, value) VALUES (?, ?, ?)"
            " ON CONFLICT (ref, name) DO UPDATE SET value = excluded.value",
            (ref, name, json.dumps(value)),
        )

    def noted(self, ref: str, name: str, default: Any = None) -> Any:
        rows = self.store.rows("SELECT value FROM private WHERE ref = ? AND name = ?", (ref, name))
        return json.loads(rows[0]["value"]) if rows else default

    def noted_by(self, name: str, value: Any) -> str | None:
        rows = self.store.rows("SELECT ref FROM private WHERE name = ? AND value = ?", (name, json.dumps(value)))
        return rows[0]["ref"] if rows else None

    # ---- events --------------------------------------------------------------
    def emit(self, type_: str, obj: Obj, *, account: str = "", before: Obj | None = None) -> Obj:
        """A snapshot event, checked and put in the queue of every endpoint. `before` holds the fields that changed."""
        data = {"object": json.loads(json.dumps(obj))}
        if before is not None:
            data["previous_attributes"] = before
        event = wire.new(
            "event",
            id=new_id("event"),
            object="event",
            api_version=stripe.api_version,
            created=self.now_of(obj),
            data=data,
            livemode=False,
            pending_webhooks=1,
            request=dict(self.request),
            type=type_,
        )
        if account:
            event["account"] = account
        else:
            event.pop("account", None)
        event.pop("context", None)
        self.found(wire.check_event(event))
        self.put_raw(event, account)
        self._queue(event)
        return event

    def emit_thin(self, type_: str, related: Obj | None, **data: Any) -> Obj:
        """A thin event of the v2 API: it names the object (id, type, url) and carries nothing of it."""
        event: Obj = {
            "id": new_id("v2.core.event"),
            "object": "v2.core.event",
            "type": type_,
            "livemode": False,
            "created": iso(self.now()),
            **({"related_object": related} if related else {}),
            **({"data": data} if data else {}),
        }
        self.found(wire.check_event(event))
        self.put_raw(event)
        self._queue(event)
        return event

    def _queue(self, event: Obj) -> None:
        raise NotImplementedError

    def found(self, problems: list[str]) -> None:
        """Departures from the wire format: a bug of the sandbox, or of a caller who got past the request check."""
        self._findings.extend(problems)
        wire.findings().extend(problems)
