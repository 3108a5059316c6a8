"""Markdown written by people, made safe: no raw HTML, an allow-list of tags, links that pass nothing on."""

from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "hr", "img", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["table", "strikethrough", "linkify"])


def render_markdown(text: str) -> SafeString:
    """Markdown (CommonMark, tables, strike-through, bare links) → clean HTML without h1, scripts, styles or frames."""
    html = _parser().render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return mark_safe(
        nh3.clean(
            html,
            tags=TAGS,
            attributes=ATTRIBUTES,
            link_rel="nofollow ugc noopener",
            url_schemes={"http", "https", "mailto"},
        )
    )
