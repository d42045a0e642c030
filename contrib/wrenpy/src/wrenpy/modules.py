"""The modules of a VM: compiling their sources and finding what they import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .compiler.scope import ModuleScope
from .errors import CompileError, Diagnostic, Frame

if TYPE_CHECKING:
    from .compiler.unit import Kind
    from .vm import VM

CORE = [
    "Object",
    "Class",
    "Bool",
    "Fiber",
    "Fn",
    "Null",
    "Num",
    "Sequence",
    "MapSequence",
    "SkipSequence",
    "TakeSequence",
    "WhereSequence",
    "String",
    "StringByteSequence",
    "StringCodePointSequence",
    "List",
    "Map",
    "MapEntry",
    "MapKeySequence",
    "MapValueSequence",
    "Range",
    "System",
    "ClassAttributes",
]
BUILT_IN = ("meta", "random")


class Module(NamedTuple):
    """A module: its name, what its names mean, and its record in the runtime."""

    name: str
    scope: ModuleScope
    record: Any


class Unit(NamedTuple):
    """A compiled chunk: its module and, by line and parameters, the names of its functions."""

    module: str
    functions: dict[tuple[int, int], str]
    name: str  # in stack traces


class Modules:
    """All modules of one VM."""

    def __init__(self, vm: VM) -> None:
        self.vm = vm
        self.by_name: dict[str, Module] = {}
        self.units: list[Unit] = []
        self.first: set[str] = set()  # sources that were the first of their modules

    def get(self, name: str) -> Module:
        """The module of that name, made empty if there is none."""
        module = self.by_name.get(name)
        if module is None:
            record = self.vm.bridge.call("module", name.encode())
            module = self.by_name[name] = Module(name, ModuleScope(CORE), record)
        return module

    def compile(
        self, module: Module, source: str | bytes, kind: Kind = "module", name: str | None = None
    ) -> Any:
        """A source as a Lua chunk that runs in the module; `name` is what errors call it.

        Raises:
            CompileError: with all that is wrong with it.
        """
        # The compiler is loaded when there is something to compile.
        from .compiler.cache import LONGEST, compile_first
        from .compiler.unit import CompileFailed, compile_module

        data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
        number, name = len(self.units), name or module.name
        shared = module.scope.chunks > 0
        try:
            text = data.decode("latin-1")
            if kind == "module" and not shared and text not in self.first and len(text) < LONGEST:
                self.first.add(text)
                unit = compile_first(text, module.scope)
            else:
                unit = compile_module(text, module.scope, number, kind, shared)
            chunk = self.vm.bridge.load(unit.lua, number)
        except CompileFailed as failed:
            raise CompileError(
                [Diagnostic(name, note.line, readable(note.message)) for note in failed.notes]
            ) from None
        except ValueError as error:
            problem = f"Error: The source is beyond what Lua can compile ({error})."
            raise CompileError([Diagnostic(name, 1, problem)]) from None
        module.scope.chunks += 1
        self.units.append(Unit(module.name, unit.functions, name))
        known = module.record[b"known"]
        for variable in unit.declared:
            known[variable.encode()] = True
        return chunk

    def imported(self, importer: str, name: str) -> Any:
        """The record of a module that another imports, with its chunk if it is new; or the text of
        the error."""
        resolved: str | None = name
        if self.vm.resolve_module is not None:
            resolved = self.vm.resolve_module(importer, name)
            if resolved is None:
                return f"Could not resolve module '{name}' imported from '{importer}'."
        assert resolved is not None
        existing = self.by_name.get(resolved)
        if existing is not None:
            return existing.record
        source = self.vm.import_module(resolved) if self.vm.import_module else None
        if source is None:
            return self.built_in(resolved) or f"Could not load module '{resolved}'."
        module = self.get(resolved)
        try:
            module.record[b"chunk"] = self.compile(module, source)
        except CompileError as error:
            self.vm.driver.report(error)
            return f"Could not compile module '{resolved}'."
        return module.record

    def built_in(self, name: str) -> Any:
        if name not in BUILT_IN:
            return None
        record = self.vm.bridge.call("optional", name.encode())
        self.by_name[name] = Module(name, ModuleScope([*CORE, name.capitalize()]), record)
        return record

    def frames(self, trace: Any) -> list[Frame]:
        """The runtime's stack trace, four numbers a frame, with names."""
        numbers = [int(trace[i + 1]) for i in range(len(trace))]
        frames = []
        for at in range(0, len(numbers), 4):
            unit, line, defined, parameters = numbers[at : at + 4]
            found = self.units[unit]
            if (defined, parameters) in found.functions:
                name = found.functions[defined, parameters]
                frames.append(Frame(found.name, line, name))
        return frames


def readable(message: str) -> str:
    """A message made of bytes as text."""
    return message.encode("latin-1").decode("utf-8", "replace")
