import json

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.models import Creator
from portal.kit.access import public, signed_in
from portal.kit.page import page
from portal.kit.refusal import Refusal
from subscriptions.actions.badges import sign_passport, signing_key
from subscriptions.actions.tenure import choose_badges
from subscriptions.forms.badges import BadgeForm, PassportForm
from subscriptions.models import PassportKey
from subscriptions.passport import MOST_BYTES, Checked, NotGenuine, check, drawn
from subscriptions.queries.passports import trusted_keys
from subscriptions.queries.tenure import badge_pages
from subscriptions.tenure import LADDER
from subscriptions.views.creators import private
from subscriptions.views.requests import PersonRequest
from subscriptions.views.uploads import capped_uploads

AN_HOUR = 3_600


@signed_in
@require_safe
def badge_list(request: PersonRequest) -> HttpResponse:
    """A fan's badges: both numbers, every month and where it comes from, the next step, and what others see."""
    context = {"pages": badge_pages(fan=request.user, at=timezone.now()), "ladder": LADDER}
    return private(page(request, "subscriptions/badge_list.html", context))


@signed_in
@require_POST
def badge_choice(request: PersonRequest, handle: str) -> HttpResponse:
    """What of a badge others see."""
    creator = get_object_or_404(Creator, handle=handle)
    form = BadgeForm(request.POST)
    if form.is_valid():
        choose_badges(fan=request.user, creator=creator, shown=set(form.cleaned_data["shown"]), now=timezone.now())
        messages.success(request, _("Saved. What was said before stays as it was."))
    else:
        messages.error(request, _("Choose from what is there."))
    return redirect("badge_list")


@signed_in
@require_safe
def passport(request: PersonRequest, handle: str, kind: str) -> HttpResponse:
    """The signed badge, as JSON or as a picture, to keep and to show elsewhere."""
    if kind not in ("json", "svg"):
        raise Http404
    creator = get_object_or_404(Creator, handle=handle)
    try:
        document = sign_passport(fan=request.user, creator=creator, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("badge_list")
    if kind == "svg":
        response = HttpResponse(drawn(document), content_type="image/svg+xml; charset=utf-8")
    else:
        text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
        response = HttpResponse(text + "\n", content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{handle}-badge.{kind}"'
    return private(response)


@public
@require_safe
def passport_key(request: HttpRequest) -> HttpResponse:
    """The public keys that passports are checked with: all that a checker needs, once."""
    signing_key(now=timezone.now())
    keys = [
        {
            "id": key.key_id,
            "algorithm": "Ed25519",
            "public_key": key.public_key,
            "created_at": key.created_at.isoformat(),
            "withdrawn_at": key.withdrawn_at.isoformat() if key.withdrawn_at else None,
        }
        for key in PassportKey.objects.all()
    ]
    response = JsonResponse({"keys": keys}, json_dumps_params={"indent": 2})
    response.headers["Cache-Control"] = f"public, max-age={AN_HOUR}"
    return response


@capped_uploads(MOST_BYTES)
@public
@require_http_methods(["GET", "HEAD", "POST"])
def passport_check(request: HttpRequest) -> HttpResponse:
    """Is this passport genuine? Pasted or as a file; the same check anybody can run without us."""
    is_post = request.method == "POST"
    form = PassportForm(request.POST if is_post else None, request.FILES if is_post else None)
    checked: Checked | None = None
    wrong = ""
    if is_post and form.is_valid():
        try:
            checked = check(form.content, trusted_keys())
        except NotGenuine as reason:
            wrong = _(str(reason))
    context = {"form": form, "checked": checked, "wrong": wrong}
    return private(page(request, "subscriptions/passport_check.html", context, status=422 if form.errors else 200))
