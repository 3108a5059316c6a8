from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from portal.home import navigation, queries
from portal.home import search as searching
from portal.home.roles import current_role
from portal.home.styleguide import sample_work, samples
from portal.home.styles import stylesheet as current_stylesheet
from portal.kit.access import demo_or_staff, public
from portal.kit.page import page
from portal.kit.undo import offer_undo
from portal.kit.work import status_for

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


@public
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Everything with these words that the reader may see, by kind."""
    words = request.GET.get("q", "")[: searching.LONGEST].strip()
    groups = searching.search(request, words, timezone.now()) if words else []
    hits = sum(len(group.hits) for group in groups)
    context = {"words": words, "groups": groups, "hits": hits, "is_short": len(words) < searching.SHORTEST}
    return page(request, "home/search.html", context)


@public
@require_safe
def keyboard(request: HttpRequest) -> HttpResponse:
    """The keys that lead somewhere, for the role one is in, and the switch that turns them off."""
    return page(request, "home/keyboard.html", {"keys": navigation.go_keys(current_role(request))})


@demo_or_staff
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every piece the pages are built of, in each of its states."""
    return page(request, "home/styleguide.html", samples(request))


@demo_or_staff
@require_POST
def styleguide_try(request: HttpRequest) -> HttpResponse:
    """Where the forms of the style guide lead: a toast says what came, with a way back where one was asked for."""
    if chosen := len(request.POST.getlist("chosen")):
        text = ngettext("%(count)s row was chosen.", "%(count)s rows were chosen.", chosen) % {"count": chosen}
        messages.success(request, text)
    elif "undo" in request.POST:
        offer_undo(request, _("The notice is archived."), reverse("styleguide_try"), {"back": "1"})
    elif "back" in request.POST:
        messages.success(request, _("The notice is back."))
    else:
        messages.success(request, _("Saved."))
    return redirect("styleguide")


@demo_or_staff
@require_safe
def styleguide_consequence(request: HttpRequest) -> HttpResponse:
    """A page that asks before something is done; links with data-dialog show it in a dialog."""
    return page(request, "home/styleguide_consequence.html")


@demo_or_staff
@require_safe
def styleguide_work(request: HttpRequest) -> HttpResponse:
    """Twelve seconds of long work, counted from the moment in the address."""
    now = timezone.now()
    since = request.GET.get("since", "")
    if not since.isdecimal():
        return redirect(f"{request.path}?since={int(now.timestamp())}")
    work = sample_work(min(int(since), int(now.timestamp())), now, url=request.get_full_path())
    return page(request, "home/styleguide_work.html", {"work": work}, part="work", status=status_for(request, work))
