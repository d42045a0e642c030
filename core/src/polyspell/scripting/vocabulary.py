"""All that scripts of a host can say: the API modules of the core and of plugins, declared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.errors import ConfigError
from polyspell.scripting.bind import Binder, binder
from polyspell.scripting.declare import (
    Api,
    ApiHandle,
    ApiModule,
    ApiRecord,
    FunctionSpec,
    declare_handle,
    declare_module,
    declare_record,
)
from polyspell.scripting.types import hints_of
from polyspell.scripting.values import HandleRef

if TYPE_CHECKING:
    from polyspell.scripting.engine import Call


class Entry(msgspec.Struct):
    """A function that a script can call, ready to be called."""

    name: str
    spec: FunctionSpec
    bind: Binder
    attribute: str
    plain: bool = False
    """Whether it is called each time, and answers at once."""

    def __post_init__(self) -> None:
        spec = self.spec
        self.plain = not (spec.waits or spec.pure or spec.is_property)


class Vocabulary:
    """The modules, and the handles and records that they name in their hints.

    Args:
        modules: module classes; two with one name are an error.
    """

    def __init__(self, modules: Iterable[type[ApiModule]]) -> None:
        self.modules: dict[str, type[ApiModule]] = {}
        self._handles: dict[str, type[ApiHandle]] = {}
        self._records: dict[str, type[ApiRecord]] = {}
        for module in modules:
            if module.name in self.modules:
                raise ConfigError(f"Two script modules are named {module.name!r}.")
            self.modules[module.name] = module
            self._collect(module)
        self.api = Api(
            tuple(declare_module(m) for m in self.modules.values()),
            tuple(declare_handle(h) for h in self._handles.values()),
            tuple(declare_record(r) for r in self._records.values()),
        )
        self.entries: dict[tuple[str, str], Entry] = {}
        for spec in self.api.modules:
            self._enter(spec.name, spec.functions, self.modules[spec.name])
        for handle in self.api.handles:
            self._enter(handle.name, handle.methods, self._handles[handle.name])

    def waits(self, call: Call) -> bool:
        """Whether what a script calls may take its time to answer."""
        kind = call.target.type if isinstance(call.target, HandleRef) else call.target
        entry = self.entries.get((kind, call.name))
        return entry is not None and entry.spec.waits

    def _enter(self, owner: str, functions: tuple[FunctionSpec, ...], cls: type) -> None:
        for spec in functions:
            name = f"{owner}.{spec.name}" if owner else spec.name
            attribute = spec.name if hasattr(cls, spec.name) else f"{spec.name}_"
            self.entries[owner, spec.name] = Entry(name, spec, binder(spec, name), attribute)

    def _collect(self, cls: type) -> None:
        """The handle and record classes in the hints of a class, and in theirs."""
        for name in dir(cls):
            member = getattr(cls, name)
            function = member.fget if isinstance(member, property) else member
            if not name.startswith("_") and hasattr(function, "__annotations__"):
                for hint in hints_of(function).values():
                    self._collect_hint(hint)

    def _collect_hint(self, hint: Any) -> None:
        for inner in getattr(hint, "__args__", ()):
            if isinstance(inner, list):
                for each in inner:
                    self._collect_hint(each)
            else:
                self._collect_hint(inner)
        kind = getattr(hint, "api_kind", None)
        if kind == "handle" and hint.api_name not in self._handles:
            self._handles[hint.api_name] = hint
            self._collect(hint)
        elif kind == "record" and hint.api_name not in self._records:
            self._records[hint.api_name] = hint
            for inner in hints_of(hint).values():
                self._collect_hint(inner)
