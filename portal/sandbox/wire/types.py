"""Reading the SDK's annotations: names that exist only for type checkers are looked up where they come from."""

import ast
import importlib
import inspect
import typing
from functools import cache
from typing import Any, ForwardRef

import typing_extensions
from stripe._request_options import RequestOptions
from stripe._stripe_object import StripeObject

from portal.sandbox.wire.routes import Named

REQUIRED = (typing.Required, typing_extensions.Required)
NOT_REQUIRED = (typing.NotRequired, typing_extensions.NotRequired)
LITERAL = (typing.Literal, typing_extensions.Literal)
# Options of the call (key, idempotency key, account) share the dictionary with its parameters in the SDK.
CALL_OPTIONS = set(RequestOptions.__annotations__)


@cache
def _imported(module: str) -> dict[str, tuple[str, str]]:
    """Name → (module, name) for every import of a module, those under `if TYPE_CHECKING` too."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


class _Names(dict[str, Any]):
    def __init__(self, module: str) -> None:
        super().__init__(vars(importlib.import_module(module)))
        self.module = module

    def __missing__(self, name: str) -> Any:
        if name in typing.__all__:
            return getattr(typing, name)
        module, original = _imported(self.module)[name]
        return getattr(importlib.import_module(module), original)


@cache
def _names(module: str) -> _Names:
    return _Names(module)


@cache
def evaluate(annotation: Any, module: str) -> Any:
    """An annotation of the SDK as a type; text and forward references are read inside `module`."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        # The text comes from the installed SDK's own source, never from a request.
        return eval(annotation, {"__builtins__": __builtins__}, _names(module))
    return annotation


def resolve(named: Named) -> Any:
    return evaluate(named.text, named.module)


def unwrap(annotation: Any, module: str) -> tuple[Any, bool | None]:
    """Required[X] → (X, True), NotRequired[X] → (X, False), X → (X, None)."""
    annotation = evaluate(annotation, module)
    origin = typing.get_origin(annotation)
    if origin in NOT_REQUIRED:
        return typing.get_args(annotation)[0], False
    if origin in REQUIRED:
        return typing.get_args(annotation)[0], True
    return annotation, None


@cache
def param_fields(params: Any) -> dict[str, tuple[Any, bool]]:
    """Fields of a parameter dictionary: name → (type, required)."""
    fields = {}
    for name, annotation in params.__annotations__.items():
        if name in CALL_OPTIONS:
            continue
        tp, required = unwrap(annotation, params.__module__)
        fields[name] = (tp, name in params.__required_keys__ if required is None else required)
    return fields


@cache
def object_fields(cls: type) -> dict[str, tuple[Any, str]]:
    """Fields of an object class by their names on the wire: name → (type, module it is to be read in)."""
    fields: dict[str, tuple[Any, str]] = {}
    renamed = getattr(cls, "_field_remappings", {})
    for base in reversed(cls.__mro__):
        if base in (StripeObject, object) or not issubclass(base, StripeObject):
            continue
        for name, annotation in inspect.get_annotations(base).items():
            if not name.startswith("_") and "ClassVar" not in str(annotation):
                fields[renamed.get(name, name)] = (evaluate(annotation, base.__module__), base.__module__)
    return fields


def union_args(tp: Any) -> tuple[Any, ...] | None:
    return typing.get_args(tp) if str(type(tp)).endswith(("_UnionGenericAlias'>", "UnionType'>")) else None


def is_optional(tp: Any) -> bool:
    return type(None) in (union_args(tp) or ())
