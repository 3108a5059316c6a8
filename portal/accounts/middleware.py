"""What a request needs to know of the person: time zone, and that staff have a second factor."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone


class PersonMiddleware:
    """Times are shown in the person's own zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.user.time_zone != "UTC":
            with timezone.override(ZoneInfo(request.user.time_zone)):
                return self.get_response(request)
        return self.get_response(request)


class StaffMfaMiddleware:
    """Staff doors open only to people who have a second factor; others are sent to set one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        staff_door = request.path.startswith((reverse("admin:index"), "/ops/"))
        user = request.user
        if staff_door and user.is_authenticated and user.is_staff and not is_mfa_enabled(user) and not settings.DEMO:
            return redirect("mfa_index")
        return self.get_response(request)
