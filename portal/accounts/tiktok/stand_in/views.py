from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.accounts.tiktok.stand_in.answers import Question, answer, give_code
from portal.accounts.tiktok.stand_in.people import BY_SLUG, PEOPLE
from portal.kit.access import machine, public
from portal.kit.page import page


def _only_as_stand_in() -> None:
    if settings.PRODUCTION or not settings.TIKTOK_STAND_IN:
        raise Http404("There is no stand-in here.")


@public
@require_http_methods(["GET", "HEAD", "POST"])
def tiktok_consent(request: HttpRequest) -> HttpResponse:
    """TikTok's consent page, played by the stand-in: choose who to be, or say no."""
    _only_as_stand_in()
    asked = request.GET
    # Back to our own callback and nowhere else: this page must not forward people to strangers.
    callback = request.build_absolute_uri(reverse("tiktok_callback"))
    if asked.get("client_key") != settings.TIKTOK_CLIENT_KEY or asked.get("redirect_uri") != callback:
        raise BadRequest("The stand-in does not know this client.")
    if request.method == "POST":
        answered = {"state": asked.get("state", "")}
        person = request.POST.get("person", "")
        if person in BY_SLUG:
            scope = asked.get("scope", "")
            code = give_code(person=person, scope=scope, redirect_uri=callback, now=timezone.now())
            answered |= {"code": code, "scopes": scope}
        else:
            answered |= {"error": "access_denied", "error_description": "The person said no."}
        return redirect(f"{callback}?{urlencode(answered)}")
    return page(
        request, "accounts/tiktok_consent.html", {"people": PEOPLE, "scopes": asked.get("scope", "").split(",")}
    )


@csrf_exempt
@machine
def tiktok_stand_in(request: HttpRequest, path: str) -> HttpResponse:
    """The stand-in's API over HTTP, in TikTok's shapes."""
    _only_as_stand_in()
    question = Question(
        method=request.method or "",
        path=f"/{path}",
        query=request.GET.dict(),
        body=request.body,
        bearer=request.headers.get("Authorization", "").removeprefix("Bearer "),
    )
    answered = answer(question, timezone.now())
    return JsonResponse(answered.payload, status=answered.status)
