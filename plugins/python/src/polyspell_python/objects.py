"""The host's objects and errors, as a trusted script has them in CPython."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, ClassVar, Self

from polyspell.errors import PolyspellError
from polyspell.scripting.declare import FunctionSpec, HandleSpec
from polyspell.scripting.values import HandleRef

from polyspell_python.face import shown

Ask = Callable[[str | HandleRef, FunctionSpec, list[Any], dict[str, Any]], Any]


class Error(PolyspellError, RuntimeError):
    """An error of the host, in a script: `code`, `message`, `hint` and `context` say what it is."""

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__(
            str(data.get("message", "")),
            code=str(data.get("code", "error")),
            hint=str(data.get("hint") or ""),
            retryable=bool(data.get("retryable")),
            context=data.get("context") or {},
        )

    def __str__(self) -> str:
        return self.message


class MissingModule(Error, ModuleNotFoundError):
    """The host has no such module."""


class LimitReached(BaseException):
    """A limit of the script's sandbox. Whoever catches it meets it again."""


class Record:
    """Named fields of the host's, read as attributes."""

    def __init__(self, kind: str, fields: dict[str, Any]) -> None:
        self.__dict__.update(fields)
        self._kind, self._names = kind, tuple(fields)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{self._kind}({fields})"


class Handle:
    """An object of the host's. Subclasses, made from a declaration, have its methods."""

    _spec: ClassVar[HandleSpec]

    def __init__(self, ref: HandleRef, dropped: Callable[[int], None]) -> None:
        self._ref, self._dropped = ref, dropped

    def __repr__(self) -> str:
        return f"<{self._ref.type} {self._ref.id}>"

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self._dropped(self._ref.id)


_closing: set[asyncio.Future[Any]] = set()


class _Closing(Handle):
    """A handle whose `close` ends a with statement."""

    close: Callable[[], Any]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        result = self.close()
        if inspect.iscoroutine(result):  # it waits, and a plain `with` cannot
            _closing.add(task := asyncio.ensure_future(result))
            task.add_done_callback(_closing.discard)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await finished(self.close())


class _Stream(Handle):
    """A handle that `async for` goes over."""

    async def __aiter__(self) -> AsyncIterator[Any]:
        over = False
        try:
            while item := await finished(getattr(self, str(self._spec.iterates))()):
                yield item[0]
            over = True
        finally:
            if not over and isinstance(self, _Closing):
                await finished(self.close())


async def finished(value: Any) -> Any:
    """A value, awaited where it can be."""
    return await value if isinstance(value, Awaitable) else value


def handle_class(spec: HandleSpec, ask: Ask) -> type[Handle]:
    """The class of a type of handle."""
    bases: tuple[type, ...] = (Handle,)
    if any(m.name == "close" for m in spec.methods):
        bases = (_Closing, *bases)
    if spec.iterates:
        bases = (_Stream, *bases)
    members = {shown(m.name): _member(m, ask) for m in spec.methods}
    if spec.calls:
        members["__call__"] = members[spec.calls]
    return type(spec.name, bases, {"_spec": spec, **members, "__doc__": spec.doc})


def _member(spec: FunctionSpec, ask: Ask) -> Any:
    def member(self: Handle, *arguments: Any, **named: Any) -> Any:
        return ask(self._ref, spec, list(arguments), named)

    member.__name__, member.__doc__ = spec.name, spec.doc
    return property(member) if spec.is_property else member


class Module:
    """A module of the API. Subclassed for each, since it may have properties."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __repr__(self) -> str:
        return f"<module 'polyspell.{self.__name__}'>"


def module_object(name: str, functions: tuple[FunctionSpec, ...], ask: Ask, doc: str) -> Module:
    """A module of the API, by its declaration."""
    members: dict[str, Any] = {"__doc__": doc}
    for spec in functions:
        if spec.is_property:
            members[shown(spec.name)] = _property(name, spec, ask)
    made: Module = type(name or "polyspell", (Module,), members)(name)
    for spec in functions:
        if not spec.is_property:
            setattr(made, shown(spec.name), caller(name, spec, ask))
    return made


def _property(target: str, spec: FunctionSpec, ask: Ask) -> property:
    return property(lambda self: ask(target, spec, [], {}), doc=spec.doc)


def caller(target: str, spec: FunctionSpec, ask: Ask) -> Callable[..., Any]:
    """A function of the API."""

    def call(*arguments: Any, **named: Any) -> Any:
        return ask(target, spec, list(arguments), named)

    call.__name__, call.__doc__ = spec.name, spec.doc
    return call


def error_data(error: BaseException) -> dict[str, Any]:
    """What an error that a script let pass says, without its place."""
    if isinstance(error, PolyspellError):
        return error.to_dict()
    text = str(error)
    name = type(error).__name__
    return {"code": "script", "message": f"{name}: {text}" if text else name}
