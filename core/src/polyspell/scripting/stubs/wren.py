"""An outline of the API in Wren: classes with foreign methods, documented."""

from __future__ import annotations

from polyspell.scripting.declare import Api, FunctionSpec, HandleSpec, ModuleSpec, RecordSpec
from polyspell.scripting.types import camel_case

_HEAD = '// What a spell can import from "polyspell". For reading and for editors.'
_ROOT = """
  // Functions, fibers and futures at once: their results in order. The first error is raised, and
  // ends the others.
  foreign static all(things)
  // Start a function; a Future. An error that nobody waits for is printed.
  foreign static async(fn)
  // Run a function: what it gives.
  foreign static batch(fn)
  // The command line's arguments, the caller's value, and what there is of the host.
  foreign static args
  foreign static input
  foreign static host
"""
_NATIVE = """
// An error of the host, or one of your own: Fiber.abort(PolyspellError.new("no", {"code": "x"})).
foreign class PolyspellError {
  // message: what went wrong.
  //   options?: code, hint, context, retryable.
  construct new(message) {}
  construct new(message, options) {}
  foreign code
  foreign message
  foreign hint
  foreign context
  foreign retryable
}

// Bytes, of a string or of a list of numbers up to 255.
foreign class Bytes is Sequence {
  construct new(content) {}
  foreign count
  foreign text
  foreign toList
  foreign [index]
}

// A whole number of any size, of digits or of a number: Wren's own are exact up to 2^53.
foreign class Integer {
  construct new(content) {}
  foreign toNum
  foreign toString
}

// What Polyspell.async gives.
foreign class Future {
  foreign isDone
  // What its function gave, or its error.
  foreign wait()
}
"""


def wren(api: Api) -> tuple[str, str]:
    """polyspell.wren: what a spell imports by `import "polyspell" for Agent, Tool`."""
    lines = [_HEAD, ""]
    modules = {class_name(m): m for m in api.modules}
    modules.setdefault("Polyspell", ModuleSpec(""))
    for handle in api.handles:
        lines += _class(handle.name, modules.pop(handle.name, None), handle)
    for record in api.records:
        lines += _class(record.name, modules.pop(record.name, None), record)
    for name, module in modules.items():
        lines += _class(name, module, None)
    return "polyspell.wren", "\n".join([*lines, _NATIVE.lstrip()])


_KEYWORDS = frozenset(
    ("as", "break", "class", "construct", "continue", "else", "false", "for", "foreign", "if",
     "import", "in", "is", "null", "return", "static", "super", "this", "true", "var", "while")
)  # fmt: skip


def wren_name(name: str) -> str:
    """`add_tool` as Wren writes it, `addTool`; a word of the language's own gets an underscore."""
    name = camel_case(name)
    return f"{name}_" if name in _KEYWORDS else name


def class_name(module: ModuleSpec) -> str:
    """The class that stands for a module: `Agent` for `agent`, `Polyspell` for the root."""
    return camel_case(f"_{module.name or 'polyspell'}")


def _doc(text: str, indent: str = "") -> list[str]:
    return [f"{indent}// {line.strip()}".rstrip() for line in text.splitlines()]


def _class(
    name: str, module: ModuleSpec | None, instance: HandleSpec | RecordSpec | None
) -> list[str]:
    """The class of a module, of a handle or record, or of both where they have one name."""
    is_stream = isinstance(instance, HandleSpec) and instance.iterates
    lines = [line for spec in (module, instance) if spec for line in _doc(spec.doc)]
    lines.append(f"foreign class {name}{' is Sequence' if is_stream else ''} {{")
    for function in module.functions if module is not None else ():
        lines += _function(function, "foreign static ")
    if module is not None and not module.name:
        lines += _ROOT.strip("\n").splitlines()
    if isinstance(instance, HandleSpec):
        lines += _handle(instance)
    elif isinstance(instance, RecordSpec):
        lines += _record(instance)
    return [*lines, "}", ""]


def _handle(handle: HandleSpec) -> list[str]:
    lines: list[str] = []
    for method in handle.methods:
        lines += _function(method, "foreign ")
        if method.name == handle.calls:
            lines += _function(FunctionSpec("call", method.params, doc=method.doc), "foreign ")
        if method.name == "close":
            lines += ["  // Call a function with it, then close it: what the function gives."]
            lines += ["  foreign use(fn)"]
    return lines


def _record(record: RecordSpec) -> list[str]:
    lines: list[str] = []
    for field in record.fields:
        lines += _doc(" ".join(field.doc.split()) or field.name, "  ")
        lines.append(f"  foreign {wren_name(field.name)}")
    return [*lines, "  // A field by its name.", "  foreign [name]"]


def _function(function: FunctionSpec, kind: str) -> list[str]:
    lines = _doc(function.doc, "  ")
    for p in function.params:
        about = " ".join(p.doc.split())
        mark = "..." if p.variadic else "" if p.required else "?"
        lines.append(f"  //   {camel_case(p.name)}{mark} ({p.type}): {about}")
    name = wren_name(function.name)
    if function.is_property:
        return [*lines, f"  {kind}{name}"]
    return [*lines, *[f"  {kind}{name}({', '.join(form)})" for form in forms(function)]]


def forms(function: FunctionSpec) -> list[list[str]]:
    """The arities that a function can be called with: from what is required to everything, and a
    few more where any number is taken."""
    ordered = [p for p in function.params if not p.named and not p.variadic]
    named = any(p.named for p in function.params)
    needs_options = any(p.named and p.required for p in function.params)
    fewest = sum(p.required for p in ordered)
    found: list[list[str]] = []
    for count in range(fewest, len(ordered) + 1):
        names = [wren_name(p.name) for p in ordered[:count]]
        if not needs_options:
            found.append(names)
        if named:
            found.append([*names, "options" if "options" not in names else "named"])
    for variadic in (p for p in function.params if p.variadic):
        names = [wren_name(p.name) for p in ordered]
        found += [[*names, *[f"{variadic.name}{i}" for i in range(1, n)]] for n in (2, 3, 4)]
    unique: dict[int, list[str]] = {}
    for form in found:
        unique.setdefault(len(form), form)
    return [unique[n] for n in sorted(unique)]
