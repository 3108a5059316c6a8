"""Refuse what is far too large before it is read, where Django would read the whole body to find the form's token."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from portal.kit.page import page

View = TypeVar("View", bound=Callable[..., Any])
# The form's other fields, and the borders between them.
AROUND = 1_000_000


def limited_upload(view: View) -> View:
    """At most the largest file of a post and a little around it. The form's token is checked as everywhere."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        most = max(settings.MEDIA_MOST_MB.values())
        if int(request.META.get("CONTENT_LENGTH") or 0) > most * 1_000_000 + AROUND:
            return page(request, "subscriptions/upload_too_large.html", {"most": most}, status=413)
        return protected(request, *args, **kwargs)

    return guarded  # type: ignore[return-value]
