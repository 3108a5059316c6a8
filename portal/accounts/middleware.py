"""What a request needs to know of the person: language, time zone, and that staff have a second factor."""

import hashlib
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _


class PersonMiddleware:
    """Words in the person's own language, times in their own zone. Strangers keep what their browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without a session cookie nobody is signed in, and asking would make the answer vary by cookie.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        person = request.user
        if person.language in dict(settings.LANGUAGES):
            # LocaleMiddleware has activated the browser's choice and will name the final one in the answer.
            translation.activate(person.language)
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(ZoneInfo(person.time_zone)):
            return self.get_response(request)


class StaffMfaMiddleware:
    """Staff doors open only to people who have a second factor; others are sent to set one up.

    A staff door is the back office and every view declared `staff_only`. The demo is exempt on purpose: its people
    come in by a link, and `portal/checks.py` refuses DEMO in production.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        staff_door = getattr(view, "access", "") == "staff" or request.path.startswith(
            (reverse("admin:index"), "/ops/")
        )
        if not staff_door or settings.DEMO:
            return None
        user = request.user
        if user.is_authenticated and user.is_staff and not is_mfa_enabled(user):
            messages.warning(request, _("Staff need a second factor. Set one up, then come back."))
            return redirect("mfa_index")
        return None


class DeviceMiddleware:
    """Keeps the list of devices (allauth's user sessions) fresh: written down every five minutes, not every request."""

    EVERY_SECONDS = 300

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # As above: who has no session cookie is nobody.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            client = (
                f"{request.session.session_key} {request.META.get('REMOTE_ADDR')} {request.headers.get('User-Agent')}"
            )
            key = f"seen:{hashlib.sha256(client.encode()).hexdigest()}"
            if cache.add(key, True, self.EVERY_SECONDS):
                UserSession.objects.create_from_request(request)
        return self.get_response(request)
