"""A .pyi for Python spells."""

from __future__ import annotations

import keyword

from polyspell.scripting.declare import Api, FunctionSpec, HandleSpec, ModuleSpec, RecordSpec
from polyspell.scripting.types import TypeSpec

_NAMES = {
    "none": "None", "bool": "bool", "int": "int", "float": "float", "str": "str",
    "bytes": "bytes", "list": "list[Any]", "dict": "dict[str, Any]", "any": "Any",
}  # fmt: skip


def python(api: Api) -> tuple[str, str]:
    """polyspell.pyi: what a spell sees by `from polyspell import ...`."""
    lines = [
        "from collections.abc import AsyncIterator, Awaitable, Callable, Iterable",
        "from typing import Any, Literal",
        "",
        "args: list[str]",
        "input: Any",
        "host: dict[str, Any]",
        "",
        "class PolyspellError(RuntimeError):",
        "    code: str",
        "    message: str",
        "    hint: str",
        "    context: dict[str, Any]",
        "",
        "async def all(work: Iterable[Any]) -> list[Any]:",
        '    """Runs pending things and functions at once; gives their results in order."""',
        "",
        "async def batch(function: Callable[[], Any]) -> Any:",
        '    """Calls a function: calls start at once anyway; gives what it gives."""',
        "",
    ]
    for record in api.records:
        lines += _record(record)
    for handle in api.handles:
        lines += _handle(handle)
    for module in api.modules:
        lines += _module(module)
    return "polyspell.pyi", "\n".join(lines)


def _type(spec: TypeSpec) -> str:
    if spec.kind == "union":
        return " | ".join(dict.fromkeys(_type(t) for t in spec.of))
    if spec.kind == "literal":
        return f"Literal[{', '.join(map(repr, spec.values))}]"
    if spec.kind in ("handle", "record"):
        return spec.name
    if spec.kind == "list" and spec.of:
        return f"list[{_type(spec.of[0])}]"
    if spec.kind == "function":
        given = ", ".join(_type(t) for t in spec.of[:-1])
        return f"Callable[{f'[{given}]' if spec.of else '...'}, Any]"
    return _NAMES.get(spec.kind, "Any")


def _safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _function(function: FunctionSpec, indent: str, method: bool) -> list[str]:
    parts = ["self"] if method else []
    star = False
    for p in function.params:
        if p.variadic:
            parts.append(f"*{p.name}: {_type(p.type)}")
            star = True
            continue
        if p.named and not star:
            parts.append("*")
            star = True
        default = "" if p.required else f" = {p.default or 'None'}"
        parts.append(f"{_safe(p.name)}: {_type(p.type)}{default}")
    kind = "async def" if function.waits else "def"
    lines = [f"{indent}@property"] if function.is_property else []
    head = f"{kind} {_safe(function.name)}({', '.join(parts)}) -> {_type(function.returns)}:"
    return [*lines, f"{indent}{head}", *_doc(function, indent + "    "), ""]


def _doc(function: FunctionSpec, indent: str) -> list[str]:
    text = [line.strip() for line in function.doc.splitlines()]
    about = [f"    {p.name}: {' '.join(p.doc.split())}" for p in function.params if p.doc]
    if about:
        text += ["", "Args:", *about]
    if len(text) == 1:
        return [f'{indent}"""{text[0]}"""']
    return [f'{indent}"""' + text[0], *[f"{indent}{t}".rstrip() for t in text[1:]], f'{indent}"""']


def _record(record: RecordSpec) -> list[str]:
    lines = [f"class {record.name}:", f'    """{record.doc}"""']
    return [*lines, *[f"    {_safe(f.name)}: {_type(f.type)}" for f in record.fields], ""]


def _handle(handle: HandleSpec) -> list[str]:
    lines = [f"class {handle.name}:", f'    """{handle.doc}"""']
    for method in handle.methods:
        lines += _function(method, "    ", method=True)
    if handle.iterates:
        item = next(m.returns for m in handle.methods if m.name == handle.iterates)
        inner = _type(item.of[0]) if item.of else "Any"
        lines += [f"    def __aiter__(self) -> AsyncIterator[{inner}]: ...", ""]
    if handle.calls:
        lines += ["    async def __call__(self, *args: Any) -> Any: ...", ""]
    return lines


def _module(module: ModuleSpec) -> list[str]:
    if not module.name:
        return [line for f in module.functions for line in _function(f, "", method=False)]
    lines = [f"class _{module.name}:", f'    """{module.doc}"""']
    for function in module.functions:
        lines += ["    @staticmethod", *_function(function, "    ", method=False)]
    return [*lines, f"{module.name}: _{module.name}", ""]
