"""Foreign classes and methods: Python behind Wren's `foreign`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

from .compiler.mangle import parse_signature

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T", bound=type)
_MARK = "__wren_methods__"


class Binder(Protocol):
    """What a VM asks for the Python behind foreign classes and methods."""

    def find_class(self, module: str, name: str) -> Callable[..., Any] | None:
        """What makes an instance, given the constructor's arguments; None if there is nothing."""

    def find_method(
        self, module: str, name: str, static: bool, signature: str
    ) -> Callable[..., Any] | None:
        """The method of a class; an instance's gets the instance first."""


class Deferred(NamedTuple):
    """A foreign method that has no Python function: a call suspends the fiber, and whoever drives
    the VM finds a request with this `target` and answers it. A function may return one, too, where
    it has no answer yet."""

    target: Any

    def __call__(self, *args: Any) -> Any:
        raise TypeError("A deferred method is answered by the VM's driver.")


def method(signature: str) -> Callable[[F], F]:
    """Mark a method of a Python class as the foreign method of that Wren signature."""
    return _marker(signature, static=False)


def static(signature: str) -> Callable[[F], F]:
    """Mark a function in a Python class as the static foreign method of that Wren signature. It
    gets no receiver: put `@staticmethod` above it."""
    return _marker(signature, static=True)


def _marker(signature: str, static: bool) -> Callable[[F], F]:
    parse_signature(signature)  # a typing error shows here, not when Wren binds it

    def mark(function: F) -> F:
        marks = [*getattr(function, _MARK, ()), (static, _plain(signature))]
        setattr(function, _MARK, marks)
        return function

    return mark


def _plain(signature: str) -> str:
    return signature.replace(" ", "")


class Foreign:
    """A registry of Python classes and functions; give it to `VM(bind=...)`.

    `@api.bind("geometry")` on a class binds it to the Wren class of that name in that module, with
    its marked methods; `@api.function("host", "Clock", "now()")` binds one static method.
    """

    def __init__(self) -> None:
        self.classes: dict[tuple[str, str], type] = {}
        self.methods: dict[tuple[str, str, bool, str], Callable[..., Any]] = {}

    def bind(self, module: str, name: str | None = None) -> Callable[[T], T]:
        """Bind a Python class to a Wren class; `name` where they differ."""

        def register(cls: T) -> T:
            wren_name = name or cls.__name__
            self.classes[module, wren_name] = cls
            for attribute in dir(cls):
                function = getattr(cls, attribute, None)
                for static, signature in getattr(function, _MARK, ()):
                    assert function is not None
                    self.methods[module, wren_name, static, signature] = function
            return cls

        return register

    def function(
        self, module: str, name: str, signature: str, static: bool = True
    ) -> Callable[[F], F]:
        """Bind one method of a Wren class, static unless said otherwise."""
        parse_signature(signature)

        def register(function: F) -> F:
            self.methods[module, name, static, _plain(signature)] = function
            return function

        return register

    def find_class(self, module: str, name: str) -> Callable[..., Any] | None:
        return self.classes.get((module, name))

    def find_method(
        self, module: str, name: str, static: bool, signature: str
    ) -> Callable[..., Any] | None:
        return self.methods.get((module, name, static, signature))
