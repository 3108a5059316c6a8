"""Events on their way: signed, really POSTed to our own endpoints, tried again with growing pauses until they are taken."""

import json
import logging
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import stripe

from portal.sandbox.faults import Faults
from portal.sandbox.registry import Obj
from portal.sandbox.world import World

log = logging.getLogger(__name__)

# Our own endpoints, one a kind of event, each with its secret.
ENDPOINTS = {"snapshot": "/stripe/events/", "thin": "/stripe/thin-events/"}
# Seconds to wait after each failed try; Stripe gives up after about three days, and so do we.
PAUSES = (10, 60, 300, 1_800, 7_200, 18_000, 43_200, 86_400, 86_400)
Post = Callable[[str, bytes, dict[str, str]], Any]


class Answered(Protocol):
    status_code: int


class Delivered(NamedTuple):
    event: str
    type: str
    status: int


def wake_worker() -> None:
    """Ask the worker to deliver now. If the queue is away the sweeper finds the events a little later."""
    from portal.kit.jobs import enqueue

    try:
        enqueue("sandbox.deliver_events")
    except Exception:
        log.warning("the queue is away; events wait for the sweeper", exc_info=True)


def through(client: Any) -> Post:
    """Deliver through a Django test client: `box.deliver_all(through(client))`."""

    def post(url: str, body: bytes, headers: dict[str, str]) -> Any:
        return client.post(url, data=body, content_type="application/json", headers=headers)

    return post


def over_http(url: str, body: bytes, headers: dict[str, str]) -> Any:
    import requests

    return requests.post(
        url, data=body, headers={**headers, "Content-Type": "application/json"}, timeout=20, allow_redirects=False
    )


class Delivery(World):
    """The part of the sandbox that sends events."""

    secrets: dict[str, str]
    faults: Faults

    def _queue(self, event: Obj) -> None:
        self.emitted += 1
        kind = "thin" if event["object"] == "v2.core.event" else "snapshot"
        endpoints = [kind] if self.secrets[kind] else []
        if kind == "snapshot":
            endpoints += [
                endpoint["id"]
                for endpoint in self.all("webhook_endpoint", status="enabled")
                if {"*", event["type"]} & set(endpoint["enabled_events"])
            ]
        fault = self.faults.strike_event(event["type"])
        for endpoint in endpoints:
            self._enqueue(event["id"], event["type"], endpoint)
            if fault and fault.kind == "duplicate":
                self._enqueue(event["id"], event["type"], endpoint)
        if fault and fault.kind == "delay":
            self.delay(event["id"], fault.seconds)
        if fault and fault.kind == "reorder":
            self.overtake(event["id"])

    def _enqueue(self, event: str, type_: str, endpoint: str) -> None:
        self.store.execute(
            "INSERT INTO deliveries (event, type, endpoint, place, due_at)"
            " VALUES (?, ?, ?, (SELECT COALESCE(MAX(place), 0) + 1 FROM deliveries), ?)",
            (event, type_, endpoint, int(self.clock().timestamp())),
        )

    # ---- what the console and the tests do to events ---------------------------
    def resend(self, event_id: str) -> None:
        """Send an event once more, delivered or not."""
        with self.unit():
            event = self.get(event_id)
            kind = "thin" if event["object"] == "v2.core.event" else "snapshot"
            self._enqueue(event_id, event["type"], kind)
        self.notify_events()

    duplicate = resend

    def delay(self, event_id: str, seconds: int) -> None:
        """Hold an event back; the ones after it go first."""
        with self.unit():
            self.store.execute(
                "UPDATE deliveries SET due_at = ? WHERE event = ? AND state = 'pending'",
                (int(self.clock().timestamp()) + seconds, event_id),
            )

    def overtake(self, event_id: str) -> None:
        """Let an event arrive before all that are waiting."""
        with self.unit():
            self.store.execute(
                "UPDATE deliveries SET place = (SELECT MIN(place) - 1 FROM deliveries WHERE state = 'pending')"
                " WHERE event = ? AND state = 'pending'",
                (event_id,),
            )

    def reorder(self) -> None:
        """Turn the order of everything that is waiting around."""
        with self.unit():
            self.store.execute("UPDATE deliveries SET place = -place WHERE state = 'pending'")

    def notify_events(self) -> None:
        getattr(self, "notify", lambda: None)()

    # ---- sending -------------------------------------------------------------
    def pending(self) -> int:
        return int(self.store.rows("SELECT COUNT(*) FROM deliveries WHERE state = 'pending'")[0][0])

    def deliver_due(self, post: Post = over_http, *, limit: int = 200) -> list[Delivered]:
        """Try everything whose time has come, in order. `post(url, body, headers)` gives something with status_code."""
        return self._send(post, "due_at <= ?", (int(self.clock().timestamp()),), limit)

    def deliver_all(self, post: Post, *, limit: int = 5_000) -> list[Delivered]:
        """Try every waiting event now, those held back too, and the events that arise meanwhile; each once."""
        sent: list[Delivered] = []
        newest = 0
        while len(sent) < limit:
            found = self._send(post, "id > ?", (newest,), limit)
            if not found:
                break
            newest = int(self.store.rows("SELECT MAX(id) FROM deliveries WHERE attempts > 0")[0][0])
            sent += found
        return sent

    def _send(self, post: Post, condition: str, values: tuple[Any, ...], limit: int) -> list[Delivered]:
        rows = self.store.rows(
            f"SELECT * FROM deliveries WHERE state = 'pending' AND {condition} ORDER BY place, id LIMIT ?",
            (*values, limit),
        )
        sent = []
        for row in rows:
            with self.unit():
                # Claimed before it is sent, so that two workers do not send the same one at the same time.
                claimed = self.store.execute(
                    "UPDATE deliveries SET attempts = attempts + 1, due_at = ?"
                    " WHERE id = ? AND attempts = ? AND state = 'pending'",
                    (int(self.clock().timestamp()) + self._pause(row["attempts"]), row["id"], row["attempts"]),
                ).rowcount
                event = self.find(row["event"])
            if claimed and event:
                status, answer = self._post(post, row["endpoint"], event)
                self._record(row, status, answer)
                sent.append(Delivered(row["event"], row["type"], status))
        return sent

    @staticmethod
    def _pause(attempts: int) -> int:
        return PAUSES[min(attempts, len(PAUSES) - 1)]

    def _post(self, post: Post, endpoint: str, event: Obj) -> tuple[int, str]:
        if endpoint in ENDPOINTS:
            url, secret = self.site_url + ENDPOINTS[endpoint], self.secrets[endpoint]
        else:
            with self.unit():
                hook = self.find(endpoint, "webhook_endpoint")
                url, secret = (hook["url"], self.noted(endpoint, "secret")) if hook else ("", "")
        if not url:
            return 410, "the endpoint is gone"
        body = json.dumps(event)
        signature = stripe.WebhookSignature.generate_signature_header(body, secret)
        try:
            answered = post(url, body.encode(), {"Stripe-Signature": signature, "User-Agent": "Stripe/1.0 (sandbox)"})
        except OSError as error:
            return 0, f"{type(error).__name__}: {error}"
        text = getattr(answered, "content", b"")
        return int(answered.status_code), text[:200].decode(errors="replace") if isinstance(text, bytes) else ""

    def _record(self, row: Any, status: int, answer: str) -> None:
        good = 200 <= status < 300
        state = "delivered" if good else "failed" if row["attempts"] + 1 >= len(PAUSES) else "pending"
        with self.unit():
            self.store.execute(
                "UPDATE deliveries SET state = ?, answer = ? WHERE id = ?",
                (state, f"{status} {'' if good else answer}".strip(), row["id"]),
            )
            if good and (event := self.find(row["event"])) and "pending_webhooks" in event:
                event["pending_webhooks"] = 0
