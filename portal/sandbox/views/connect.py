"""The hosted onboarding form of three short steps, and the Express dashboard of a connected account."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.kit.access import public
from portal.sandbox import money
from portal.sandbox.engine import box
from portal.sandbox.errors import ApiError
from portal.sandbox.forms import BankForm, PersonForm, TermsForm
from portal.sandbox.handlers.connect import REQUIREMENTS
from portal.sandbox.outside import copy
from portal.sandbox.views.pages import leave, look, noted, one

STEPS: dict[str, type[forms.Form]] = {"person": PersonForm, "bank": BankForm, "terms": TermsForm}


@public
@require_http_methods(["GET", "POST"])
def hosted_onboarding(request: HttpRequest, token: str) -> HttpResponse:
    """The next step that is due; behind the last one back to the site. A link that is too old goes back for a new one."""
    link = noted(token, "onboarding")
    account = one(link["account"], "account")
    step = _next_step(account["requirements"]["currently_due"])
    if link["expires_at"] < box().now() and request.method == "GET" and not link.get("opened"):
        return leave(link["refresh_url"])
    if not link.get("opened"):
        with box().unit():
            box().note(token, "onboarding", {**link, "opened": True})
    if step is None:
        return leave(link["return_url"])
    form = STEPS[step](request.POST or None)
    if request.method == "POST" and request.POST.get("step") == step and form.is_valid():
        try:
            box().onboarding_step(account["id"], step, bank=form.cleaned_data.get("account_number", ""))
            return redirect("hosted_onboarding", token)
        except ApiError as error:
            form.add_error(None, str(error))
    elif request.method == "POST" and request.POST.get("step") != step:
        # Another tab was faster.
        return redirect("hosted_onboarding", token)
    done = list(STEPS).index(step)
    context = {"form": form, "step": step, "steps": list(STEPS), "done": done, "return_url": link["return_url"]}
    return render(request, "sandbox/hosted_onboarding.html", context, status=422 if form.errors else 200)


def _next_step(due: list[str]) -> str | None:
    return next((step for step in STEPS if any(REQUIREMENTS[name][1] == step for name in due)), None)


@public
@require_http_methods(["GET", "POST"])
def hosted_express(request: HttpRequest, token: str) -> HttpResponse:
    """Balance, payouts and bank account, as the creator sees them at the provider."""
    account = one(noted(token, "express"), "account")
    form = BankForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        box().onboarding_step(account["id"], "bank", bank=form.cleaned_data["account_number"])
        messages.success(request, _("Your bank account has been changed."))
        return redirect("hosted_express", token)
    context = {
        "account": account,
        "balances": look(lambda: money.balances(box(), account["id"])),
        "payouts": look(lambda: [copy(row) for row in box().all("payout", account=account["id"], limit=50)]),
        "form": form,
    }
    return render(request, "sandbox/hosted_express.html", context, status=422 if form.errors else 200)
