"""Access declared on the view: for creators, and for those who prove once more who they are."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.accounts.models import Creator, User
from portal.kit.access import declare

View = TypeVar("View", bound=Callable[..., Any])


class SignedInRequest(HttpRequest):
    """What a `signed_in` view is given."""

    user: User


class CreatorRequest(SignedInRequest):
    """What a `creator_only` view is given."""

    creator: Creator


DEMO_CONFIRMATION = "confirmed_in_demo_at"
DEMO_CONFIRMATION_LASTS = timedelta(minutes=5)


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


def payout_details_guard(view: View) -> View:
    """Before payout details change: a second factor is set up, and was asked for within the last minutes.

    Goes under the decorator that declares access. Who has no second factor is sent to set one up. People of the demo
    have none: they are shown where it would be asked for, and go on with one click, which production never offers.
    """
    reauthenticated = reauthentication_required(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if is_mfa_enabled(request.user):
            return reauthenticated(request, *args, **kwargs)
        if not settings.DEMO:
            messages.warning(request, _("Set up a second factor first. It protects where your money goes."))
            return redirect("mfa_index")
        if _confirmed_in_demo(request, timezone.now()):
            return view(request, *args, **kwargs)
        # A form cannot be sent again by a redirect: after the confirmation the person finds its page.
        back = request.get_full_path() if request.method in ("GET", "HEAD") else request.headers.get("Referer", "/")
        return redirect(f"{reverse('confirm_in_demo')}?{urlencode({'next': back})}")

    return guarded  # type: ignore[return-value]


def remember_demo_confirmation(request: HttpRequest, now: datetime) -> None:
    request.session[DEMO_CONFIRMATION] = now.timestamp()


def _confirmed_in_demo(request: HttpRequest, now: datetime) -> bool:
    at = request.session.get(DEMO_CONFIRMATION, 0.0)
    return timedelta(0) <= timedelta(seconds=now.timestamp() - at) < DEMO_CONFIRMATION_LASTS
