"""Holding a request, an answer or an event against the SDK's types. Each type is compiled once into a small function.

A finding is a text 'path: problem'. `form` means that values came from a form body, where everything is text.
"""

import decimal
import re
import typing
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import stripe
import typing_extensions
from stripe import v2 as stripe_v2
from stripe._object_classes import get_object_class
from stripe._search_result_object import SearchResultObject
from stripe._stripe_object import StripeObject, UntypedStripeObject
from stripe.events._event_classes import get_v2_event_class

from portal.sandbox.wire import types
from portal.sandbox.wire.routes import Route

Checker = Callable[[Any, str], list[str]]
INTEGER = re.compile(r"-?\d+")
LISTS = {stripe.ListObject: "list", SearchResultObject: "search_result", stripe_v2.ListObject: None}


@cache
def class_of(kind: str, version: str = "V1") -> type:
    """The SDK's class for an `object` name; LookupError when there is none."""
    cls = get_object_class(version, kind)  # type: ignore[arg-type]
    if cls is StripeObject:
        raise LookupError(f"the SDK knows no object {kind!r}")
    return cls


def _all(problems: Iterable[list[str]]) -> list[str]:
    return [problem for found in problems for problem in found]


@cache
def checker(tp: Any, module: str, form: bool) -> Checker:
    tp, _ = types.unwrap(tp, module)
    origin, args = typing.get_origin(tp), typing.get_args(tp)
    if tp in (Any, object) or isinstance(tp, typing.TypeVar):
        return lambda value, at: []
    if (members := types.union_args(tp)) is not None:
        return _union(members, module, form)
    if origin in types.LITERAL:
        return lambda value, at: [] if value in args else [f"{at}: {value!r} is not one of {list(args)[:8]}"]
    if tp in PLAIN:
        return PLAIN[tp](form)
    if (origin or tp) in LISTS:
        return _list_object(LISTS[origin or tp], args, module)
    if (origin or tp) is UntypedStripeObject:
        return lambda value, at: [] if isinstance(value, dict) else [f"{at}: not an object"]
    if origin is list:
        return _sequence(checker(args[0], module, form), form)
    if origin is dict:
        each = checker(args[1], module, form)
        return lambda value, at: (
            _all(each(item, f"{at}.{key}") for key, item in value.items())
            if isinstance(value, dict)
            else [f"{at}: not a map"]
        )
    if typing_extensions.is_typeddict(tp):
        return _params(tp, form)
    if isinstance(tp, type) and issubclass(tp, StripeObject):
        return lambda value, at: check_object(tp, value, at)
    raise TypeError(f"the wire check does not know {tp!r} of {module}")


def _null(form: bool) -> Checker:
    return lambda value, at: [] if value is None else [f"{at}: not null"]


def _text(form: bool) -> Checker:
    return lambda value, at: [] if isinstance(value, str) else [f"{at}: not a string ({value!r:.40})"]


def _boolean(form: bool) -> Checker:
    def check(value: Any, at: str) -> list[str]:
        fine = isinstance(value, bool) or (form and value in ("true", "false"))
        return [] if fine else [f"{at}: not a boolean ({value!r:.40})"]

    return check


def _integer(form: bool) -> Checker:
    def check(value: Any, at: str) -> list[str]:
        fine = (isinstance(value, int) and not isinstance(value, bool)) or (
            form and isinstance(value, str) and INTEGER.fullmatch(value)
        )
        return [] if fine else [f"{at}: not an integer ({value!r:.40})"]

    return check


def _number(form: bool) -> Checker:
    def check(value: Any, at: str) -> list[str]:
        try:
            fine = not isinstance(value, bool) and decimal.Decimal(str(value)).is_finite()
        except decimal.InvalidOperation:
            fine = False
        return [] if fine else [f"{at}: not a number ({value!r:.40})"]

    return check


PLAIN: dict[Any, Callable[[bool], Checker]] = {
    type(None): _null,
    str: _text,
    bool: _boolean,
    int: _integer,
    float: _number,
    decimal.Decimal: _number,
}


def _union(members: tuple[Any, ...], module: str, form: bool) -> Checker:
    options: list[Any] = [types.unwrap(member, module)[0] for member in members]
    if any(typing.get_origin(o) in types.LITERAL and typing.get_args(o) != ("",) for o in options):
        # `Literal[...] | str` is how the SDK leaves an enum open for the future; we hold ourselves to what is known.
        options = [option for option in options if option is not str]
    by_kind = {
        option.OBJECT_NAME: checker(option, module, form)
        for option in options
        if _is_object(option) and hasattr(option, "OBJECT_NAME")
    }
    each = [(checker(option, module, form), _is_shaped(option)) for option in options]

    def check(value: Any, at: str) -> list[str]:
        if isinstance(value, dict) and value.get("object") in by_kind:
            return by_kind[value["object"]](value, at)
        worst: list[str] | None = None
        for member, shaped in each:
            if not (found := member(value, at)):
                return []
            # A member that at least has the right shape gives the more useful message.
            if worst is None or (shaped and isinstance(value, dict)):
                worst = found
        return worst or []

    return check


def _is_shaped(option: Any) -> bool:
    return typing_extensions.is_typeddict(option) or _is_object(option)


def _is_object(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, StripeObject)


def as_sequence(value: Any, form: bool) -> Any:
    """A form's {'0': a, '1': b} and '' are lists too."""
    if form and value == "":
        return []
    if form and isinstance(value, dict) and all(key.isdigit() for key in value):
        return [value[key] for key in sorted(value, key=int)]
    return value


def _sequence(each: Checker, form: bool) -> Checker:
    def check(value: Any, at: str) -> list[str]:
        value = as_sequence(value, form)
        if not isinstance(value, list):
            return [f"{at}: not a list"]
        return _all(each(item, f"{at}[{index}]") for index, item in enumerate(value))

    return check


def _params(tp: Any, form: bool) -> Checker:
    def check(value: Any, at: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{at}: not a map"]
        fields = types.param_fields(tp)
        found = [f"{at}: unknown parameter {name!r}" for name in value if name not in fields]
        found += [f"{at}: missing {n!r}" for n, (_, required) in fields.items() if required and n not in value]
        for name, item in value.items():
            if name in fields:
                found += checker(fields[name][0], tp.__module__, form)(item, f"{at}.{name}")
        return found

    return check


def _list_object(name: str | None, args: tuple[Any, ...], module: str) -> Checker:
    def check(value: Any, at: str) -> list[str]:
        if not isinstance(value, dict) or not isinstance(value.get("data"), list) or value.get("object") != name:
            return [f"{at}: not a list object"]
        if name and not (isinstance(value.get("has_more"), bool) and isinstance(value.get("url"), str)):
            return [f"{at}: a list without has_more and url"]
        if not args:
            return []
        each = checker(args[0], module, False)
        return _all(each(item, f"{at}.data[{index}]") for index, item in enumerate(value["data"]))

    return check


def check_object(cls: type, value: Any, at: str = "") -> list[str]:
    """Departures of a wire value from an object class: missing, unknown and wrongly typed fields, all the way down."""
    at = at or cls.__name__
    if not isinstance(value, dict):
        return [f"{at}: not an object ({value!r:.40})"]
    name = getattr(cls, "OBJECT_NAME", None)
    if name == "v2.core.event":
        # Declared by its general class, sent as the class of its type.
        cls = get_v2_event_class(str(value.get("type")))
    if name and value.get("object") != name:
        return [f"{at}: object is {value.get('object')!r}, not {name!r}"]
    if value.get("deleted") is True:
        return [] if "id" in value else [f"{at}: deleted without id"]
    fields = types.object_fields(cls)
    found = [f"{at}: unknown field {key!r}" for key in value if key not in fields]
    for key, (tp, module) in fields.items():
        if key in value:
            found += checker(tp, module, False)(value[key], f"{at}.{key}")
        elif key != "deleted" and not types.is_optional(tp):
            found.append(f"{at}: missing {key!r}")
    return found


def check_params(route: Route, params: dict[str, Any]) -> list[str]:
    """Departures of a request: unknown, missing and wrongly typed parameters."""
    if route.version == "V2" and route.method == "GET":
        # The next page's token, which only the address in `next_page_url` ever names.
        params = {name: value for name, value in params.items() if name != "page"}
    if route.params is None:
        return [f".{name}: unknown parameter {name!r}" for name in params]
    return checker(types.resolve(route.params), route.params.module, route.version == "V1")(params, "")


def check_result(route: Route, value: Any) -> list[str]:
    if route.result is None:
        return []
    return checker(types.resolve(route.result), route.result.module, False)(value, f"{route.method} {route.path}")


@cache
def _snapshot_types() -> frozenset[str]:
    """The types a webhook endpoint may ask for."""
    fields = types.param_fields(stripe.params.WebhookEndpointCreateParams)
    enum = types.evaluate(
        typing.get_args(fields["enabled_events"][0])[0], "stripe.params._webhook_endpoint_create_params"
    )
    options = types.union_args(enum) or (enum,)
    return frozenset(v for o in options if typing.get_origin(o) in types.LITERAL for v in typing.get_args(o))


def check_event(event: dict[str, Any]) -> list[str]:
    """Departures of an event, of its type and of the object it carries."""
    at = str(event.get("type"))
    if event.get("object") == "v2.core.event":
        cls = get_v2_event_class(at)
        if not hasattr(cls, "LOOKUP_TYPE"):
            return [f"{at}: no such thin event"]
        return check_object(cls, event, at)
    if at not in _snapshot_types():
        return [f"{at}: no such event"]
    carried = event["data"]["object"]
    return check_object(class_of("event"), event, at) + check_object(class_of(carried["object"]), carried, at)
