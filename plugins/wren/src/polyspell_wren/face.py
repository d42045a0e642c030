"""The module "polyspell" as Wren shows it: classes, written from the API's declaration."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from typing import Any

from polyspell.scripting.declare import Api, FunctionSpec, HandleSpec, ModuleSpec, RecordSpec
from polyspell.scripting.stubs.wren import class_name, wren_name

from polyspell_wren.objects import Bytes, HostError, HostHandle, HostRecord, Integer
from polyspell_wren.runs import Job

MOST = 14  # arguments: Wren has methods of 16, and ours take the object and a name before them
# Read when this module is imported: a worker that is locked in has no files.
_PRELUDE = resources.files(__package__).joinpath("prelude.wren").read_text("utf-8")
_ROOT = """
  static all(things) { Together_.all(things) }
  static async(work) { Future.start_(work) }
  static batch(fn) { fn.call() }
"""


class Face:
    """A declared API in Wren.

    Attributes:
        source: the module's text.
        types: the Python class behind each foreign class, by name; of them,
        handles: those of handles, and
        records: those of records.
    """

    def __init__(self, api: Api, constants: Iterable[str]) -> None:
        self.types: dict[str, Any] = {
            "PolyspellError": HostError,
            "Bytes": Bytes,
            "Integer": Integer,
            "Job_": Job,
        }
        self.handles = {"Handle": _kind("Handle", HostHandle)}
        self.records = {"Record": _kind("Record", HostRecord)}
        modules = {class_name(module): module for module in api.modules}
        modules.setdefault("Polyspell", ModuleSpec(""))
        parts = [_host(), _PRELUDE]
        for handle in api.handles:
            self.handles[handle.name] = _kind(handle.name, HostHandle)
            parts.append(_handle(handle, modules.pop(handle.name, None)))
        for record in api.records:
            if record.name not in self.handles:
                self.records[record.name] = _kind(record.name, HostRecord)
                parts.append(_record(record, modules.pop(record.name, None)))
        for name, module in modules.items():
            extra = _ROOT + _constants(constants) if not module.name else ""
            parts.append(f"class {name} {{\n{_functions(module)}{extra}}}")
        self.types |= self.handles | self.records
        self.source = "\n".join(parts)


def _kind(name: str, base: type) -> Any:
    return type(name, (base,), {"__slots__": ()})


def _host() -> str:
    """The one class whose methods are the host's."""
    names = [f"a{i}" for i in range(MOST + 2)]
    lines = [
        f"  foreign static {method}({', '.join(names[:count])})"
        for method, least in (("call_", 1), ("send_", 2))
        for count in range(least, least + MOST + 1)
    ]
    others = ("get_(a, b)", "same_(a, b)", "show_(a)", "values_()", "start_(a)", "wait_(a)",
              "all_(a)")  # fmt: skip
    lines += [f"  foreign static {signature}" for signature in others]
    return "\n".join(["class Host_ {", *lines, "}"])


def most_arguments(function: FunctionSpec) -> int:
    """How many arguments a function can be given, a last map of options included. It can be given
    fewer than it needs, too: the host says better than Wren what is missing."""
    if any(p.variadic for p in function.params):
        return MOST
    ordered = sum(not p.named for p in function.params)
    return min(MOST, max(1, ordered + any(p.named for p in function.params)))


def _methods(function: FunctionSpec, head: str, start: str) -> str:
    """A method in each of its arities; `start` is the call that they make, up to its arguments."""
    name = wren_name(function.name)
    if function.is_property:
        return f"  {head}{name} {{ {start}) }}\n"
    if not function.params:
        return f"  {head}{name}() {{ {start}) }}\n"
    lines = []
    for count in range(most_arguments(function) + 1):
        names = [f"a{i}" for i in range(count)]
        passed = "".join(f", {each}" for each in names)
        lines.append(f"  {head}{name}({', '.join(names)}) {{ {start}{passed}) }}\n")
    return "".join(lines)


def _functions(module: ModuleSpec | None) -> str:
    if module is None:
        return ""
    return "".join(
        _methods(f, "static ", f'Host_.call_("{module.name}.{f.name}"') for f in module.functions
    )


def _handle(handle: HandleSpec, module: ModuleSpec | None) -> str:
    body = _functions(module)
    for method in handle.methods:
        body += _methods(method, "", f'Host_.send_(this, "{method.name}"')
        if method.name == handle.calls:
            alias = FunctionSpec("call", method.params)
            body += _methods(alias, "", f'Host_.send_(this, "{method.name}"')
        if method.name == "close":
            body += "  use(fn) { Together_.use(this, fn) }\n"
    if handle.iterates:
        body += (
            f'  iterate(last) {{\n    var next = Host_.send_(this, "{handle.iterates}")\n'
            "    return next.count > 0 && next\n  }\n  iteratorValue(next) { next[0] }\n"
        )
    parent = " is Sequence" if handle.iterates else ""
    return f"foreign class {handle.name}{parent} {{\n{body}}}"


def _record(record: RecordSpec, module: ModuleSpec | None) -> str:
    getters = _functions(module) + "".join(
        f'  {wren_name(f.name)} {{ Host_.get_(this, "{f.name}") }}\n' for f in record.fields
    )
    more = "  [name] { Host_.get_(this, name) }\n  toString { Host_.show_(this) }\n"
    return f"foreign class {record.name} {{\n{getters}{more}}}"


def _constants(names: Iterable[str]) -> str:
    return "".join(f'  static {wren_name(n)} {{ Values_["{n}"] }}\n' for n in names)
