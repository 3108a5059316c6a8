"""A decorator that remembers functions by name."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class Registry(Generic[Function]):
    """`on = Registry("event")`; `@on("invoice.paid")` remembers; `on["invoice.paid"]` finds. A name is taken once."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self.functions: dict[str, Function] = {}

    def __call__(self, name: str) -> Callable[[Function], Function]:
        def remember(function: Function) -> Function:
            known = self.functions.get(name)
            if known is not None and known.__module__ != function.__module__:
                raise ValueError(f"the {self.noun} {name!r} is taken by {known.__module__}")
            self.functions[name] = function
            return function

        return remember

    def __getitem__(self, name: str) -> Function:
        return self.functions[name]

    def get(self, name: str) -> Function | None:
        return self.functions.get(name)

    def names(self) -> list[str]:
        return sorted(self.functions)
