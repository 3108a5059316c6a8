"""The hosted invoice page: read an invoice, pay an open one."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.kit.access import public
from portal.sandbox.engine import box
from portal.sandbox.errors import ApiError
from portal.sandbox.forms import CardForm
from portal.sandbox.views.pages import one, refuse, to_confirmation


@public
@require_http_methods(["GET", "POST"])
def hosted_invoice(request: HttpRequest, invoice_id: str) -> HttpResponse:
    invoice = one(invoice_id, "invoice")
    if invoice["status"] == "draft":
        raise Http404("The invoice is not finished.")
    form = CardForm(request.POST or None)
    if request.method == "POST" and invoice["status"] == "open" and form.is_valid():
        arguments = {"invoice_id": invoice_id, "card": form.cleaned_data["card"]}
        back = reverse("hosted_invoice", args=[invoice_id])
        try:
            box().pay_invoice(**arguments)
            return redirect(back)
        except ApiError as error:
            if error.code == "authentication_required":
                return to_confirmation("pay_invoice", arguments, back, back)
            refuse(form, error)
    context = {"invoice": invoice, "form": form if invoice["status"] == "open" else None}
    return render(request, "sandbox/hosted_invoice.html", context, status=422 if form.errors else 200)
