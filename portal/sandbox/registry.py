"""Handlers find their place by decorator: of a route, of a kind of object, of a thing that falls due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.sandbox.world import World

Obj = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request: typed parameters, the ids in its path, the connected account it speaks for ('' is the platform)."""

    method: str
    path: str
    params: Obj
    ids: tuple[str, ...]
    account: str

    @property
    def id(self) -> str:
        return self.ids[-1]


Handler = Callable[["World", Call], Obj]
DueHandler = Callable[["World", str], None]


@dataclass(frozen=True)
class Handled:
    handler: Handler
    takes: frozenset[str]


@dataclass(frozen=True)
class Kind:
    """What the general layer may do with a kind of object: change these fields, delete it, tell of its changes."""

    updates: frozenset[str] = field(default_factory=frozenset)
    deletes: bool = False
    event: str = ""


HANDLED: dict[tuple[str, str], Handled] = {}
KINDS: dict[str, Kind] = {}
DUE: dict[str, DueHandler] = {}


def handles(method: str, path: str, takes: str = "") -> Callable[[Handler], Handler]:
    """Simulate a route. `takes` names the parameters understood ('items.price metadata'); any other answers 501."""

    def register(handler: Handler) -> Handler:
        HANDLED[method, path] = Handled(handler, frozenset(takes.split()))
        return handler

    return register


def falls_due(what: str) -> Callable[[DueHandler], DueHandler]:
    """Simulate a thing that time brings; the handler looks again whether it still applies."""

    def register(handler: DueHandler) -> DueHandler:
        DUE[what] = handler
        return handler

    return register


def kind(name: str, *, updates: str = "", deletes: bool = False, event: str = "") -> None:
    """Let the general layer retrieve and list a kind of object, and change the fields named."""
    KINDS[name] = Kind(frozenset(updates.split()), deletes, event)


def unknown_leaves(params: Obj, takes: frozenset[str], at: str = "") -> list[str]:
    """Names of parameters (lists are looked through) that `takes` does not cover."""
    found = []
    for name, value in params.items():
        path = f"{at}{name}"
        if path in takes:
            continue
        items = value if isinstance(value, list) else [value]
        deeper = [item for item in items if isinstance(item, dict)]
        if deeper and any(token.startswith(path + ".") for token in takes):
            found += [leaf for item in deeper for leaf in unknown_leaves(item, takes, path + ".")]
        else:
            found.append(path)
    return found
