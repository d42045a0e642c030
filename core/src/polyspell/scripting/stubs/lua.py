"""LuaLS annotations (`---@meta`)."""

from __future__ import annotations

from polyspell.scripting.declare import Api, FunctionSpec, HandleSpec, ModuleSpec, RecordSpec
from polyspell.scripting.types import TypeSpec

_NAMES = {
    "none": "nil", "bool": "boolean", "int": "integer", "float": "number", "str": "string",
    "bytes": "string", "list": "any[]", "dict": "table<string, any>", "any": "any",
}  # fmt: skip
KEYWORDS = {"end", "repeat", "function", "local", "nil", "not", "or", "and", "then", "until"}


def lua(api: Api) -> tuple[str, str]:
    """polyspell.lua: what the Lua language server reads for `require("polyspell")`."""
    lines = ["---@meta polyspell", "", "---@class polyspell"]
    lines += [f"---@field {m.name} polyspell.{m.name}" for m in api.modules if m.name]
    lines += [
        "---@field args string[] the command line's arguments",
        "---@field input any the caller's value",
        "---@field host table what the host is and allows",
        "local polyspell = {}",
        "",
        "---Runs functions at once; gives their results in order.",
        "---@param work (fun(): any)[]",
        "---@return any[]",
        "function polyspell.all(work) end",
        "",
        "---Sends the calls of a function together: each gives a future. Gives what it gives.",
        "---@generic T",
        "---@param work fun(): T",
        "---@return T",
        "function polyspell.batch(work) end",
        "",
    ]
    for record in api.records:
        lines += _record(record)
    for handle in api.handles:
        lines += _handle(handle)
    for module in api.modules:
        lines += _module(module)
    return "polyspell.lua", "\n".join([*lines, "return polyspell", ""])


def _type(spec: TypeSpec) -> str:
    if spec.kind == "union":
        return "|".join(dict.fromkeys(_type(t) for t in spec.of))
    if spec.kind == "literal":
        return "|".join(f'"{v}"' if isinstance(v, str) else str(v).lower() for v in spec.values)
    if spec.kind in ("handle", "record"):
        return f"polyspell.{spec.name}"
    if spec.kind == "list" and spec.of:
        inner = _type(spec.of[0])
        return f"({inner})[]" if "|" in inner or "fun(" in inner else f"{inner}[]"
    if spec.kind == "function":
        given = ", ".join(f"a{i}: {_type(t)}" for i, t in enumerate(spec.of[:-1], 1))
        return f"fun({given or '...'}): {_type(spec.of[-1]) if spec.of else 'any'}"
    return _NAMES.get(spec.kind, "any")


def _doc(text: str) -> list[str]:
    return [f"---{line.strip()}" for line in text.splitlines()]


def _options(owner: str, function: FunctionSpec) -> list[str]:
    """The class of a function's table of options."""
    named = [p for p in function.params if not p.variadic]
    if not any(p.named for p in named):
        return []
    fields = [
        f"---@field {p.name}{'' if p.required else '?'} {_type(p.type)} {' '.join(p.doc.split())}"
        for p in named
    ]
    return [f"---@class polyspell.{owner}.{function.name}.options", *fields, ""]


def _function(owner: str, prefix: str, function: FunctionSpec) -> list[str]:
    ordered = [p for p in function.params if not p.named and not p.variadic]
    lines = _doc(function.doc)
    names = [f"{p.name}_" if p.name in KEYWORDS else p.name for p in ordered]
    for name, p in zip(names, ordered, strict=True):
        mark = "" if p.required else "?"
        lines.append(f"---@param {name}{mark} {_type(p.type)} {' '.join(p.doc.split())}")
    if any(p.named for p in function.params):
        mark = "" if any(p.named and p.required for p in function.params) else "?"
        lines.append(f"---@param options{mark} polyspell.{owner}.{function.name}.options")
        names.append("options")
    if any(p.variadic for p in function.params):
        lines.append("---@param ... any")
        names.append("...")
    if function.returns.kind != "none":
        lines.append(f"---@return {_type(function.returns)}")
    spelt = function.name if function.name not in KEYWORDS else f"{function.name}_"
    return [*lines, f"function {prefix}{spelt}({', '.join(names)}) end", ""]


def _record(record: RecordSpec) -> list[str]:
    fields = [
        f"---@field {f.name} {_type(f.type)} {' '.join(f.doc.split())}" for f in record.fields
    ]
    return [*_doc(record.doc), f"---@class polyspell.{record.name}", *fields, ""]


def _handle(handle: HandleSpec) -> list[str]:
    properties = [m for m in handle.methods if m.is_property]
    methods = [m for m in handle.methods if not m.is_property]
    lines: list[str] = []
    for method in methods:
        lines += _options(handle.name, method)
    lines += [*_doc(handle.doc), f"---@class polyspell.{handle.name}"]
    lines += [
        f"---@field {p.name} {_type(p.returns)} {' '.join(p.doc.split())}" for p in properties
    ]
    if handle.calls:
        lines.append("---@overload fun(...: any): any")
    lines += [f"local {handle.name} = {{}}", ""]
    for method in methods:
        lines += _function(handle.name, f"{handle.name}:", method)
    return lines


def _module(module: ModuleSpec) -> list[str]:
    owner = module.name or "root"
    lines: list[str] = []
    for function in module.functions:
        lines += _options(owner, function)
    if not module.name:
        prefix = "polyspell."
    else:
        prefix = f"{module.name}."
        lines += [*_doc(module.doc), f"---@class polyspell.{module.name}"]
        lines += [f"local {module.name} = {{}}", ""]
    for function in module.functions:
        lines += _function(owner, prefix, function)
    return lines
