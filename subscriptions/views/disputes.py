"""For staff: payments that a bank asks about, what we can show, and the one answer to each."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.kit.access import staff_only
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions.disputes import accept_dispute, submit_evidence
from subscriptions.forms.disputes import EvidenceForm
from subscriptions.models import ChargeDispute, DisputeAnswer
from subscriptions.queries.disputes import dispute_dossier, open_disputes
from subscriptions.views.creators import private
from subscriptions.views.requests import PersonRequest

LATELY = 50


@staff_only
@require_safe
def dispute_list(request: PersonRequest) -> HttpResponse:
    """What a bank asks about now, the most urgent first, and what was decided lately."""
    over = ChargeDispute.objects.filter(status__in=ChargeDispute.SETTLED).select_related("answer").order_by("-pk")
    context = {"disputes": open_disputes(), "over": over[:LATELY], "now": timezone.now()}
    return private(page(request, "subscriptions/dispute_list.html", context))


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def dispute_detail(request: PersonRequest, stripe_id: str) -> HttpResponse:
    """The dossier, word for word as the bank would get it; then the answer, which is given once."""
    dispute, now = (
        get_object_or_404(ChargeDispute.objects.select_related("charge"), stripe_id=stripe_id),
        timezone.now(),
    )
    form = EvidenceForm(request.POST if "evidence" in request.POST else None)
    if request.method == "POST":
        try:
            if "accept" in request.POST:
                accept_dispute(dispute=dispute, by=request.user, now=now)
                messages.success(request, _("Accepted. The money stays with the bank's customer."))
                return redirect("dispute_detail", dispute.stripe_id)
            if form.is_valid():
                submit_evidence(dispute=dispute, by=request.user, now=now, **form.cleaned_data)
                messages.success(request, _("Sent. The bank decides now; that can take some weeks."))
                return redirect("dispute_detail", dispute.stripe_id)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("dispute_detail", dispute.stripe_id)
    context = {
        "dispute": dispute,
        "dossier": dispute_dossier(dispute=dispute),
        "answer": DisputeAnswer.objects.filter(dispute=dispute).select_related("decided_by").first(),
        "may_answer": dispute.is_open and (dispute.due_at is None or now < dispute.due_at),
        "form": form,
    }
    return private(page(request, "subscriptions/dispute_detail.html", context, status=422 if form.errors else 200))
