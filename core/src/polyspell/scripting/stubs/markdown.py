"""The reference of the script API as pages of Markdown, from its declaration."""

from __future__ import annotations

from polyspell.scripting.declare import Api, FunctionSpec, ParamSpec
from polyspell.scripting.stubs.wren import class_name
from polyspell.scripting.types import camel_case


def pages(api: Api) -> dict[str, str]:
    """File names and texts: one for each module, one for the handles, one for the records."""
    made: dict[str, str] = {}
    for module in api.modules:
        name = module.name or "polyspell"
        lines = [f"# {name}", "", module.doc, ""]
        for function in module.functions:
            lines += _function(function, _spellings(module.name, class_name(module), function))
        made[f"{name}.md"] = "\n".join(lines)
    lines = ["# Handles", "", "Objects of the host that a script holds.", ""]
    for handle in api.handles:
        lines += [f"## {handle.name}", "", handle.doc, ""]
        for function in handle.methods:
            if function.name != handle.iterates:
                lines += _function(function, _methods(handle.name, function), level=3)
    made["handles.md"] = "\n".join(lines)
    lines = ["# Records", "", "Named values that a script reads as fields.", ""]
    for record in api.records:
        lines += [f"## {record.name}", "", record.doc, "", *_table(record.fields), ""]
    made["records.md"] = "\n".join(lines)
    return made


def _function(function: FunctionSpec, spellings: dict[str, str], level: int = 2) -> list[str]:
    lines = [f"{'#' * level} {function.name}", "", function.doc, ""]
    lines += ["| language | |", "|---|---|"]
    lines += [f"| {language} | `{text}` |" for language, text in spellings.items()]
    lines.append("")
    if function.params:
        lines += [*_table(function.params), ""]
    if function.returns.kind != "none":
        lines += [f"Gives {function.returns}.", ""]
    return lines


def _table(params: tuple[ParamSpec, ...]) -> list[str]:
    rows = ["| name | type | |", "|---|---|---|"]
    for p in params:
        about = " ".join(p.doc.split()).replace("|", "\\|")
        if not p.required:
            told = p.default not in ("", "''", '""')
            about += f" Optional, {p.default}." if told else " Optional."
        rows.append(f"| `{p.name}` | {str(p.type).replace('|', ' or ')} | {about} |")
    return rows


def _given(function: FunctionSpec, camel: bool, keywords: bool) -> tuple[list[str], list[str]]:
    def spelt(name: str) -> str:
        return camel_case(name) if camel else name

    ordered = [spelt(p.name) for p in function.params if not p.named and not p.variadic]
    named = [spelt(p.name) for p in function.params if p.named]
    return ordered, [f"{n}=..." if keywords else n for n in named]


def _call(function: FunctionSpec, name: str, camel: bool, style: str) -> str:
    if function.is_property:
        return name
    ordered, named = _given(function, camel, style == "python")
    if not named:
        return f"{name}({', '.join(ordered)})"
    shown = named[:3] + (["..."] if len(named) > 3 else [])
    if style == "python":
        return f"{name}({', '.join([*ordered, *shown])})"
    if style == "wren":
        shown = [n if n == "..." else f'"{n}": ...' for n in shown]
    table = "{" + ", ".join(shown) + "}"
    if style == "lua" and not ordered:
        return f"{name}{table}"
    return f"{name}({', '.join([*ordered, table])})"


def _spellings(module: str, wren_class: str, function: FunctionSpec) -> dict[str, str]:
    wait = "await " if function.waits else ""
    dotted = f"{module}." if module else ""
    camel = camel_case(function.name)
    return {
        "Lua": _call(function, f"ps.{dotted}{function.name}", False, "lua"),
        "JavaScript": wait + _call(function, f"{dotted}{camel}", True, "javascript"),
        "Python": wait + _call(function, f"{dotted}{function.name}", False, "python"),
        "Wren": _call(function, f"{wren_class}.{camel}", True, "wren"),
    }


def _methods(handle: str, function: FunctionSpec) -> dict[str, str]:
    it = handle.lower()
    wait = "await " if function.waits else ""
    camel = camel_case(function.name)
    colon = "." if function.is_property else ":"
    return {
        "Lua": _call(function, f"{it}{colon}{function.name}", False, "lua"),
        "JavaScript": wait + _call(function, f"{it}.{camel}", True, "javascript"),
        "Python": wait + _call(function, f"{it}.{function.name}", False, "python"),
        "Wren": _call(function, f"{it}.{camel}", True, "wren"),
    }
