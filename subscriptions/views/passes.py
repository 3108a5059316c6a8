"""A pass, for whoever bought it: from when until when it opens what, and the way to the next."""

from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.kit.access import signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions.purchases import refresh_purchase
from subscriptions.models import Grant, Purchase
from subscriptions.views.creators import private
from subscriptions.views.requests import PersonRequest


@signed_in
@require_safe
def pass_detail(request: PersonRequest, public_id: str) -> HttpResponse:
    """Back from the provider, or later: asks the provider itself, so no event has to arrive first."""
    rows = Purchase.objects.filter(kind=Purchase.Kind.PASS).select_related("creator", "price__tier", "buyer")
    bought, now = get_object_or_404(rows, public_id=public_id, buyer=request.user), timezone.now()
    with suppress(Refusal):
        bought = refresh_purchase(purchase=bought, now=now)
    context = {"bought": bought, "grant": Grant.objects.filter(source=bought.source).first()}
    return private(page(request, "subscriptions/pass_detail.html", context))
