from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from portal.accounts.models import User
from portal.demo.chapters.clips import AUDIENCE
from portal.demo.people import BY_SLUG, ROLES
from portal.kit.access import public
from portal.kit.page import page


def _only_in_demo() -> None:
    if not settings.DEMO:
        raise Http404("This portal is no demo.")


@public
@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """Who one can be, each with one click."""
    _only_in_demo()
    there = set(User.objects.filter(email__in=[role.email for role in ROLES]).values_list("email", flat=True))
    context = {"roles": [role for role in ROLES if role.email in there], "audience": AUDIENCE}
    return page(request, "demo/demo.html", context)


@public
@require_safe
def demo_sign_in(request: HttpRequest, role: str) -> HttpResponse:
    """Be somebody of the demo. A link, so that a terminal can print it; production answers 404."""
    _only_in_demo()
    if role not in BY_SLUG:
        raise Http404("Nobody of the demo is called that.")
    user = get_object_or_404(User, email=BY_SLUG[role].email)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session["role"] = {"small-creator": "creator"}.get(role, role)
    return redirect("home")
