"""Emojis in text: `:name:` becomes a picture in clean HTML, and a part of its own in a chat message."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from portal.kit.markdown import render_markdown

NAME = re.compile(r":([a-z][a-z0-9_]{1,23}):")
# A tag ends at the first > outside quotes.
TAG = re.compile(r"""(<(?:"[^"]*"|'[^']*'|[^'">])*>)""")


def render_post(body: str, emojis: Mapping[str, str]) -> SafeString:
    """Markdown as clean HTML; `emojis` is name → address. Code and the inside of tags stay as written."""
    html, inside_code = [], 0
    for part in TAG.split(render_markdown(body)):
        if part.startswith("<"):
            inside_code += part in ("<code>", "<pre>")
            inside_code -= part in ("</code>", "</pre>")
            html.append(part)
        else:
            html.append(part if inside_code else NAME.sub(lambda found: _picture(found, emojis), part))
    return mark_safe("".join(html))


def _picture(found: re.Match[str], emojis: Mapping[str, str]) -> str:
    address = emojis.get(found[1])
    if address is None:
        return found[0]
    return f'<img class="emoji" src="{escape(address)}" alt="{found[0]}" width="28" height="28">'


def chat_parts(text: str, emojis: Mapping[str, str]) -> list[dict[str, Any]]:
    """A message in parts, each {"text": …} or {"emoji": name, "src": address}; made once, shown by everybody's page."""
    parts: list[dict[str, Any]] = []
    at = 0
    for found in NAME.finditer(text):
        if found[1] not in emojis:
            continue
        if found.start() > at:
            parts.append({"text": text[at : found.start()]})
        parts.append({"emoji": found[1], "src": emojis[found[1]]})
        at = found.end()
    if at < len(text):
        parts.append({"text": text[at:]})
    return parts
