"""How the money is shared: what a creator has and why; and for staff the versions, and what a new one would do."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.access import CreatorRequest, creator_only
from portal.kit.access import staff_only
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions.shares import publish_share
from subscriptions.forms.shares import ShareForm
from subscriptions.models import ShareDecision
from subscriptions.queries import shares as questions
from subscriptions.views.requests import PersonRequest


@creator_only
@require_safe
def share(request: CreatorRequest) -> HttpResponse:
    """A creator's share: each condition, their own number and the gap; this month, the next, and every month before."""
    creator = request.creator
    context = {
        "view": questions.share_view(creator=creator, now=timezone.now()),
        "decisions": ShareDecision.objects.filter(creator=creator).select_related("share")[:24],
    }
    return page(request, "subscriptions/share.html", context)


@staff_only
@require_safe
def share_list(request: PersonRequest) -> HttpResponse:
    """Every version of the share for all, newest first."""
    return page(request, "subscriptions/share_list.html", {"shares": questions.shares_for_all()})


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def share_new(request: PersonRequest) -> HttpResponse:
    """Try another share on last month's payments (an address to pass on), then publish it."""
    now = timezone.now()
    asked = request.POST if request.method == "POST" else request.GET or None
    form = ShareForm(asked, initial={"effective_date": now.date()})
    run = None
    if form.is_bound and form.is_valid():
        if request.method == "POST":
            try:
                values = form.cleaned_data
                made = publish_share(
                    effective_date=values["effective_date"], note=values["note"], now=now, **form.terms()
                )
                messages.success(request, _("Published: %(share)s") % {"share": made})
                return redirect("share_list")
            except Refusal as refusal:
                form.add_error(refusal.field, str(refusal))
        if not form.errors:
            run = questions.dry_run(now=now, **form.terms())
    status = 422 if request.method == "POST" else 200
    return page(request, "subscriptions/share_new.html", {"form": form, "run": run}, status=status)
