"""Every named URL of the URL configuration, Django's and allauth's too: what is not listed here does not exist."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.views import View

READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Address:
    """One named URL. `methods` is empty where the view takes any; `access` is "" for others' views."""

    name: str
    path: str
    parameters: tuple[str, ...]
    access: str
    methods: frozenset[str]
    module: str

    @property
    def is_admin(self) -> bool:
        return self.name.startswith("admin:")

    @property
    def is_foreign(self) -> bool:
        """A page that Django or ninja draw whole: the back office, the description of the API."""
        return self.is_admin or self.name.startswith("api:")

    @property
    def only_writes(self) -> bool:
        return bool(self.methods) and not self.methods & {"GET"}


def addresses(urlconf: str | None = None) -> list[Address]:
    """All of them, in the order in which they are tried. Unnamed ones only redirect to a named one (admin, allauth)."""
    return list(_walk(get_resolver(urlconf), "", (), ""))


def _walk(resolver: URLResolver, prefix: str, parameters: tuple[str, ...], space: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        more = (*parameters, *_groups(entry.pattern.regex))
        if isinstance(entry, URLResolver):
            yield from _walk(entry, path, more, space + (f"{entry.namespace}:" if entry.namespace else ""))
        elif isinstance(entry, URLPattern) and entry.name:
            view = entry.callback
            yield Address(
                name=space + entry.name,
                path=path,
                parameters=more,
                access=getattr(view, "access", ""),
                methods=methods_of(view),
                module=function_of(view).__module__,
            )


def _groups(regex: re.Pattern[str]) -> list[str]:
    """The names of what a path holds; Django's admin has some that are only numbered."""
    return [*regex.groupindex, *map(str, range(regex.groups - len(regex.groupindex)))]


def function_of(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view without its decorators."""
    inner = inspect.unwrap(view)
    while isinstance(inner, partial):
        inner = inspect.unwrap(inner.func)
    return inner


def methods_of(view: Callable[..., Any]) -> frozenset[str]:
    """What a `require_…` decorator lets through, or what a class-based view implements; empty if neither says."""
    layer: Any = view
    while layer is not None:
        if listed := _closed_over(layer).get("request_method_list"):
            return frozenset(listed)
        layer = layer.func if isinstance(layer, partial) else getattr(layer, "__wrapped__", None)
    shown = getattr(view, "view_class", None)
    if isinstance(shown, type) and issubclass(shown, View):
        return frozenset(verb.upper() for verb in shown.http_method_names if hasattr(shown, verb))
    return frozenset()


def _closed_over(function: Any) -> dict[str, Any]:
    """The variables that a decorator keeps for the function it returned."""
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is None or not cells:
        return {}
    return dict(zip(code.co_freevars, (_content(cell) for cell in cells), strict=False))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None
