"""All paths of the portal, for the tests that hold each of them to the rules of the house."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Others' views: they have rules, access and tests of their own.
FOREIGN = ("django.", "allauth.", "ninja.", "portal.admin_site")


@dataclass(frozen=True)
class Route:
    path: str
    name: str | None
    view: Callable[..., Any]
    arguments: tuple[str, ...]

    @property
    def function(self) -> Callable[..., Any]:
        """The view without its decorators."""
        view = inspect.unwrap(self.view)
        while isinstance(view, partial):
            view = inspect.unwrap(view.func)
        return view

    @property
    def ours(self) -> bool:
        return not (self.function.__module__.startswith(FOREIGN) or self.view.__module__.startswith(FOREIGN))

    @property
    def access(self) -> str | None:
        return getattr(self.view, "access", None)

    @property
    def source(self) -> str:
        return inspect.getsource(self.function)

    @property
    def app(self) -> str:
        """`portal.payouts`, `shop`: the app that the view lives in."""
        parts = self.function.__module__.split(".")
        return ".".join(parts[: 2 if parts[0] == "portal" else 1])

    def __str__(self) -> str:
        return f"{self.view.__module__}.{self.view.__name__} at /{self.path}"


def _walk(resolver: URLResolver, prefix: str, arguments: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        more = (*arguments, *entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            if entry.app_name not in ("admin", "djdt"):
                yield from _walk(entry, path, more)
        elif isinstance(entry, URLPattern):
            yield Route(path, entry.name, entry.callback, more)


def routes() -> list[Route]:
    """Our own paths, in the order in which they are tried."""
    return [route for route in _walk(get_resolver(), "", ()) if route.ours]
