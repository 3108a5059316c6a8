from datetime import datetime

from csp.constants import SELF
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import SignedInRequest
from portal.kit.access import public, signed_in
from portal.kit.page import page
from portal.kit.undo import offer_undo
from portal.notices import actions
from portal.notices.kinds import ALWAYS_IN_BELL, kind_name, kinds_for
from portal.notices.models import Notice, NoticePreference, OutboxEmail
from portal.notices.outbox import letter_policy

A_PAGE = 25


@signed_in
@require_safe
def notice_list(request: SignedInRequest) -> HttpResponse:
    """The bell: everything a person was told, newest first."""
    notices = Notice.objects.in_bell().filter(user=request.user)
    context = {
        "notices": Paginator(notices, A_PAGE).get_page(request.GET.get("page")),
        "unread": Notice.objects.unread().filter(user=request.user).exists(),
    }
    return page(request, "notices/notice_list.html", context)


@signed_in
@require_POST
def notice_read(request: SignedInRequest, notice_id: int) -> HttpResponse:
    """Mark one as read and go where it points."""
    notice = get_object_or_404(Notice, pk=notice_id, user=request.user)
    actions.mark_read(user=request.user, notice=notice, now=timezone.now())
    # Notices are written by the portal, yet a path is all they may hold.
    local = notice.url.startswith("/") and not notice.url.startswith("//")
    return redirect(notice.url if local else "notice_list")


@signed_in
@require_POST
def notice_read_all(request: SignedInRequest) -> HttpResponse:
    """Mark everything as read; POST with `back`, the moment it was done, takes that back."""
    if "back" in request.POST:
        if read_at := _moment(request.POST["back"]):
            actions.mark_unread(user=request.user, read_at=read_at)
        return redirect("notice_list")
    now = timezone.now()
    count = actions.mark_read(user=request.user, now=now)
    said = ngettext("%(count)s notice is read.", "%(count)s notices are read.", count) % {"count": count}
    offer_undo(request, said, request.path, {"back": now.isoformat()})
    return redirect("notice_list")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def notice_settings(request: SignedInRequest) -> HttpResponse:
    """For each kind: in the bell, by email, both or neither."""
    kinds = kinds_for(request.user)
    if request.method == "POST":
        for kind in kinds:
            bell, email = f"bell:{kind}" in request.POST, f"email:{kind}" in request.POST
            actions.prefer(user=request.user, kind=kind, bell=bell, email=email)
        messages.success(request, _("Your choices are saved."))
        return redirect("notice_settings")
    wishes = {row.kind: row for row in NoticePreference.objects.filter(user=request.user)}
    rows = [
        {
            "kind": kind,
            "name": kind_name(kind),
            "bell": kind in ALWAYS_IN_BELL or (wishes[kind].bell if kind in wishes else True),
            "bell_stays": kind in ALWAYS_IN_BELL,
            "email": wishes[kind].email if kind in wishes else True,
        }
        for kind in kinds
    ]
    return page(request, "notices/notice_settings.html", {"rows": rows})


def _only_in_demo_or_for_staff(request: HttpRequest) -> None:
    if not settings.DEMO and not (request.user.is_authenticated and request.user.is_staff):
        raise PermissionDenied(_("Mails are read by those they are for."))


@public
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """The mails of a portal without a mail server: for everybody in the demo, else for staff."""
    _only_in_demo_or_for_staff(request)
    mails = OutboxEmail.objects.defer("text", "html")
    if address := request.GET.get("to", "").strip():
        mails = mails.filter(to__icontains=address)
    context = {"mails": Paginator(mails, A_PAGE).get_page(request.GET.get("page")), "to": address}
    return page(request, "notices/outbox.html", context)


@public
@require_safe
def outbox_email(request: HttpRequest, email_id: int) -> HttpResponse:
    """One mail: as text, and its HTML in a frame that may do nothing."""
    _only_in_demo_or_for_staff(request)
    answer = page(request, "notices/outbox_email.html", {"mail": get_object_or_404(OutboxEmail, pk=email_id)})
    answer._csp_update = {"frame-src": [SELF]}  # type: ignore[attr-defined]  # what csp_update() sets
    return answer


@public
@require_safe
@xframe_options_sameorigin
def outbox_letter(request: HttpRequest, email_id: int) -> HttpResponse:
    """The HTML of a mail as it went out. Its policy lets its own style in, by its hash, and nothing else."""
    _only_in_demo_or_for_staff(request)
    mail = get_object_or_404(OutboxEmail.objects.exclude(html=""), pk=email_id)
    return HttpResponse(mail.html, headers={"Content-Security-Policy": letter_policy(mail.html)})
