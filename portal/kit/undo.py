"""Say that something was done, with a way back: a message whose toast holds a form."""

import json
from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise


def offer_undo(
    request: HttpRequest, text: str | Promise, url: str, fields: Mapping[str, str] | None = None, label: str = ""
) -> None:
    """`url` is a path of this portal that takes POST with `fields` and undoes what `text` says."""
    if not url.startswith("/") or url.startswith("//"):
        raise ValueError("an undo leads to a path of this portal")
    undo = {"url": url, "fields": dict(fields or {}), "label": label}
    messages.success(request, str(text), extra_tags="undo" + json.dumps(undo))


def read_undo(extra_tags: str | None) -> dict[str, object] | None:
    """What `offer_undo` put beside a message; None for a message without."""
    tags = extra_tags or ""
    return json.loads(tags.removeprefix("undo")) if tags.startswith("undo{") else None
