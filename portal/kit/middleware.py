"""What every request and answer goes through: a header Django does not set, and a character no database can look up."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

POLICY = (
    "accelerometer=(), autoplay=(self), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)"
)


@sync_and_async_middleware
def PermissionsPolicyMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:  # noqa: N802  named as in MIDDLEWARE
    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponse:
            response = await get_response(request)
            response.headers["Permissions-Policy"] = POLICY
            return response

        return later

    def now(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Permissions-Policy"] = POLICY
        return response

    return now


class NullCharacterMiddleware:
    """An address with a NUL in it names nothing: 404, and 400 in a query. PostgreSQL refuses to look such text up.

    Forms refuse the character themselves; addresses have nobody else to.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        if "\x00" in request.path:
            raise Http404("No address holds a NUL.")
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("No question holds a NUL.")
