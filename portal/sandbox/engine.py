"""The sandbox itself: takes requests as Stripe does, lets time pass, and keeps every departure from the wire format."""

import json
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import stripe

from portal.sandbox import delivery, general, handlers, outside, request, wire
from portal.sandbox.errors import ApiError, ConnectionLost, not_simulated
from portal.sandbox.faults import Faults, error_of
from portal.sandbox.registry import DUE, HANDLED, Call, Obj, unknown_leaves
from portal.sandbox.request import Request
from portal.sandbox.store import Store
from portal.sandbox.world import World, real_now

DAY = 86_400
Answer = tuple[int, Obj, dict[str, str]]
handlers.load()


class Sandbox(outside.Outside, delivery.Delivery, World):
    """A local Stripe. `store` None keeps it in memory, a path in a file shared by processes.

    `clock` gives the time (aware); advancing adds to it. `notify` is called after a call that emitted events.
    """

    def __init__(
        self,
        store: Store | Path | str | None = None,
        clock: Callable[[], datetime] = real_now,
        *,
        site_url: str = "http://testserver",
        snapshot_secret: str = "whsec_sandbox_snapshot",
        thin_secret: str = "whsec_sandbox_thin",
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(store if isinstance(store, Store) else Store(store), clock, site_url)
        self.faults = Faults(self.store)
        self.notify = notify
        self.secrets = {"snapshot": snapshot_secret, "thin": thin_secret}

    @property
    def findings(self) -> list[str]:
        """Departures of answers and events from the wire format; empty in a healthy sandbox."""
        return self._findings

    # ---- requests ------------------------------------------------------------
    def handle(self, method: str, url: str, headers: dict[str, str], body: bytes | str | None = None) -> Answer:
        """Answer one request: (status, body, headers). Header names are lower case, `url` is path and query.

        Raises ConnectionLost where a fault swallows the answer.
        """
        emitted = self.emitted
        try:
            with self.unit():
                status, answer, extra, lost = self._answer(method.upper(), url, headers, body)
        finally:
            self.request = None
        if self.emitted > emitted:
            self.notify()
        if lost:
            raise ConnectionLost(f"{method} {url}")
        return status, answer, {"stripe-version": stripe.api_version, **extra}

    def _answer(
        self, method: str, url: str, headers: dict[str, str], body: bytes | str | None
    ) -> tuple[int, Obj, dict[str, str], bool]:
        request_id = f"req_{secrets.token_hex(7)}"
        extra = {"request-id": request_id}
        try:
            asked = request.read(method, url, headers, body)
            if asked.account:
                self.get(asked.account, "account", param="account")
            self.request = {"id": request_id, "idempotency_key": asked.idempotency_key}
            if replayed := self._replay(asked):
                return *replayed, {**extra, "idempotent-replayed": "true"}, False
            fault = self.faults.strike(method, asked.path)
            if fault and fault.kind in ("rate_limit", "server_error"):
                # Before anything is done or remembered: the same key may be tried again.
                raise error_of(fault) or AssertionError
            if problems := wire.check_params(asked.route, asked.raw):
                raise request.refusal(problems)
        except ApiError as error:
            return error.status, error.body, extra, False
        status, answer = self._perform(asked, error_of(fault) if fault else None)
        if status != 501:
            self._remember(asked, status, answer)
        return status, answer, extra, bool(fault and fault.kind == "timeout_after_commit")

    def _perform(self, asked: Request, error: ApiError | None) -> tuple[int, Obj]:
        try:
            if error:
                raise error
            kept: ApiError | None = None
            with self.attempt():
                try:
                    answer = self._run(asked)
                except ApiError as refused:
                    if not refused.keep:
                        raise
                    kept = refused
            if kept:
                raise kept
        except ApiError as refused:
            return refused.status, refused.body
        self.found(wire.check_result(asked.route, answer))
        return 200, answer

    def _run(self, asked: Request) -> Obj:
        params = wire.decode_params(asked.route, asked.raw)
        paths = list(params.pop("expand", None) or [])
        call = Call(asked.method, asked.path, params, asked.route.ids(asked.path), asked.account)
        handled = HANDLED.get((asked.method, asked.route.path))
        if handled is None:
            answer = general.answer(self, asked.route, call)
        else:
            listing = general.PAGING if asked.method == "GET" else set()
            if unknown := [n for n in unknown_leaves(params, handled.takes) if n not in listing]:
                raise not_simulated(f"the parameter {unknown[0]} of {asked.method} {asked.route.path}")
            answer = handled.handler(self, call)
        return general.expand(self, answer, paths)

    # ---- idempotency ---------------------------------------------------------
    def _replay(self, asked: Request) -> tuple[int, Obj] | None:
        if not asked.idempotency_key or asked.method == "GET":
            return None
        # Keys are forgotten after a day: from then on the same key does the thing again, as at Stripe.
        self.store.execute("DELETE FROM idempotency WHERE at <= ?", (self.now() - DAY,))
        rows = self.store.rows("SELECT * FROM idempotency WHERE key = ?", (asked.idempotency_key,))
        if not rows:
            return None
        if rows[0]["fingerprint"] != asked.fingerprint:
            raise ApiError(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same parameters they were first used with."
                f" Try using a key other than '{asked.idempotency_key}' if you meant to execute a different request.",
            )
        return rows[0]["status"], json.loads(rows[0]["body"])

    def _remember(self, asked: Request, status: int, answer: Obj) -> None:
        if asked.idempotency_key and asked.method != "GET":
            self.store.execute(
                "INSERT INTO idempotency (key, fingerprint, status, body, at) VALUES (?, ?, ?, ?, ?)",
                (asked.idempotency_key, asked.fingerprint, status, json.dumps(answer), self.now()),
            )

    # ---- time ----------------------------------------------------------------
    def today(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)

    def advance_to(self, moment: datetime) -> int:
        """Let time pass until `moment`, doing everything that falls due in its order. Returns how many things did."""
        target = int(moment.timestamp())
        if target < self.now():
            raise ValueError("time does not run backwards")
        done = self.run_due(target)
        with self.unit():
            offset = target - self.clock().timestamp()
            self.store.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('offset', ?)", (str(offset),))
        return done

    def run_due(self, until: int | None = None, clock: str = "") -> int:
        """Do what has fallen due by `until` (default: now) on the sandbox's own time, or on a test clock."""
        until, done, emitted = self.now() if until is None else until, 0, self.emitted
        while True:
            with self.unit():
                rows = self.store.rows(
                    "SELECT * FROM due WHERE clock = ? AND at <= ? ORDER BY at, rowid LIMIT 1", (clock, until)
                )
                if not rows:
                    break
                self.unschedule(rows[0]["what"], rows[0]["ref"])
                if clock:
                    self.get(clock)["frozen_time"] = rows[0]["at"]
                    DUE[rows[0]["what"]](self, rows[0]["ref"])
                else:
                    with self.at(rows[0]["at"]):
                        DUE[rows[0]["what"]](self, rows[0]["ref"])
            done += 1
        if self.emitted > emitted:
            self.notify()
        return done


_box: Sandbox | None = None
_lock = threading.Lock()


def box() -> Sandbox:
    """The sandbox of this installation, in the file that the settings name; built at first use."""
    global _box
    with _lock:
        if _box is None:
            _box = from_settings()
        return _box


def use(sandbox: Sandbox | None) -> Sandbox | None:
    """Put another sandbox in its place (tests do); None goes back to the settings. Returns the one before."""
    global _box
    before, _box = _box, sandbox
    return before


def from_settings(**changes: Any) -> Sandbox:
    from django.conf import settings

    if settings.PRODUCTION:
        raise RuntimeError("The sandbox never runs in production: set STRIPE_SECRET_KEY.")
    values = {
        "store": str(settings.SANDBOX_STORE),
        "site_url": settings.SITE_URL,
        "snapshot_secret": settings.STRIPE_WEBHOOK_SECRET,
        "thin_secret": settings.STRIPE_THIN_WEBHOOK_SECRET,
        "notify": delivery.wake_worker,
    }
    made = Sandbox(**{**values, **changes})
    # As the portal's account is to be set (docs/operate.md): we try failed payments again ourselves.
    made.dunning_days, made.dunning_end = (), "past_due"
    return made
