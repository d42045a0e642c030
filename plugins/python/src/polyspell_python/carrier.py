"""Values between the host and a trusted script in CPython."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from polyspell.scripting.declare import Api, HandleSpec
from polyspell.scripting.engine import ContextOptions
from polyspell.scripting.values import MAX_DEPTH, FunctionRef, HandleRef, fail, verify
from polyspell.scripting.values import Record as RecordValue

from polyspell_python.crossing import HINTS
from polyspell_python.describe import describe
from polyspell_python.objects import (
    Ask,
    Handle,
    Record,
    caller,
    finished,
    handle_class,
    module_object,
)

MAX_PARTS = 1_000_000
"""Values of more parts than this do not cross."""


class Carrier:
    """Carries values in and out, and keeps the functions that the host may call.

    Args:
        api: what the host offers.
        ask: calls it.
    """

    def __init__(self, api: Api, ask: Ask) -> None:
        self._api, self._ask = api, ask
        self._classes = {spec.name: handle_class(spec, ask) for spec in api.handles}
        self.functions: dict[int, Callable[..., Any]] = {}
        self._numbers: dict[Any, int] = {}
        self._crossed: dict[int, int] = {}
        self._count = 0
        self._dropped: list[int] = []
        self._left = 0

    def release(self, numbers: Sequence[int]) -> None:
        """The host holds these functions no more."""
        for number in numbers:
            if number in self.functions:
                self._crossed[number] -= 1
                if not self._crossed[number]:
                    del self._crossed[number]
                    self._numbers.pop(self.functions.pop(number), None)

    def take_dropped(self) -> list[int]:
        """The handles that the script let go of since the last time."""
        taken, self._dropped = self._dropped, []
        return taken

    def to_script(self, value: Any) -> Any:
        """A value of the host's for the script.

        Raises:
            ValidationError: it cannot cross.
        """
        verify(value)
        return self._in(value)

    def _in(self, value: Any) -> Any:
        kind = type(value)
        if kind is list:
            return [self._in(item) for item in value]
        if kind is dict:
            return {key: self._in(item) for key, item in value.items()}
        if kind is RecordValue:
            return Record(value.type, self._in(value.fields))
        if kind is FunctionRef:
            return self.functions[value.id]
        if kind is HandleRef:
            return self._handle(value)
        return value

    def _handle(self, ref: HandleRef) -> Handle:
        if ref.type not in self._classes:
            self._classes[ref.type] = handle_class(HandleSpec(ref.type), self._ask)
        return self._classes[ref.type](ref, self._dropped_one)

    def _dropped_one(self, number: int) -> None:
        self._dropped.append(number)

    def to_host(self, value: Any, path: str) -> Any:
        """A value of the script's for the host. A tuple becomes a list.

        Raises:
            ValidationError: it cannot cross; names the path.
        """
        self._left = MAX_PARTS
        return self._out(value, path, 0)

    def _out(self, value: Any, path: str, depth: int) -> Any:
        kind = type(value)
        self._left -= 1
        if self._left < 0:  # a few lists that share each other can be more than all memory
            fail("", f"has more than {MAX_PARTS} parts, or shares them too often")
        if kind in (list, tuple, dict, Record) and depth >= MAX_DEPTH:
            fail(path, f"is nested deeper than {MAX_DEPTH} levels, or contains itself")
        if kind is list or kind is tuple:
            return [self._out(v, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]
        if kind is dict:
            return self._fields(value, path, depth)
        if kind is Record:
            fields = {name: getattr(value, name) for name in value._names}
            return RecordValue(value._kind, self._fields(fields, path, depth))
        if isinstance(value, Handle):
            return value._ref
        if callable(value) and not isinstance(value, type):
            return self._refer(value)
        if kind.__name__ in HINTS:
            fail(
                path, f"is a {kind.__name__}, which cannot cross to the host", HINTS[kind.__name__]
            )
        verify(value, path)
        return value

    def _fields(self, value: dict[Any, Any], path: str, depth: int) -> dict[str, Any]:
        for key in value:
            if type(key) is not str:
                fail(path, f"has the key {key!r}, and only strings can be keys")
            verify(key, path)
        return {
            key: self._out(item, f"{path}.{key}" if path else key, depth + 1)
            for key, item in value.items()
        }

    def _refer(self, function: Callable[..., Any]) -> FunctionRef:
        number = self._numbers.get(function)
        if number is None:
            self._count += 1
            number = self._numbers[function] = self._count
            self.functions[number] = function
            self._crossed[number] = 0
        self._crossed[number] += 1
        name = getattr(function, "__name__", "")
        return describe(number, "" if name == "<lambda>" else name, function)

    def face(self, options: ContextOptions) -> dict[str, Any]:
        """The names of the module `polyspell`, as scripts see it."""
        names: dict[str, Any] = {n: self.to_script(v) for n, v in options.values.items()}
        for module in self._api.modules:
            if module.name:
                made = module_object(module.name, module.functions, self._ask, module.doc)
                names[module.name] = made
            else:
                names.update((f.name, caller("", f, self._ask)) for f in module.functions)
        return {**names, "all": _all, "batch": _batch}


async def _all(items: Sequence[Any]) -> list[Any]:
    """Run several at once: awaitables, or functions that are called. Results keep their order; the
    first error is raised."""
    import asyncio

    return await asyncio.gather(*[_started(item) for item in items])


async def _batch(function: Callable[[], Any]) -> Any:
    """Call a function. What it calls starts at once: there is nothing to collect here."""
    return await _started(function)


async def _started(item: Any) -> Any:
    return await finished(item() if callable(item) else item)
