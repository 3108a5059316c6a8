"""Django's {% url %} and the icons' tags, made quick: every page has dozens, and each gives the same again and again.

Listed last among the built-in tags, so that templates need not know.
"""

from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template import Context, defaulttags
from django.template.base import Parser, Token
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from heroicons.templatetags import heroicons

register = template.Library()


class QuickURLNode(defaulttags.URLNode):
    def render(self, context: Context) -> str:
        name = self.view_name.resolve(context)
        args = tuple(arg.resolve(context) for arg in self.args)
        # Names of another app, and objects that are written as text, are Django's to look up.
        if self.kwargs or ":" in str(name) or not all(isinstance(arg, str | int) for arg in args):
            return super().render(context)
        try:
            url = address(settings.ROOT_URLCONF, name, args)
        except NoReverseMatch:
            if self.asvar is None:
                raise
            url = ""
        if self.asvar:
            context[self.asvar] = url
            return ""
        return conditional_escape(url) if context.autoescape else url


# One portal a process: its addresses and where it is mounted stay the same. `typed`: 1 and True are equal, their
# addresses are not.
@lru_cache(maxsize=20_000, typed=True)
def address(root: str, name: str, args: tuple[str | int, ...]) -> str:
    return reverse(name, urlconf=root, args=args)


@register.tag
def url(parser: Parser, token: Token) -> defaulttags.URLNode:
    node = defaulttags.url(parser, token)
    return QuickURLNode(node.view_name, node.args, node.kwargs, node.asvar)


@register.simple_tag(name="static")
@lru_cache(maxsize=2_000)
def static_address(path: str) -> str:
    """{% static "js/app.js" %}: looked up in the manifest once."""
    return static(path)


@lru_cache(maxsize=2_000)
def _icon(style: str, name: str, size: int | None, attrs: tuple[tuple[str, Any], ...]) -> SafeString:
    return SafeString(getattr(heroicons, f"heroicon_{style}")(name, size=size, **dict(attrs)))


@register.simple_tag
def heroicon_micro(name: str, *, size: int | None = 16, **attrs: Any) -> SafeString:
    return _icon("micro", name, size, tuple(attrs.items()))


@register.simple_tag
def heroicon_mini(name: str, *, size: int | None = 20, **attrs: Any) -> SafeString:
    return _icon("mini", name, size, tuple(attrs.items()))


@register.simple_tag
def heroicon_outline(name: str, *, size: int | None = 24, **attrs: Any) -> SafeString:
    return _icon("outline", name, size, tuple(attrs.items()))


@register.simple_tag
def heroicon_solid(name: str, *, size: int | None = 24, **attrs: Any) -> SafeString:
    return _icon("solid", name, size, tuple(attrs.items()))
