"""Building values of the SDK's types: the smallest valid object, form text into typed values, parameters onto an object."""

import json
import typing
from decimal import Decimal
from functools import cache
from typing import Any

import stripe
import typing_extensions
from stripe._search_result_object import SearchResultObject
from stripe._stripe_object import StripeObject, UntypedStripeObject

from portal.sandbox.wire import types
from portal.sandbox.wire.check import as_sequence, checker, class_of
from portal.sandbox.wire.routes import Route

Obj = dict[str, Any]


def _blank(tp: Any, module: str) -> Any:
    """The smallest valid wire value of a type."""
    tp, _ = types.unwrap(tp, module)
    origin, args = typing.get_origin(tp), typing.get_args(tp)
    if (members := types.union_args(tp)) is not None:
        if type(None) in members:
            return None
        options = [types.evaluate(member, module) for member in members]
        literal = [option for option in options if typing.get_origin(option) in types.LITERAL]
        return _blank((literal or options)[0], module)
    if origin in types.LITERAL:
        return args[0]
    if (origin or tp) in (stripe.ListObject, SearchResultObject):
        return {"object": "list", "data": [], "has_more": False, "url": "/"}
    if origin is list:
        return []
    if origin is dict or (origin or tp) is UntypedStripeObject:
        return {}
    if isinstance(tp, type) and issubclass(tp, StripeObject):
        return new_of(tp)
    return {str: "", bool: False, int: 0, float: 0.0, Decimal: "0"}.get(tp)


@cache
def _template(cls: type) -> str:
    """Without what is only given when asked for (`expand`), which is every embedded list that may be missing."""
    blank = {}
    # The SDK cannot read a null where it expects a map of objects.
    maps = getattr(cls, "_inner_class_dicts", [])
    for name, (tp, module) in types.object_fields(cls).items():
        if name == "deleted" or (types.is_optional(tp) and ("ListObject[" in str(tp) or name in maps)):
            continue
        blank[name] = {} if name == "metadata" else _blank(tp, module)
    return json.dumps(blank)


def new_of(cls: type, **values: Any) -> Obj:
    return {**json.loads(_template(cls)), **values}


def new(kind: str, version: str = "V1", **values: Any) -> Obj:
    """The smallest valid object of a kind ('customer', 'checkout.session'), with `values` laid over it."""
    return new_of(class_of(kind, version), **values)


@cache
def _inner_class(kind: str, path: str, version: str) -> type:
    cls: type = class_of(kind, version)
    for name in path.split("."):
        cls = getattr(cls, "_inner_class_types")[name]  # noqa: B009
    return cls


def inner(kind: str, path: str, version: str = "V1", **values: Any) -> Obj:
    """The smallest valid value of a nested class: inner('price', 'recurring', interval='month')."""
    return new_of(_inner_class(kind, path, version), **values)


def decode_params(route: Route, params: Obj) -> Obj:
    """A checked form body with its texts turned into the integers, booleans and lists that the parameters ask for."""
    if route.params is None or route.version == "V2":
        return params
    return _decode(types.resolve(route.params), route.params.module, params)


def _decode(tp: Any, module: str, value: Any) -> Any:
    tp, _ = types.unwrap(tp, module)
    origin, args = typing.get_origin(tp), typing.get_args(tp)
    if (members := types.union_args(tp)) is not None:
        fitting = [m for m in members if not checker(m, module, True)(value, "")]
        # Text fits `str` always: any narrower type that fits says more.
        best = next((m for m in fitting if types.unwrap(m, module)[0] is not str), str)
        return _decode(best, module, value)
    if tp is bool:
        return value in ("true", True)
    if tp is int:
        return int(value)
    if tp is float:
        return float(value)
    if origin is list:
        return [_decode(args[0], module, item) for item in as_sequence(value, True)]
    if origin is dict:
        return {key: _decode(args[1], module, item) for key, item in value.items()}
    if typing_extensions.is_typeddict(tp):
        fields = types.param_fields(tp)
        return {name: _decode(fields[name][0], tp.__module__, item) for name, item in value.items()}
    return value


def merge(obj: Obj, params: Obj, version: str = "V1") -> None:
    """Lay parameters over the fields of the same name; '' empties, metadata is merged key by key."""
    _merge(obj, params, class_of(obj["object"], version))


def _merge(obj: Obj, params: Obj, cls: type) -> None:
    fields = types.object_fields(cls)
    for name, value in params.items():
        if name == "metadata":
            kept = {**(obj.get("metadata") or {}), **(value or {})}
            obj["metadata"] = {} if value in ("", None) else {k: v for k, v in kept.items() if v not in ("", None)}
        elif name in fields:
            obj[name] = _fitted(obj.get(name), value, *fields[name])


def _fitted(old: Any, value: Any, tp: Any, module: str) -> Any:
    if value == "" and types.is_optional(tp):
        return None
    if not isinstance(value, dict):
        return value
    options = [types.evaluate(member, module) for member in types.union_args(tp) or (tp,)]
    cls: Any = next((o for o in options if isinstance(o, type) and issubclass(o, StripeObject)), None)
    if cls is None or not types.object_fields(cls):
        return value
    fitted = old if isinstance(old, dict) else new_of(cls)
    _merge(fitted, value, cls)
    return fitted
