"""Reading a request off the wire: who asks, with which parameters."""

import hashlib
import json
import re
import urllib.parse
from dataclasses import dataclass
from typing import Any

import stripe

from portal.sandbox import wire
from portal.sandbox.errors import ApiError, invalid, not_simulated
from portal.sandbox.registry import Obj
from portal.sandbox.wire.routes import Route

KEY = re.compile(r"Bearer ((sk|rk)_test_\w+)")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    route: Route
    raw: Obj
    account: str
    idempotency_key: str | None

    @property
    def fingerprint(self) -> str:
        text = json.dumps([self.method, self.path, self.account, self.raw], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def read(method: str, url: str, headers: dict[str, str], body: bytes | str | None) -> Request:
    """Raises what Stripe answers to a request it does not even begin to work on."""
    if not KEY.fullmatch(headers.get("authorization", "")):
        raise ApiError(401, "invalid_request_error", "Invalid API Key provided: the sandbox takes keys sk_test_….")
    version = headers.get("stripe-version")
    if version and version != stripe.api_version:
        raise not_simulated(f"API version {version}, only {stripe.api_version}")
    parts = urllib.parse.urlsplit(url)
    route = wire.find(method, parts.path)
    if route is None:
        raise ApiError(404, "invalid_request_error", f"Unrecognized request URL ({method}: {parts.path}).")
    key = headers.get("idempotency-key")
    if key and len(key) > 255:
        raise invalid("Idempotency keys are at most 255 characters.", param="idempotency_key")
    raw = _decode(route, parts.query, body.decode() if isinstance(body, bytes) else body or "")
    return Request(method, parts.path, route, raw, headers.get("stripe-account", ""), key)


def _decode(route: Route, query: str, body: str) -> Obj:
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    if route.version == "V1":
        return unflatten(pairs + urllib.parse.parse_qsl(body, keep_blank_values=True))
    given = _lists(unflatten(pairs))
    for name in ("limit",):
        if name in given:
            given[name] = int(given[name])
    try:
        return {**given, **(json.loads(body) if body else {})}
    except ValueError:
        raise invalid("The body is not JSON.") from None


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        if value and all(key.isdigit() for key in value):
            return [_lists(value[key]) for key in sorted(value, key=int)]
        return {key: _lists(item) for key, item in value.items()}
    return value


def unflatten(pairs: list[tuple[str, str]]) -> Obj:
    """[('items[0][price]', 'x')] → {'items': {'0': {'price': 'x'}}}."""
    root: Obj = {}
    for name, value in pairs:
        keys = re.findall(r"[^\[\]]+", name)
        if not keys:
            raise invalid("A parameter has no name.")
        node = root
        for key in keys[:-1]:
            node = node.setdefault(key, {})
            if not isinstance(node, dict):
                raise invalid(f"Invalid parameter {name}.", param=keys[0])
        if name.endswith("[]"):
            node = node.setdefault(keys[-1], {})
            node[str(len(node))] = value
        else:
            node[keys[-1]] = value
    return root


def refusal(problems: list[str]) -> ApiError:
    """The error for a request that departs from the wire format; the first problem tells the tale."""
    first = problems[0]
    unknown, lacking = re.search(r"unknown parameter '(\w+)'", first), re.search(r"missing '(\w+)'", first)
    at = first.split(":")[0].strip(".")
    if unknown:
        return invalid(f"Received unknown parameter: {first}", code="parameter_unknown", param=unknown.group(1))
    if lacking:
        return invalid(f"Missing required param: {first}", code="parameter_missing", param=lacking.group(1))
    return invalid(f"Invalid parameter: {first}", code="parameter_invalid", param=at)
