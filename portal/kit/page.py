"""Answer with a whole page, or with the named part of it when htmx asks."""

from collections.abc import Mapping
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    part: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or only its partial `part` for an htmx request (never on a history restore)."""
    htmx = request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware
    name = f"{template}#{part}" if part and htmx and not htmx.history_restore_request else template
    response = render(request, name, context, status=status)
    if name != template and len(get_messages(request)):
        # A part has no place for messages: they go along and find the page's.
        response.write(render_to_string("ui/toasts_later.html", request=request))
    patch_vary_headers(response, ["HX-Request"])
    return response
