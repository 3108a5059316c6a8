"""The hosted checkout page."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.kit.access import public
from portal.sandbox.engine import box
from portal.sandbox.errors import ApiError
from portal.sandbox.forms import CheckoutForm, FreeCheckoutForm, PromotionCodeForm
from portal.sandbox.handlers.checkout import line_items, needs_card
from portal.sandbox.outside import copy
from portal.sandbox.registry import Obj
from portal.sandbox.views.pages import leave, look, one, refuse, to_confirmation


@public
@require_http_methods(["GET", "POST"])
def hosted_checkout(request: HttpRequest, session_id: str) -> HttpResponse:
    """Show a session; take a promotion code; pay."""
    session = one(session_id, "checkout.session")
    if session["status"] != "open":
        return render(request, "sandbox/hosted_checkout.html", {"session": session}, status=410)
    cards = needs_card(session)
    form = _form(session, cards, request)
    code_form = PromotionCodeForm(request.POST if "code" in request.POST else None)
    if "code" in request.POST and code_form.is_valid():
        try:
            box().enter_promotion_code(session_id, code_form.cleaned_data["code"])
            return redirect("hosted_checkout", session_id)
        except ApiError as error:
            code_form.add_error("code", str(error))
    elif request.method == "POST" and "code" not in request.POST and form.is_valid():
        arguments = {
            "session_id": session_id,
            "email": form.cleaned_data["email"],
            "card": form.cleaned_data.get("card"),
        }
        try:
            return leave(_success_url(box().complete_checkout(**arguments)))
        except ApiError as error:
            if error.code == "authentication_required":
                return to_confirmation("complete_checkout", arguments, _success_url(session), request.path)
            refuse(form, error)
    context = {
        "session": session,
        "lines": look(lambda: copy(line_items(box(), box().get(session_id))))["data"],
        "trial_days": look(lambda: _trial(session_id).get("trial_period_days")),
        "trial_end": look(lambda: moment(_trial(session_id).get("trial_end"))),
        "form": form,
        "code_form": code_form if session["allow_promotion_codes"] else None,
    }
    return render(request, "sandbox/hosted_checkout.html", context, status=422 if request.method == "POST" else 200)


def _form(session: Obj, cards: bool, request: HttpRequest) -> CheckoutForm | FreeCheckoutForm:
    customer = look(lambda: box().find(session["customer"] or "", "customer")) or {}
    initial = {"email": session["customer_email"] or customer.get("email") or ""}
    kind = CheckoutForm if cards else FreeCheckoutForm
    return kind(request.POST if request.method == "POST" and "code" not in request.POST else None, initial=initial)


def _trial(session_id: str) -> Obj:
    return box().noted(session_id, "given").get("subscription_data") or {}


def moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _success_url(session: Obj) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
