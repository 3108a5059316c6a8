"""Every route of Stripe's API, read from the source of the SDK's service modules."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import stripe

SDK = Path(stripe.__file__).parent


class Named(NamedTuple):
    """A type by name: the expression `text`, to be read inside the SDK's `module`."""

    module: str
    text: str


class Route(NamedTuple):
    method: str
    path: str
    params: Named | None
    result: Named | None
    pattern: re.Pattern[str]

    @property
    def version(self) -> str:
        """'V1' (form-encoded, snapshot events) or 'V2' (JSON, thin events)."""
        return "V2" if self.path.startswith("/v2/") else "V1"

    def ids(self, path: str) -> tuple[str, ...]:
        found = self.pattern.match(path)
        return found.groups() if found else ()


def _literal_path(node: ast.expr) -> str | None:
    """'/v1/customers', or the template of '/v1/customers/{customer}'.format(...)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _literal_path(node.func.value)
    return None


def _annotation(node: ast.expr | None) -> str | None:
    """The type's name inside "X" or Optional["X"]."""
    if isinstance(node, ast.Subscript):
        node = node.slice
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _read(module: str, source: str) -> Iterator[Route]:
    for service in (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)):
        for method in (node for node in service.body if isinstance(node, ast.FunctionDef)):
            for call in ast.walk(method):
                if not (isinstance(call, ast.Call) and getattr(call.func, "attr", None) == "_request"):
                    continue
                path, verb = _literal_path(call.args[1]), _literal_path(call.args[0])
                if not path or not verb:
                    continue
                takes = _annotation(next((a.annotation for a in method.args.args if a.arg == "params"), None))
                gives = method.returns.value if isinstance(method.returns, ast.Constant) else None
                pattern = re.compile("^" + re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(path)) + "$")
                yield Route(
                    verb.upper(),
                    path,
                    Named(module, takes) if takes else None,
                    Named(module, gives) if isinstance(gives, str) else None,
                    pattern,
                )


@cache
def routes() -> dict[tuple[str, str], Route]:
    """(method, path template) → route; about 650 of them in under a second, once a process."""
    found: dict[tuple[str, str], Route] = {}
    for file in sorted(SDK.rglob("_*_service.py")):
        module = ".".join(("stripe", *file.relative_to(SDK).with_suffix("").parts))
        for route in _read(module, file.read_text(encoding="utf-8")):
            found[route.method, route.path] = route
    return found


@cache
def _by_length() -> dict[tuple[str, int], list[Route]]:
    table: dict[tuple[str, int], list[Route]] = defaultdict(list)
    for route in routes().values():
        table[route.method, route.path.count("/")].append(route)
    for rows in table.values():
        # A literal segment wins over a placeholder: /customers/search is no customer.
        rows.sort(key=lambda route: route.path.count("{"))
    return table


def find(method: str, path: str) -> Route | None:
    return next((r for r in _by_length().get((method, path.count("/")), []) if r.pattern.match(path)), None)
