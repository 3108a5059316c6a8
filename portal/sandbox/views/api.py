"""The sandbox over HTTP: `StripeClient(key, base_addresses={"api": SITE_URL + "/sandbox/api"})`."""

import json

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from portal.kit.access import machine
from portal.sandbox.engine import box
from portal.sandbox.errors import ConnectionLost

PREFIX = "/sandbox/api"


@csrf_exempt
@machine
def sandbox_api(request: HttpRequest, path: str) -> HttpResponse:
    """One request of Stripe's API; the key in the Authorization header is checked by the engine."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = request.META.get("QUERY_STRING", "")
    try:
        status, answer, extra = box().handle(
            request.method or "GET", f"/{path}" + (f"?{query}" if query else ""), headers, request.body
        )
    except ConnectionLost:
        # As near as an answer can come to none: a gateway's timeout, which the SDK tries again.
        return HttpResponse(b"", status=504)
    return HttpResponse(json.dumps(answer), status=status, headers=extra, content_type="application/json")
