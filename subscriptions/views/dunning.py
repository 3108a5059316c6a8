"""Money that did not come, money that goes back, and what is wrong."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.kit.access import signed_in, staff_only
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions.refunds import refund_invoice
from subscriptions.actions.retries import retry_payment
from subscriptions.forms.refunds import RefundAmountForm, RefundForm
from subscriptions.models import Alarm, Membership, PaymentAttempt
from subscriptions.queries.alarms import open_alarms
from subscriptions.queries.payments import payment
from subscriptions.queries.refunds import doors_closed, has_open_dispute, refund_effect, refundable_minor
from subscriptions.views.creators import private
from subscriptions.views.requests import PersonRequest

LATELY = 50


@signed_in
@require_POST
def membership_retry(request: PersonRequest, public_id: str) -> HttpResponse:
    """A member asks that the card be charged now."""
    rows = Membership.objects.select_related("fan", "creator")
    membership = get_object_or_404(rows, public_id=public_id, fan=request.user)
    try:
        attempt = retry_payment(membership=membership, by=request.user, now=timezone.now())
        if attempt.outcome == PaymentAttempt.Outcome.PAID:
            messages.success(request, _("Paid. Your membership goes on."))
        else:
            messages.error(request, _("Your bank declined again: %(why)s") % {"why": attempt.message})
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("membership_list")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def refund_new(request: PersonRequest, public_id: str) -> HttpResponse:
    """Give a payment back, all or a part: first what that means and for whom, then the deed."""
    invoice = payment(public_id=public_id)
    if invoice is None or not (request.user.is_staff or invoice.payee.user_id == request.user.pk):
        raise Http404
    left = refundable_minor(invoice=invoice)
    look = RefundAmountForm(request.GET or None, currency=invoice.currency, left=left)
    amount = (look.cleaned_data["amount"] if look.is_bound and look.is_valid() else None) or left
    form = RefundForm(request.POST if request.method == "POST" else None, initial={"amount_minor": amount})
    if request.method == "POST" and form.is_valid():
        try:
            refund_invoice(invoice=invoice, by=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("It is on its way back."))
            return redirect("refund_new", public_id=invoice.public_id)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    context = {
        "invoice": invoice,
        "doors": doors_closed(invoice=invoice, amount_minor=amount, at=timezone.now()),
        "left": left,
        "look": look,
        "form": form,
        "effect": refund_effect(invoice=invoice, amount_minor=amount) if left else None,
        "is_disputed": has_open_dispute(invoice=invoice),
        "orders": invoice.refund_orders.select_related("asked_by", "refund"),
    }
    status = 422 if form.errors or (look.is_bound and look.errors) else 200
    return private(page(request, "subscriptions/refund_new.html", context, status=status))


@staff_only
@require_safe
def alarm_list(request: PersonRequest) -> HttpResponse:
    """What is wrong right now, and what was lately."""
    over = Alarm.objects.filter(resolved_at__isnull=False).order_by("-resolved_at", "-pk")[:LATELY]
    return page(request, "subscriptions/alarm_list.html", {"alarms": open_alarms(), "over": over})
