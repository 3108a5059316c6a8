"""Every URL declares who may see it. A test walks all URLs and fails where the declaration is missing.

Declarations of this floor: `public`, `signed_in`, `staff_only`, `machine`. Higher floors add their own with `declare`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

View = TypeVar("View", bound=Callable[..., Any])


def declare(view: View, who: str) -> View:
    """Write on the view who may see it; the word is shown in the tour and checked by the house test."""
    view.access = who  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Everybody, strangers too."""
    return declare(view, "public")


def machine(view: View) -> View:
    """Machines that prove themselves with a signature or key; the view itself checks it."""
    return declare(view, "machine")


def signed_in(view: View) -> View:
    """Everybody who is signed in; others are sent to the sign-in page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return declare(guarded, "signed in")  # type: ignore[return-value]


def staff_only(view: View) -> View:
    """Staff. Strangers are sent to sign in, everybody else gets 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not (request.user.is_active and request.user.is_staff):
            raise PermissionDenied(_("This page is for staff."))
        return view(request, *args, **kwargs)

    return declare(guarded, "staff")  # type: ignore[return-value]


def demo_or_staff(view: View) -> View:
    """Everybody while the portal is a demo, staff otherwise: pages that show how the house is made."""
    guarded_by_role = staff_only(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return (view if settings.DEMO else guarded_by_role)(request, *args, **kwargs)

    return declare(guarded, "demo or staff")  # type: ignore[return-value]
