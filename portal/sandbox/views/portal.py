"""The hosted billing portal: cancel and take it back, another card, past invoices."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.kit.access import public
from portal.sandbox.engine import box
from portal.sandbox.errors import ApiError
from portal.sandbox.forms import CardForm
from portal.sandbox.outside import copy
from portal.sandbox.registry import Obj
from portal.sandbox.views.pages import leave, look, noted, one, refuse, to_confirmation


@public
@require_http_methods(["GET", "POST"])
def hosted_portal(request: HttpRequest, token: str) -> HttpResponse:
    session = one(noted(token, "portal"), "billing_portal.session")
    form = CardForm(request.POST if "card" in request.POST else None)
    if request.method == "POST":
        answered = _change_card(session, form, token) if "card" in request.POST else _change_plan(request, session)
        if answered:
            return answered
    context = {**look(lambda: _holdings(session)), "session": session, "form": form, "token": token}
    return render(request, "sandbox/hosted_portal.html", context, status=422 if form.errors else 200)


def _holdings(session: Obj) -> dict[str, Any]:
    customer = box().get(session["customer"], "customer")
    method = box().find(customer["invoice_settings"]["default_payment_method"] or "", "payment_method")
    subscriptions = [row for row in box().all("subscription", customer=customer["id"]) if row["status"] != "canceled"]
    for row in subscriptions:
        method = method or box().find(row["default_payment_method"] or "", "payment_method")
    names = {row["id"]: _name(row) for row in subscriptions}
    return {
        "customer": copy(customer),
        "card": copy(method["card"]) if method else None,
        "subscriptions": [{**copy(row), "name": names[row["id"]]} for row in subscriptions],
        "invoices": [copy(row) for row in box().all("invoice", customer=customer["id"]) if row["status"] != "draft"],
    }


def _name(subscription: Obj) -> str:
    product = box().find(subscription["items"]["data"][0]["price"]["product"], "product")
    return str(product["name"]) if product else subscription["id"]


def _change_plan(request: HttpRequest, session: Obj) -> HttpResponse:
    subscription = one(request.POST.get("subscription", ""), "subscription")
    if subscription["customer"] != session["customer"]:
        raise Http404("That subscription is somebody else's.")
    cancel = request.POST.get("deed") == "cancel"
    try:
        box().cancel_at_period_end(subscription["id"], cancel=cancel)
    except ApiError as error:
        messages.error(request, str(error))
        return redirect(request.path)
    flow = session["flow"] or {}
    done = (flow.get("after_completion") or {}).get("redirect")
    if done and flow.get("type") == "subscription_cancel":
        return leave(done["return_url"])
    messages.success(
        request, _("Your subscription ends with its period.") if cancel else _("Your subscription goes on.")
    )
    return redirect(request.path)


def _change_card(session: Obj, form: CardForm, token: str) -> HttpResponse | None:
    if not form.is_valid():
        return None
    arguments = {"customer_id": session["customer"], "card": form.cleaned_data["card"]}
    flow = session["flow"] or {}
    done = (flow.get("after_completion") or {}).get("redirect")
    back = reverse("hosted_portal", args=[token])
    if done and flow.get("type") == "payment_method_update":
        back = done["return_url"]
    try:
        box().replace_card(**arguments)
        return leave(back)
    except ApiError as error:
        if error.code == "authentication_required":
            return to_confirmation("replace_card", arguments, back, reverse("hosted_portal", args=[token]))
        refuse(form, error)
        return None
