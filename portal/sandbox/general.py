"""What most kinds of objects share: retrieve, list, change plain fields, delete; and lists, pages, expanding."""

import json
import re
import typing
from typing import Any

from portal.sandbox import wire
from portal.sandbox.errors import invalid, not_simulated
from portal.sandbox.registry import KINDS, Call, Obj
from portal.sandbox.wire import types
from portal.sandbox.wire.routes import Route
from portal.sandbox.world import World

DEEPEST = 4
PAGING = {"limit", "starting_after", "ending_before", "expand", "created"}
SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def kind_of(route: Route) -> tuple[str, bool]:
    """The kind of object a route is about, and whether it lists them."""
    result = types.resolve(route.result) if route.result else object
    if args := typing.get_args(result):
        result = types.evaluate(args[0], route.result.module if route.result else "stripe")
        return getattr(result, "OBJECT_NAME", ""), True
    return getattr(result, "OBJECT_NAME", ""), False


def answer(box: World, route: Route, call: Call) -> Obj:
    """Simulate a route that has no handler of its own, if its kind is known; else 501."""
    name, listing = kind_of(route)
    kind = KINDS.get(name)
    plain = re.fullmatch(r"/v1/[a-z_]+(/[a-z_]+)?(/\{\w+\})?", route.path)
    if kind is None or not plain or len(call.ids) > 1 or "search" in route.path:
        raise not_simulated(f"{call.method} {route.path}")
    if listing and not call.ids:
        return list_page(box, call, name)
    if len(call.ids) != 1:
        raise not_simulated(f"{call.method} {route.path}")
    obj = box.get(call.id, name, account=call.account)
    if call.method == "GET":
        return obj
    if call.method == "DELETE" and kind.deletes:
        return _delete(box, obj, kind.event)
    if call.method == "POST" and kind.updates:
        return update(box, obj, call.params, kind.updates, kind.event, account=call.account)
    raise not_simulated(f"{call.method} {route.path}")


def update(box: World, obj: Obj, params: Obj, fields: frozenset[str], event: str, *, account: str = "") -> Obj:
    given = {name: value for name, value in params.items() if name != "expand"}
    if unknown := set(given) - fields:
        raise not_simulated(f"the parameter {min(unknown)} of an update of {obj['object']}")
    before = json.loads(json.dumps(obj))
    wire.merge(obj, given)
    if event and (changed := {k: v for k, v in before.items() if obj.get(k) != v}):
        box.emit(f"{event}.updated", obj, account=account, before=changed)
    return obj


def _delete(box: World, obj: Obj, event: str) -> Obj:
    gone = box.drop(obj)
    if event:
        box.emit(f"{event}.deleted", obj)
    return gone


def as_list(data: list[Obj], url: str, has_more: bool = False) -> Obj:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def list_page(
    box: World,
    call: Call,
    kind: str,
    *,
    where: str = "",
    values: tuple[Any, ...] = (),
    skip: str = "",
    account: str | None = None,
) -> Obj:
    """One page, newest first, filtered by the parameters that are plain fields; those in `skip` are seen to by `where`."""
    params = {k: v for k, v in call.params.items() if k not in PAGING and k not in skip.split()}
    fields = types.object_fields(wire.class_of(kind))
    for name, value in params.items():
        if name not in fields or not isinstance(value, str | int | bool):
            raise not_simulated(f"the filter {name} of {call.path}")
    account = call.account if account is None else account
    where, values = _narrowed(call.params.get("created"), "created", where, values)
    rows, more = page_of(box, call, kind, account, where, values, params)
    return as_list(rows, call.path, more)


def _narrowed(given: Any, field: str, where: str, values: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Add a filter by time: a moment, or {gt, gte, lt, lte}."""
    if given is None:
        return where, values
    parts = given.items() if isinstance(given, dict) else [("equal", given)]
    conditions = [where] if where else []
    for name, moment in parts:
        conditions.append(f"json_extract(body, '$.{field}') {SIGNS.get(name, '=')} ?")
        values = (*values, moment)
    return " AND ".join(conditions), values


def page_of(
    box: World, call: Call, kind: str, account: str, where: str, values: tuple[Any, ...], fields: Obj
) -> tuple[list[Obj], bool]:
    limit = call.params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("This value must be between 1 and 100.", code="parameter_invalid_integer", param="limit")
    after, before = call.params.get("starting_after"), call.params.get("ending_before")
    if cursor := after or before:
        box.get(cursor, kind, param="starting_after" if after else "ending_before")
        place = f"seq {'<' if after else '>'} (SELECT seq FROM objects WHERE id = ?)"
        where, values = (f"{where} AND {place}" if where else place), (*values, cursor)
    if before and not after:
        rows = box.all(kind, account=account, where=where, values=values, **fields)
        return rows[-limit:], len(rows) > limit
    rows = box.all(kind, account=account, where=where, values=values, limit=limit + 1, **fields)
    return rows[:limit], len(rows) > limit


Extras = dict[tuple[str, str], typing.Callable[[World, Obj], Any]]
# What an object shows only when asked to (`expand`): (kind, field) → how it is found.
INCLUDED: Extras = {}


def expand(box: World, answer: Obj, paths: list[str]) -> Obj:
    """A copy with the named references replaced by the objects they name. An unknown name is refused as at Stripe."""
    answer = json.loads(json.dumps(answer))
    for path in paths:
        if path.count(".") >= DEEPEST:
            raise invalid(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}", param="expand"
            )
        _expand(box, answer, path.split("."), path)
    return answer


def _expand(box: World, node: Any, parts: list[str], path: str) -> None:
    if isinstance(node, list):
        for item in node:
            _expand(box, item, parts, path)
        return
    if not parts or not isinstance(node, dict):
        return
    name, kind = parts[0], node.get("object")
    if kind == "list" or (kind == "search_result" and name == "data"):
        _expand(box, node.get("data"), parts[1:] if name == "data" else parts, path)
        return
    if kind and name not in types.object_fields(wire.class_of(kind)):
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    if node.get(name) is None and (str(kind), name) in INCLUDED:
        node[name] = json.loads(json.dumps(INCLUDED[str(kind), name](box, node)))
    elif isinstance(node.get(name), str):
        node[name] = json.loads(json.dumps(box.find(node[name]) or node[name]))
    elif isinstance(node.get(name), list):
        node[name] = [box.find(item) or item if isinstance(item, str) else item for item in node[name]]
        node[name] = json.loads(json.dumps(node[name]))
    _expand(box, node.get(name), parts[1:], path)
