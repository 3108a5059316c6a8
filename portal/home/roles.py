"""The role a person is in right now. One person may be fan, creator, brand member and staff at once."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.accounts.access import creator_of
from portal.notices.queries import unread_count
from shop.queries import brands_of


def roles_of(request: HttpRequest) -> list[str]:
    """Every role of the person, the most working one first; [] for strangers."""
    if not request.user.is_authenticated:
        return []
    roles = []
    if creator_of(request):
        roles.append("creator")
    if _is_brand_member(request):
        roles.append("brand")
    if request.user.is_staff:
        roles.append("staff")
    return [*roles, "fan"]


def current_role(request: HttpRequest) -> str:
    """The role chosen with the switcher, else the first one; '' for strangers."""
    roles = roles_of(request)
    chosen = request.session.get("role") if roles else None
    return chosen if chosen in roles else (roles[0] if roles else "")


def role_links(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    labels = {"creator": _("Creator"), "brand": _("Brand"), "staff": _("Staff"), "fan": _("Fan")}
    return [{"name": role, "label": labels[role], "current": role == current} for role in roles_of(request)]


def unread_notices(request: HttpRequest) -> int:
    return unread_count(request.user) if request.user.is_authenticated else 0


def _is_brand_member(request: HttpRequest) -> bool:
    if not hasattr(request, "_is_brand_member"):
        member = request.user.is_authenticated and brands_of(request.user).exists()
        request._is_brand_member = member  # type: ignore[attr-defined]
    return bool(request._is_brand_member)  # type: ignore[attr-defined]
