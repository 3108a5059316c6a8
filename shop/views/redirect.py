"""The affiliate redirect. It needs no Redis; with one, `shop.redirects` answers most requests before Django does."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.kit.access import public
from shop import visitors
from shop.actions.links import record_click
from shop.models import Click, Link


@public
@require_safe
def affiliate_link(request: HttpRequest, code: str) -> HttpResponse:
    """Write the click down, then send the visitor on. A closed link leads to the product's page and earns nothing."""
    link = Link.objects.select_related("product", "creator").filter(code=code).first()
    if link is None:
        raise Http404("No such link.")
    now = timezone.now()
    if link.closed_at is not None and link.closed_at <= now:
        return redirect(link.product)
    if request.method == "HEAD" or is_prefetch(request):
        return HttpResponseRedirect(link.destination())
    visitor = visitors.unseal(request.COOKIES.get(visitors.COOKIE, "")) or visitors.new_visitor()
    click = record_click(
        link=link,
        visitor=visitor,
        now=now,
        region=request.user.country if request.user.is_authenticated else "",
        referrer=visitors.referrer_host(request.headers.get("Referer", "")),
        flag=_flag(request, link),
    )
    answer = HttpResponseRedirect(visitors.with_click(link.destination(), click.token))
    answer.headers["Cache-Control"] = "no-store"
    answer.set_cookie(
        visitors.COOKIE,
        visitors.seal(visitor),
        max_age=visitors.COOKIE_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer


def is_prefetch(request: HttpRequest) -> bool:
    """A browser that guesses where somebody might go has not clicked."""
    return "prefetch" in request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")


def _flag(request: HttpRequest, link: Link) -> str:
    if request.user.is_authenticated and request.user.pk == link.creator.user_id:
        return Click.Flag.OWN
    return Click.Flag.BOT if visitors.is_machine(request.headers.get("User-Agent", "")) else Click.Flag.NONE
