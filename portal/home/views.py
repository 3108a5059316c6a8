from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from portal.home import queries
from portal.home.roles import current_role
from portal.home.styleguide import samples
from portal.home.styles import stylesheet as current_stylesheet
from portal.kit.access import demo_or_staff, public
from portal.kit.page import page

A_YEAR = 31_536_000


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everybody's first page: the landing page for strangers, what needs one now for everybody else."""
    now, role, user = timezone.now(), current_role(request), request.user
    context: dict[str, Any]
    if not user.is_authenticated:
        context = {"creators": queries.creators_to_visit(now)}
    elif role == "creator":
        context = queries.creator_home(user.creator, now)
    elif role == "staff":
        context = queries.staff_home(now)
    elif role == "brand":
        return redirect("brand_home")
    else:
        context = queries.fan_home(user, now)
    context |= {"role": role, "piece": f"home/_{role or 'landing'}.html"}
    return page(request, "home/home.html", context)


@public
@require_safe
def stylesheet(request: HttpRequest, digest: str) -> HttpResponse:
    """All style sheets as one. The address holds the hash of the content, so it may be kept for ever."""
    style = current_stylesheet()
    encoding, body = style.encoded(request.headers.get("Accept-Encoding", ""))
    response = HttpResponse(body, content_type="text/css; charset=utf-8")
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if digest == style.digest else "no-cache"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@demo_or_staff
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every piece the pages are built of, in each of its states."""
    return page(request, "home/styleguide.html", samples())
