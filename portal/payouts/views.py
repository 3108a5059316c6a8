from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.access import creator_only
from portal.accounts.models import User
from portal.kit.access import staff_only
from portal.kit.jobs import enqueue
from portal.kit.page import page
from portal.kit.refusal import Refusal
from portal.ledger.payable import creator_lines
from portal.payments.models import PayoutAccount
from portal.payouts import queries
from portal.payouts.actions import runs, sending
from portal.payouts.forms import CancelForm, OpenRunForm
from portal.payouts.models import Payout, PayoutRun
from portal.payouts.queries import Prospect

ROWS_A_PAGE = 50


@creator_only
@require_safe
def earnings(request: HttpRequest) -> HttpResponse:
    """What a creator has: per currency what is maturing, available, held, on its way; and every line behind it."""
    creator = request.creator  # type: ignore[attr-defined]
    lines = Paginator(creator_lines(creator.public_id), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "balances": queries.balances(creator),
        "lines": lines,
        "statements": creator.statements.select_related("run")[:24],
    }
    return page(request, "payouts/earnings.html", context, part="lines")


@creator_only
@require_safe
def payout_list(request: HttpRequest) -> HttpResponse:
    """The next payout with how it comes about, and all earlier ones."""
    creator = request.creator  # type: ignore[attr-defined]
    payouts = Paginator(creator.payouts.select_related("run"), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "next": queries.prospects(now=timezone.now(), creator=creator),
        "balances": queries.balances(creator),
        "account": PayoutAccount.objects.filter(creator=creator).first(),
        "payouts": payouts,
        "skips": creator.payout_skips.select_related("run")[:12],
    }
    return page(request, "payouts/payout_list.html", context)


@creator_only
@require_safe
def payout_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """One payout: its way in time, and every line it pays. Another creator's payout does not exist here."""
    payout = get_object_or_404(
        Payout.objects.select_related("run"),
        public_id=public_id,
        creator=request.creator,  # type: ignore[attr-defined]
    )
    context = {"payout": payout, "steps": queries.timeline(payout), "items": queries.items_of(payout)}
    return page(request, "payouts/payout_detail.html", context)


@staff_only
@require_http_methods(["GET", "POST"])
def payout_run_list(request: HttpRequest) -> HttpResponse:
    """All paydays, and a preview of the next; a POST opens it (or goes on with the one that is open)."""
    now = timezone.now()
    form = OpenRunForm(request.POST or None, initial={"period": queries.next_period(now)})
    if request.method == "POST" and form.is_valid():
        try:
            run = runs.open_run(now=now, period=form.cleaned_data["period"], opened_by=_person(request))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(run)
    preview = queries.prospects(now=now)
    context = {
        "form": form,
        "runs": PayoutRun.objects.all()[:50],
        "totals": queries.totals(preview),
        "preview": _in_order(preview)[:200],
    }
    return page(request, "payouts/payout_run_list.html", context, status=422 if form.errors else 200)


@staff_only
@require_http_methods(["GET", "POST"])
def payout_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One payday: what was planned, how far it is, the proof. A POST carries it on, or cancels one of its payouts."""
    run = get_object_or_404(PayoutRun, pk=run_id)
    if request.method == "POST":
        return _change_run(request, run)
    states = queries.progress(run)
    context = {
        "run": run,
        "progress": states,
        "preview": _in_order(queries.prospects(now=timezone.now(), upto=run.cutoff))[:200] if run.is_planned else [],
        "payouts": run.payouts.select_related("creator")[:500],
        "skips": run.skips.select_related("creator")[:500],
        "cancel_form": CancelForm(),
    }
    return page(request, "payouts/payout_run.html", context, part="progress")


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _change_run(request: HttpRequest, run: PayoutRun) -> HttpResponse:
    if "payout" not in request.POST:
        enqueue("payouts.reserve_run", run_id=run.pk)
        return redirect(run)
    payout = get_object_or_404(run.payouts, public_id=request.POST["payout"])
    form = CancelForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["reason"][0]))
        return redirect(run)
    try:
        sending.cancel_payout(payout=payout, now=timezone.now(), reason=form.cleaned_data["reason"])
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(run)


def _in_order(found: list[Prospect]) -> list[Prospect]:
    """Who is paid first, the largest amount on top; then who is left out."""
    return sorted(found, key=lambda prospect: (not prospect.is_paid, -prospect.look.amount))
