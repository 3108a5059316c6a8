"""Access for people who work for a brand, declared on the view."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from portal.kit.access import declare
from shop.models import Brand
from shop.queries import brands_of

View = TypeVar("View", bound=Callable[..., Any])


def brand_of(request: HttpRequest) -> Brand | None:
    """The brand the person works for, looked up once a request; with several, the one chosen last (`?brand=slug`)."""
    if not hasattr(request, "_brand"):
        brands = list(brands_of(request.user)) if request.user.is_authenticated else []
        if len(brands) > 1:
            wanted = request.GET.get("brand") or request.session.get("brand")
            chosen = next((brand for brand in brands if brand.slug == wanted), brands[0])
            request.session["brand"] = chosen.slug
            brands = [chosen]
        request._brand = brands[0] if brands else None  # type: ignore[attr-defined]
    return request._brand  # type: ignore[attr-defined]


def brand_only(view: View) -> View:
    """People of a brand; sets `request.brand`. Strangers are sent to sign in, everybody else gets 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        brand = brand_of(request)
        if brand is None:
            raise PermissionDenied("This page is for people who work for a brand.")
        request.brand = brand  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return declare(guarded, "brand")  # type: ignore[return-value]
