from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.access import creator_only
from portal.accounts.models import Creator, User
from portal.kit.access import public, signed_in, staff_only
from portal.kit.page import page
from subscriptions.forms.why import AsOfForm, StaffAccessForm
from subscriptions.models import Membership
from subscriptions.queries import why as reasons
from subscriptions.views.creators import private
from subscriptions.views.posts import readable_post
from subscriptions.views.requests import CreatorRequest, PersonRequest


@public
@require_safe
def why_visible(request: HttpRequest, handle: str, public_id: str) -> HttpResponse:
    """Why can I see this, or why not, until when, and what would a cancel change?"""
    post = readable_post(request, handle, public_id)
    why = reasons.why_visible(viewer=request.user, post=post, at=timezone.now())
    return private(page(request, "subscriptions/why_visible.html", {"post": post, "creator": post.creator, "why": why}))


@signed_in
@require_safe
def own_access(request: PersonRequest, handle: str) -> HttpResponse:
    """Everything a fan has of a creator, and why; with all that ever opened or closed a door."""
    creator = get_object_or_404(Creator, handle=handle)
    found = reasons.dossier(fan=request.user, creator=creator, at=timezone.now(), receipts=True)
    context = {"creator": creator, "fan": request.user, "dossier": found}
    return private(page(request, "subscriptions/own_access.html", context))


@creator_only
@require_safe
def member_access(request: CreatorRequest, public_id: str) -> HttpResponse:
    """Why does a member have access, or why did they lose it? Of the creator's own members, as of any moment."""
    rows = Membership.objects.filter(creator=request.creator).select_related("fan")
    membership = get_object_or_404(rows, public_id=public_id)
    form = AsOfForm(request.GET)
    at = _moment(form)
    found = reasons.dossier(fan=membership.fan, creator=request.creator, at=at, receipts=False)
    context = {"creator": request.creator, "fan": membership.fan, "dossier": found, "form": form, "at": at}
    return private(page(request, "subscriptions/member_access.html", context))


@staff_only
@require_safe
def staff_access(request: PersonRequest) -> HttpResponse:
    """The same for any fan and creator, as of any moment."""
    form = StaffAccessForm(request.GET or None)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        fan = User.objects.filter(email=form.cleaned_data["fan"].lower()).first()
        creator = Creator.objects.filter(handle=form.cleaned_data["creator"].removeprefix("@")).first()
        if fan is None:
            form.add_error("fan", _("Nobody has this email."))
        if creator is None:
            form.add_error("creator", _("No creator has this handle."))
        if fan is not None and creator is not None:
            at = _moment(form)
            found = reasons.dossier(fan=fan, creator=creator, at=at, receipts=True)
            context |= {"fan": fan, "creator": creator, "dossier": found, "at": at}
    return private(page(request, "subscriptions/staff_access.html", context, status=422 if form.errors else 200))


def _moment(form: forms.Form) -> datetime:
    """The moment that was asked for; now where none was, or where it cannot be read."""
    given = form.cleaned_data.get("at") if form.is_valid() else None
    return given or timezone.now()
