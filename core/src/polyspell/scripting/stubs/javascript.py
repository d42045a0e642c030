"""TypeScript declarations, for JavaScript and TypeScript spells."""

from __future__ import annotations

from polyspell.scripting.declare import Api, FunctionSpec, HandleSpec, ParamSpec, RecordSpec
from polyspell.scripting.types import TypeSpec, camel_case

_NAMES = {
    "none": "void", "bool": "boolean", "int": "number", "float": "number", "str": "string",
    "bytes": "Uint8Array", "list": "any[]", "dict": "Record<string, any>", "any": "any",
}  # fmt: skip
RESERVED = {"default", "function", "delete", "export", "import", "new", "with", "in"}


def javascript(api: Api) -> tuple[str, str]:
    """polyspell.d.ts: the module "polyspell"."""
    lines = ['declare module "polyspell" {']
    for record in api.records:
        lines += _record(record)
    for handle in api.handles:
        lines += _handle(handle)
    for module in api.modules:
        if module.name:
            lines += [*_doc(module.doc), f"  export const {camel_case(module.name)}: {{"]
            for function in module.functions:
                lines += _function(function, "    ")
            lines += ["  };", ""]
        else:
            for function in module.functions:
                lines += _doc(function.doc, function.params)
                lines += [f"  export function {_signature(function)};", ""]
    lines += [
        "  /** Runs pending things and functions at once; gives their results in order. */",
        "  export function all(work: Iterable<any>): Promise<any[]>;",
        "  /** Sends what a function calls together: promises. Gives what the function gives. */",
        "  export function batch(work: () => any): Promise<any>;",
        "  /** The command line's arguments. */",
        "  export const args: string[];",
        "  /** The caller's value. */",
        "  export const input: any;",
        "  /** What the host is and allows. */",
        "  export const host: Record<string, any>;",
        "  /** An error of the host. */",
        "  export class PolyspellError extends Error {",
        "    readonly code: string;",
        "    readonly hint: string;",
        "    readonly context: Record<string, any>;",
        "  }",
        "}",
    ]
    return "polyspell.d.ts", "\n".join([*lines, ""])


def _type(spec: TypeSpec, returned: bool = False) -> str:
    if spec.kind == "union":
        inner = [_type(t) for t in spec.of if t.kind != "none"]
        nothing = ["null"] if any(t.kind == "none" for t in spec.of) else []
        return " | ".join(dict.fromkeys([*map(_grouped, inner), *nothing]))
    if spec.kind == "literal":
        return " | ".join(f'"{v}"' if isinstance(v, str) else str(v).lower() for v in spec.values)
    if spec.kind in ("handle", "record"):
        return spec.name
    if spec.kind == "list" and spec.of:
        return f"Array<{_type(spec.of[0])}>"
    if spec.kind == "function":
        given = ", ".join(f"a{i}: {_type(t)}" for i, t in enumerate(spec.of[:-1], 1))
        result = _type(spec.of[-1]) if spec.of else "any"
        return f"({given or '...args: any[]'}) => {result} | Promise<{result}>"
    if spec.kind == "none":
        return "void" if returned else "null"
    return _NAMES.get(spec.kind, "any")


def _grouped(text: str) -> str:
    return f"({text})" if "=>" in text else text


def _signature(function: FunctionSpec) -> str:
    ordered = [p for p in function.params if not p.named and not p.variadic]
    parts = [f"{_safe(p.name)}{'' if p.required else '?'}: {_type(p.type)}" for p in ordered]
    named = [p for p in function.params if p.named]
    if named:
        fields = "; ".join(_field(p) for p in [*ordered, *named])
        if ordered:
            fields = "; ".join(_field(p) for p in named)
        mark = "" if any(p.required for p in named) else "?"
        parts.append(f"options{mark}: {{ {fields} }}")
    if any(p.variadic for p in function.params):
        parts.append("...rest: any[]")
    result = _type(function.returns, returned=True)
    result = f"Promise<{result}>" if function.waits else result
    return f"{camel_case(function.name)}({', '.join(parts)}): {result}"


def _safe(name: str) -> str:
    name = camel_case(name)
    return f"{name}_" if name in RESERVED else name


def _field(param: ParamSpec) -> str:
    return f"{camel_case(param.name)}{'' if param.required else '?'}: {_type(param.type)}"


def _doc(text: str, params: tuple[ParamSpec, ...] = (), indent: str = "  ") -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    for p in params:
        about = " ".join(p.doc.split())
        if about:
            lines.append(f"@param {'options.' if p.named else ''}{camel_case(p.name)} {about}")
    if len(lines) == 1:
        return [f"{indent}/** {lines[0]} */"]
    return [f"{indent}/**", *[f"{indent} * {line}".rstrip() for line in lines], f"{indent} */"]


def _function(function: FunctionSpec, indent: str) -> list[str]:
    doc = _doc(function.doc, function.params, indent)
    if function.is_property:
        name = camel_case(function.name)
        return [*doc, f"{indent}readonly {name}: {_type(function.returns)};"]
    return [*doc, f"{indent}{_signature(function)};"]


def _record(record: RecordSpec) -> list[str]:
    lines = [*_doc(record.doc), f"  export interface {record.name} {{"]
    for field in record.fields:
        lines += _doc(" ".join(field.doc.split()) or field.name, (), "    ")
        lines.append(f"    {camel_case(field.name)}: {_type(field.type)};")
    return [*lines, "  }", ""]


def _handle(handle: HandleSpec) -> list[str]:
    lines = [*_doc(handle.doc), f"  export interface {handle.name} {{"]
    for method in handle.methods:
        if method.name != handle.iterates:
            lines += _function(method, "    ")
    if handle.iterates:
        item = next(m.returns for m in handle.methods if m.name == handle.iterates)
        inner = _type(item.of[0]) if item.of else "any"
        lines.append(f"    [Symbol.asyncIterator](): AsyncIterator<{inner}>;")
    if handle.calls:
        lines.append("    (...args: any[]): Promise<any>;")
    return [*lines, "  }", ""]
