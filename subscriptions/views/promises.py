from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts.access import creator_only
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions.promises import state_promise
from subscriptions.forms.promises import PromiseForm
from subscriptions.models import PromiseOutcome, Tier, TierPromise
from subscriptions.queries.promises import in_force, month_of, promise_boards
from subscriptions.views.requests import CreatorRequest


@creator_only
@require_http_methods(["GET", "HEAD", "POST"])
def promise_edit(request: CreatorRequest, public_id: str) -> HttpResponse:
    """What a tier promises a month. A change holds from the next month on; this page says from when."""
    now = timezone.now()
    tier = get_object_or_404(Tier.objects.not_archived(), creator=request.creator, public_id=public_id)
    following = PromiseOutcome.following(month_of(now))
    stated = in_force(TierPromise.objects.filter(tier=tier), following)
    held = {kind: promise.a_month for (_tier, kind), promise in stated.items()}
    form = PromiseForm(request.POST if request.method == "POST" else None, held=held)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                for kind, a_month in form.cleaned_data.items():
                    state_promise(tier=tier, kind=kind, a_month=a_month, by=request.user, now=now)
            messages.success(request, _("Saved. It holds from the first of next month on."))
            return redirect("promise_edit", public_id=public_id)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    boards = [board for board in promise_boards(creator=request.creator, at=now) if board.tier == tier]
    context = {"form": form, "tier": tier, "following": following, "boards": boards, "studio": True}
    return page(request, "subscriptions/promise_edit.html", context, status=422 if form.errors else 200)
