"""What the frame of every page needs: who is asking, in which role, and where they may go."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from portal.accounts.models import User
from portal.home import navigation
from portal.home.styles import stylesheet


def frame(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    return {
        "site_name": settings.SITE_NAME,
        "is_sandbox": settings.SANDBOX,
        "is_demo": settings.DEMO,
        "stylesheet_url": reverse("stylesheet", args=[stylesheet().digest]),
        "theme": user.theme if user and user.is_authenticated else request.COOKIES.get("theme", ""),
        # Lazy: a fragment for htmx has no frame, and then nothing is asked.
        "nav": SimpleLazyObject(lambda: _nav(request)),
    }


def _nav(request: HttpRequest) -> dict[str, Any]:
    from portal.home.roles import current_role, role_links, unread_notices

    role = current_role(request)
    return {
        "role": role,
        "roles": role_links(request, role),
        "side": navigation.side(role, request.path),
        "bottom": navigation.bottom(role, request.path),
        "foot": navigation.foot(request.path, is_demo=settings.DEMO),
        "console": navigation.address("console") if role == "staff" else "",
        "switch_role": navigation.address("switch_role"),
        "notices": navigation.address("notice_list"),
        "settings": navigation.address("settings"),
        "unread": unread_notices(request),
        "languages": settings.LANGUAGES,
        "themes": User.Theme.choices,
    }
