from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.kit.access import signed_in
from portal.kit.page import page
from subscriptions.queries import posts as questions
from subscriptions.views.creators import private
from subscriptions.views.requests import PersonRequest

A_PAGE = 20
KINDS: tuple[tuple[str, str | Promise], ...] = (
    ("", _("Everything")),
    ("text", _("Text only")),
    ("picture", _("Pictures")),
    ("video", _("Videos")),
    ("file", _("Files")),
    ("poll", _("Polls")),
)


@signed_in
@require_safe
def library(request: PersonRequest) -> HttpResponse:
    """Everything the fan's memberships open, newest first; creator, kind and unread are parts of the address."""
    now, asked = timezone.now(), request.GET
    handle, kind = asked.get("creator", ""), asked.get("kind", "")
    kind = kind if kind in dict(KINDS) else ""
    unread = asked.get("unread") == "1"
    rows = questions.library(fan=request.user, at=now, handle=handle, kind=kind, unread=unread)
    found = Paginator(rows, A_PAGE).get_page(asked.get("page"))
    creators = questions.library_creators(fan=request.user, at=now)
    context = {
        "found": found,
        "cards": [questions.library_card(post, now) for post in found.object_list],
        "is_narrowed": bool(handle or kind or unread),
        "kinds": [_chip(asked, label, kind == value, kind=value) for value, label in KINDS],
        "creators": [
            _chip(asked, _("All creators"), not handle, creator=""),
            *(_chip(asked, one.display_name, handle == one.handle, creator=one.handle) for one in creators),
        ],
        "states": [
            _chip(asked, _("Read and unread"), not unread, unread=""),
            _chip(asked, _("Unread"), unread, unread="1"),
        ],
    }
    return private(page(request, "subscriptions/library.html", context))


def _chip(asked: QueryDict, label: str | Promise, current: bool, **change: str) -> dict[str, object]:
    """A filter one press away; the others stay, and one begins on the first page."""
    kept = {name: asked.get(name, "") for name in ("creator", "kind", "unread")} | change
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in kept.items() if value})
    return {"label": label, "url": f"?{query.urlencode()}", "current": current, "count": None}
