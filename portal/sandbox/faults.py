"""Trouble on order: what a real provider does on a bad day, per call or per event.

Faults of calls (matched by method and path): `rate_limit` 429, nothing done · `server_error` 500, nothing done ·
`stored_error` 500, remembered for the idempotency key · `timeout_after_commit` done, but the answer is lost ·
`balance_insufficient` · `insufficient_capabilities`.
Faults of events (matched by type): `delay` by seconds · `duplicate` · `reorder` (overtakes the events before it).
"""

from fnmatch import fnmatchcase
from typing import NamedTuple

from portal.sandbox.errors import ApiError, invalid
from portal.sandbox.store import Store

CALL_FAULTS = (
    "rate_limit",
    "server_error",
    "stored_error",
    "timeout_after_commit",
    "balance_insufficient",
    "insufficient_capabilities",
)
EVENT_FAULTS = ("delay", "duplicate", "reorder")


class Fault(NamedTuple):
    id: int
    kind: str
    method: str
    path: str
    nth: int
    times: int
    seen: int
    seconds: int


class Faults:
    """Kept in the store, so that the console and a worker share them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(
        self, kind: str, *, method: str = "*", path: str = "*", nth: int = 1, times: int = 1, seconds: int = 3600
    ) -> int:
        """Strike the `nth` matching call or event, and the next `times` in all (0: until cleared). Returns its id.

        `path` is a pattern ('/v1/transfers', '/v1/payouts/*') or, for faults of events, one of types ('invoice.*').
        """
        if kind not in CALL_FAULTS + EVENT_FAULTS:
            raise ValueError(f"no fault is called {kind!r}; there are {', '.join(CALL_FAULTS + EVENT_FAULTS)}")
        with self.store.transaction():
            cursor = self.store.execute(
                "INSERT INTO faults (kind, method, path, nth, times, seconds) VALUES (?, ?, ?, ?, ?, ?)",
                (kind, method.upper(), path, nth, times, seconds),
            )
        return int(cursor.lastrowid or 0)

    def clear(self, id: int | None = None) -> None:
        with self.store.transaction():
            self.store.execute("DELETE FROM faults WHERE ? IS NULL OR id = ?", (id, id))

    def active(self) -> list[Fault]:
        return [Fault(*row) for row in self.store.rows("SELECT * FROM faults ORDER BY id")]

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that hits this call, counted as used."""
        return self._strike(CALL_FAULTS, method, path)

    def strike_event(self, type_: str) -> Fault | None:
        return self._strike(EVENT_FAULTS, "*", type_)

    def _strike(self, kinds: tuple[str, ...], method: str, path: str) -> Fault | None:
        hit = None
        for fault in self.active():
            if fault.kind not in kinds or not fnmatchcase(path, fault.path):
                continue
            if method != "*" and not fnmatchcase(method, fault.method):
                continue
            seen = fault.seen + 1
            if seen >= fault.nth and hit is None:
                hit = fault
            if fault.times and seen >= fault.nth + fault.times - 1:
                self.store.execute("DELETE FROM faults WHERE id = ?", (fault.id,))
            else:
                self.store.execute("UPDATE faults SET seen = ? WHERE id = ?", (seen, fault.id))
        return hit


def error_of(fault: Fault) -> ApiError | None:
    """The answer a fault gives instead of the real one; None where the call goes through first."""
    if fault.kind == "rate_limit":
        return ApiError(
            429, "invalid_request_error", "Request rate limit exceeded. Please retry later.", code="rate_limit"
        )
    if fault.kind in ("server_error", "stored_error"):
        return ApiError(500, "api_error", "An unknown error occurred.")
    if fault.kind == "balance_insufficient":
        return insufficient_funds()
    if fault.kind == "insufficient_capabilities":
        return insufficient_capabilities()
    return None


def insufficient_funds() -> ApiError:
    return invalid(
        "You have insufficient available funds in your Stripe account. Try adding funds directly to your available"
        " balance by creating Charges using the 4000000000000077 test card.",
        code="balance_insufficient",
    )


def insufficient_capabilities() -> ApiError:
    return invalid(
        "Your destination account needs to have at least one of the following capabilities enabled:"
        " transfers, crypto_transfers, legacy_payments",
        code="insufficient_capabilities_for_transfer",
    )
