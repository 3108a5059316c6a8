"""Events that can be asked for again, and endpoints that want to hear of them."""

import secrets

from portal.sandbox import wire
from portal.sandbox.errors import missing
from portal.sandbox.general import list_page
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

kind("event")
kind("webhook_endpoint", updates="url enabled_events description metadata", deletes=True)


@handles("GET", "/v1/events", "type types delivery_success")
def list_events(box: World, call: Call) -> Obj:
    types = call.params.get("types") or []
    where = f"json_extract(body, '$.type') IN ({', '.join('?' * len(types))})" if types else ""
    values: tuple[str, ...] = tuple(types)
    if (given := call.params.get("type") or "").endswith("*"):
        where, values = "json_extract(body, '$.type') GLOB ?", (given,)
    skip = "types delivery_success" + (" type" if given.endswith("*") else "")
    return list_page(box, call, "event", where=where, values=values, skip=skip)


@handles("GET", "/v2/core/events/{id}")
def retrieve_thin_event(box: World, call: Call) -> Obj:
    if event := box.find(call.id, "v2.core.event"):
        return event
    raise missing("event", call.id)


@handles("POST", "/v1/webhook_endpoints", "url enabled_events description metadata api_version connect")
def create_endpoint(box: World, call: Call) -> Obj:
    given = call.params
    secret = f"whsec_{secrets.token_hex(16)}"
    endpoint = box.put("webhook_endpoint", url=given["url"], enabled_events=given["enabled_events"], status="enabled")
    wire.merge(endpoint, {k: v for k, v in given.items() if k in ("description", "metadata", "api_version")})
    box.note(endpoint["id"], "secret", secret)
    # The secret is shown once.
    return {**endpoint, "secret": secret}
