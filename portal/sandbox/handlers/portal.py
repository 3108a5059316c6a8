"""The billing portal: a page where customers cancel, change their card and read invoices."""

import secrets

from portal.sandbox import wire
from portal.sandbox.errors import not_simulated
from portal.sandbox.general import INCLUDED, as_list
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

kind("billing_portal.configuration")
FLOWS = ("payment_method_update", "subscription_cancel")


@handles(
    "POST",
    "/v1/billing_portal/sessions",
    "customer return_url locale configuration flow_data.type flow_data.after_completion.type"
    " flow_data.after_completion.redirect flow_data.subscription_cancel.subscription",
)
def create_portal_session(box: World, call: Call) -> Obj:
    given = call.params
    customer = box.get(given.get("customer", ""), "customer", param="customer")
    flow = given.get("flow_data") or None
    if flow and flow["type"] not in FLOWS:
        raise not_simulated(f"the portal flow {flow['type']}")
    token = secrets.token_urlsafe(18)
    session = box.put(
        "billing_portal.session",
        customer=customer["id"],
        return_url=given.get("return_url"),
        locale=given.get("locale"),
        configuration=given.get("configuration") or _configuration(box)["id"],
        url=f"{box.site_url}/sandbox/portal/{token}/",
    )
    if flow:
        session["flow"] = wire.inner("billing_portal.session", "flow", type=flow["type"])
        wire.merge(session, {"flow": {k: v for k, v in flow.items() if k != "type"}})
        session["flow"]["type"] = flow["type"]
    box.note(token, "portal", session["id"])
    return session


def _configuration(box: World) -> Obj:
    """The one configuration of the sandbox's portal, made at first use."""
    for row in box.all("billing_portal.configuration", limit=1):
        return row
    obj = box.put("billing_portal.configuration", active=True, is_default=True, updated=box.now())
    features = obj["features"]
    for name in ("invoice_history", "payment_method_update", "subscription_cancel"):
        features[name]["enabled"] = True
    return obj


INCLUDED["customer", "subscriptions"] = lambda box, customer: as_list(
    [s for s in box.all("subscription", customer=customer["id"]) if s["status"] != "canceled"],
    f"/v1/customers/{customer['id']}/subscriptions",
)
