"""An outline of the API in Wren: classes with foreign methods, documented."""

from __future__ import annotations

from polyspell.scripting.declare import Api, FunctionSpec, HandleSpec, ModuleSpec, RecordSpec
from polyspell.scripting.types import camel_case


def wren(api: Api) -> tuple[str, str]:
    """polyspell.wren: what a spell imports by `import "polyspell" for Agent, Tool`."""
    lines = ['// What a spell can import from "polyspell". For reading and for editors.', ""]
    handles = {h.name for h in api.handles}
    for record in api.records:
        lines += _record(record)
    modules = {class_name(m): m for m in api.modules}
    for handle in api.handles:
        lines += _class(handle.name, handle, modules.get(handle.name))
    for name, module in modules.items():
        if name not in handles:
            lines += _class(name, None, module)
    return "polyspell.wren", "\n".join(lines)


def class_name(module: ModuleSpec) -> str:
    """The class that stands for a module: `Agent` for `agent`, `Polyspell` for the root."""
    return camel_case(f"_{module.name or 'polyspell'}")


def _doc(text: str, indent: str = "") -> list[str]:
    return [f"{indent}// {line.strip()}".rstrip() for line in text.splitlines()]


def _class(name: str, handle: HandleSpec | None, module: ModuleSpec | None) -> list[str]:
    lines = _doc((module or handle).doc if (module or handle) else "")  # type: ignore[union-attr]
    lines.append(f"foreign class {name} {{")
    for function in module.functions if module is not None else ():
        lines += _function(function, "foreign static ")
    for method in handle.methods if handle is not None else ():
        lines += _function(method, "foreign ")
    return [*lines, "}", ""]


def _function(function: FunctionSpec, kind: str) -> list[str]:
    lines = _doc(function.doc, "  ")
    for p in function.params:
        about = " ".join(p.doc.split())
        mark = "" if p.required else "?"
        lines.append(f"  //   {camel_case(p.name)}{mark} ({p.type}): {about}")
    name = camel_case(function.name)
    if function.is_property:
        return [*lines, f"  {kind}{name}"]
    return [*lines, *[f"  {kind}{name}({', '.join(form)})" for form in forms(function)]]


def forms(function: FunctionSpec) -> list[list[str]]:
    """The arities that a function can be called with: from what is required to everything."""
    ordered = [p for p in function.params if not p.named and not p.variadic]
    named = any(p.named for p in function.params)
    needs_options = any(p.named and p.required for p in function.params)
    fewest = sum(p.required for p in ordered)
    found: list[list[str]] = []
    for count in range(fewest, len(ordered) + 1):
        names = [camel_case(p.name) for p in ordered[:count]]
        if not needs_options:
            found.append(names)
        if named:
            found.append([*names, "options"])
    unique: dict[int, list[str]] = {}
    for form in found:
        unique.setdefault(len(form), form)
    return [unique[n] for n in sorted(unique)]


def _record(record: RecordSpec) -> list[str]:
    lines = [*_doc(record.doc), f"class {record.name} {{"]
    for field in record.fields:
        lines += _doc(" ".join(field.doc.split()) or field.name, "  ")
        lines.append(f"  {camel_case(field.name)}")
    return [*lines, "}", ""]
