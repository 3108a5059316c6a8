"""3-D Secure: the bank's page on which a cardholder says yes or no."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from portal.kit.access import public
from portal.sandbox.engine import box
from portal.sandbox.errors import ApiError
from portal.sandbox.registry import Obj
from portal.sandbox.views.pages import leave, look


@public
@require_http_methods(["GET", "POST"])
def hosted_confirmation(request: HttpRequest, token: str) -> HttpResponse:
    """`token` names a deed that waits for the bank, or is the client secret of an intent that requires action."""
    waiting = look(lambda: box().postponed(token))
    intent = None if waiting else look(lambda: _intent(token))
    if request.method == "POST":
        ok = request.POST.get("answer") == "yes"
        if waiting:
            return _finish(request, waiting, ok)
        back = _return_url(intent)
        box().authenticate(token, ok=ok)
        return leave(back)
    return render(request, "sandbox/hosted_confirmation.html", {"token": token})


def _intent(secret: str) -> Obj:
    intent = box().find(secret.split("_secret_")[0])
    if not intent or intent.get("client_secret") != secret or intent["status"] != "requires_action":
        raise Http404("Nothing is waiting for confirmation here.")
    return intent


def _return_url(intent: Obj | None) -> str:
    details = ((intent or {}).get("next_action") or {}).get("redirect_to_url") or {}
    return details.get("return_url") or "/"


def _finish(request: HttpRequest, waiting: Obj, ok: bool) -> HttpResponse:
    try:
        getattr(box(), waiting["deed"])(**waiting["arguments"], authenticated=ok)
    except ApiError as error:
        messages.error(request, str(error))
        return leave(waiting["retry"])
    return leave(waiting["back"])
