"""Access for creators, declared on the view."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from portal.accounts.models import Creator
from portal.kit.access import declare

View = TypeVar("View", bound=Callable[..., Any])


def creator_of(request: HttpRequest) -> Creator | None:
    """The creator side of the person who asks, looked up once a request."""
    if not hasattr(request, "_creator"):
        user = request.user
        request._creator = Creator.objects.filter(user=user).first() if user.is_authenticated else None  # type: ignore[attr-defined]
    return request._creator  # type: ignore[attr-defined]


def creator_only(view: View) -> View:
    """Creators; sets `request.creator`. Strangers are sent to sign in, others to the page where one becomes a creator."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        creator = creator_of(request)
        if creator is None:
            return redirect("become_creator")
        request.creator = creator  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return declare(guarded, "creator")  # type: ignore[return-value]
