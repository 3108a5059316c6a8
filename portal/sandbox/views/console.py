"""The staff console: what a provider and the world around it do in months, done by hand in a minute."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_POST

from portal.kit.access import staff_only
from portal.sandbox import money
from portal.sandbox.engine import Sandbox, box
from portal.sandbox.errors import ApiError
from portal.sandbox.forms import AdvanceForm, FaultForm, TopUpForm
from portal.sandbox.registry import Obj
from portal.sandbox.views.pages import look

SHOWN = 15
# What the console offers to do with an object: kind → [(deed, words)].
OFFERS: dict[str, list[tuple[str, Promise | str]]] = {
    "account": [("onboard", _lazy("Complete onboarding")), ("restrict", _lazy("Ask for more information"))],
    "charge": [("dispute", _lazy("Dispute it")), ("warn", _lazy("Warn of fraud"))],
    "checkout.session": [("pay", _lazy("Pay with 4242")), ("expire", _lazy("Let it expire"))],
    "dispute": [("win", _lazy("We win")), ("lose", _lazy("We lose"))],
    "event": [
        ("resend", _lazy("Send again")),
        ("delay", _lazy("Hold back an hour")),
        ("overtake", _lazy("Send first")),
    ],
    "payout": [("settle", _lazy("Arrives")), ("bounce", _lazy("The bank sends it back"))],
    "refund": [("fail_refund", _lazy("The bank cannot deliver it"))],
    "test_helpers.test_clock": [("advance_clock", _lazy("Advance by a month"))],
}
OFFERS["v2.core.event"] = OFFERS["event"]


def _advance_clock(sandbox: Sandbox, ref: str) -> None:
    from portal.sandbox.handlers.clocks import move
    from portal.sandbox.handlers.discounts import add_months

    with sandbox.deed():
        move(sandbox, ref, add_months(sandbox.get(ref)["frozen_time"], 1))


DEEDS: dict[str, Callable[[Sandbox, str], Any]] = {
    "onboard": lambda sandbox, ref: sandbox.complete_onboarding(ref),
    "restrict": lambda sandbox, ref: sandbox.restrict_account(ref),
    "dispute": lambda sandbox, ref: sandbox.open_dispute(ref),
    "warn": lambda sandbox, ref: sandbox.warn_of_fraud(ref),
    "pay": lambda sandbox, ref: sandbox.complete_checkout(ref, email="fan@example.com"),
    "expire": lambda sandbox, ref: sandbox.expire_checkout(ref),
    "win": lambda sandbox, ref: sandbox.close_dispute(ref, won=True),
    "lose": lambda sandbox, ref: sandbox.close_dispute(ref, won=False),
    "resend": lambda sandbox, ref: sandbox.resend(ref),
    "delay": lambda sandbox, ref: sandbox.delay(ref, 3_600),
    "overtake": lambda sandbox, ref: sandbox.overtake(ref),
    "settle": lambda sandbox, ref: sandbox.settle_payout(ref, ok=True),
    "bounce": lambda sandbox, ref: sandbox.settle_payout(ref, ok=False),
    "fail_refund": lambda sandbox, ref: sandbox.fail_refund(ref),
    "advance_clock": _advance_clock,
    # Without an object.
    "deliver": lambda sandbox, ref: sandbox.deliver_due(),
    "reorder": lambda sandbox, ref: sandbox.reorder(),
    "run_due": lambda sandbox, ref: sandbox.run_due(),
    "clear_fault": lambda sandbox, ref: sandbox.faults.clear(int(ref) if ref.isdigit() else None),
}


@staff_only
@require_GET
def console(request: HttpRequest) -> HttpResponse:
    """Time, money, what waits to be delivered, faults, and the newest objects of a kind."""
    kind = request.GET.get("kind", "")
    sandbox = box()
    context = {
        "now": sandbox.today(),
        "kind": kind,
        "advance_form": AdvanceForm(initial={"until": sandbox.today()}),
        "fault_form": FaultForm(),
        "top_up_form": TopUpForm(),
        **look(lambda: _overview(sandbox, kind)),
    }
    return render(request, "sandbox/console.html", context)


def _overview(sandbox: Sandbox, kind: str) -> dict[str, Any]:
    store = sandbox.store
    where = "WHERE kind = ?" if kind else "WHERE kind NOT IN ('event', 'v2.core.event')"
    found = store.rows(f"SELECT * FROM objects {where} ORDER BY seq DESC LIMIT {SHOWN}", (kind,) if kind else ())
    return {
        "balances": money.balances(sandbox, ""),
        "kinds": store.rows("SELECT kind, COUNT(*) AS number FROM objects GROUP BY kind ORDER BY kind"),
        "objects": [_row(row["id"], row["kind"], json.loads(row["body"])) for row in found],
        "waiting": store.rows("SELECT * FROM deliveries WHERE state = 'pending' ORDER BY place, id LIMIT 20"),
        "delivered": store.rows("SELECT * FROM deliveries WHERE state <> 'pending' ORDER BY id DESC LIMIT 10"),
        "pending": sandbox.pending(),
        "due": [
            {**dict(row), "at": datetime.fromtimestamp(row["at"], UTC)}
            for row in store.rows("SELECT * FROM due WHERE clock = '' ORDER BY at LIMIT 10")
        ],
        "faults": sandbox.faults.active(),
        "findings": sandbox.findings,
    }


def _row(id: str, kind: str, obj: Obj) -> Obj:
    created = obj.get("created")
    return {
        "id": id,
        "kind": kind,
        "status": obj.get("status") or obj.get("type") or "",
        "amount": obj.get("amount", obj.get("amount_total", obj.get("total"))),
        "currency": obj.get("currency"),
        "created": datetime.fromtimestamp(created, UTC) if isinstance(created, int) else created,
    }


@staff_only
@require_GET
def console_object(request: HttpRequest, ref: str) -> HttpResponse:
    """One object as the API shows it, and what can be done with it."""
    obj = look(lambda: box().get(ref))
    context = {
        "object": obj,
        "text": json.dumps(obj, indent=2, ensure_ascii=False),
        "offers": OFFERS.get(obj["object"], []),
        "deliveries": look(lambda: box().store.rows("SELECT * FROM deliveries WHERE event = ? ORDER BY id", (ref,))),
    }
    return render(request, "sandbox/console_object.html", context)


@staff_only
@require_POST
def console_deed(request: HttpRequest, deed: str) -> HttpResponse:
    """Do one thing, then back to where the button was."""
    ref = request.POST.get("ref", "")
    try:
        _do(request, deed, ref)
        messages.success(request, _("Done."))
    except (ApiError, ValueError) as error:
        messages.error(request, str(error))
    if ref and not ref.isdigit() and deed in DEEDS:
        return redirect("console_object", ref)
    return redirect("console")


def _do(request: HttpRequest, deed: str, ref: str) -> None:
    if deed == "advance":
        box().advance_to(_cleaned(AdvanceForm(request.POST))["until"])
    elif deed == "add_fault":
        given = _cleaned(FaultForm(request.POST))
        box().faults.add(given.pop("kind"), **given)
    elif deed == "top_up":
        given = _cleaned(TopUpForm(request.POST))
        box().top_up(given["amount_minor"], given["currency"])
    elif deed in DEEDS:
        DEEDS[deed](box(), ref)
    else:
        raise ValueError(_("The console does not know how to do that."))


def _cleaned(form: Any) -> dict[str, Any]:
    if not form.is_valid():
        raise ValueError(" ".join(f"{name}: {' '.join(problems)}" for name, problems in form.errors.items()))
    return dict(form.cleaned_data)
