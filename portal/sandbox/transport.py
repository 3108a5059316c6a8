"""Two ways to the sandbox for the real SDK: in process, without a socket, and over HTTP (see views/api.py)."""

import json
import urllib.parse
from collections.abc import Mapping
from typing import Any

import stripe

from portal.sandbox.engine import Sandbox
from portal.sandbox.errors import ConnectionLost


class SandboxHTTPClient(stripe.HTTPClient):
    """`StripeClient("sk_test_sandbox", http_client=SandboxHTTPClient(box()))`: the SDK's whole path but the socket.

    Encoding, idempotency headers, retries and error mapping are the SDK's own; only its waiting between retries is not.
    """

    name = "sandbox"

    def __init__(self, box: Sandbox) -> None:
        super().__init__()
        self.box = box

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urllib.parse.urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            status, answer, extra = self.box.handle(
                method, path, {name.lower(): value for name, value in (headers or {}).items()}, post_data
            )
        except ConnectionLost as lost:
            raise stripe.APIConnectionError(f"The answer to {lost} was lost.", should_retry=True) from lost
        return json.dumps(answer), status, extra

    def _sleep_time_seconds(self, num_retries: int) -> float:
        return 0.0

    def close(self) -> None:
        """Nothing is open."""
