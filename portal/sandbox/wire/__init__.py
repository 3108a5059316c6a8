"""The wire format of Stripe, derived at run time from the installed SDK, which is itself generated from Stripe's spec.

`find(method, path)` names the route, `check_params` and `check_result` hold a request and an answer against it,
`check_event` an event; `new(kind)` builds the smallest valid object. Always of the pinned SDK's version, nothing fetched.
"""

from portal.sandbox.wire.check import check_event, check_object, check_params, check_result, class_of
from portal.sandbox.wire.routes import Route, find, routes
from portal.sandbox.wire.shapes import decode_params, inner, merge, new

__all__ = [
    "Route",
    "check_event",
    "check_object",
    "check_params",
    "check_result",
    "class_of",
    "decode_params",
    "find",
    "findings",
    "inner",
    "merge",
    "new",
    "routes",
]

_findings: list[str] = []


def findings() -> list[str]:
    """Every departure from the wire format seen in this process, by any sandbox; clear the list to start afresh."""
    return _findings
