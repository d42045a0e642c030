"""What Python has and Monty has not, found in the syntax tree before anything runs."""

from __future__ import annotations

import ast

from polyspell_python.source import check_text, syntax_error

# Modules of Monty 1.4; all others come from the script's folder.
NATIVE_MODULES = frozenset({
    "__future__", "asyncio", "base64", "binascii", "bisect", "collections", "copy", "csv",
    "dataclasses", "datetime", "decimal", "functools", "hashlib", "itertools", "json", "math",
    "os", "pathlib", "posixpath", "random", "re", "sys", "time", "tomllib", "typing",
    "unicodedata",
})  # fmt: skip

_TRUST = "A trusted script runs in CPython and has the whole language."
_METHODS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MISSING: dict[str, tuple[str, str]] = {
    "Yield": ("Generators (yield)", "Build a list, or iterate over one."),
    "YieldFrom": ("Generators (yield from)", "Build a list, or iterate over one."),
    "AsyncWith": ("async with", "Use try and finally, or with."),
    "Delete": ("del", "Use dict.pop or list.pop; set a name to None."),
    "TryStar": ("except*", "Use except."),
    "TypeAlias": ("Type aliases", "Assign the type to a name."),
    "TemplateStr": ("Template strings", "Use an f-string."),
}


def check(tree: ast.Module, file: str, text: str) -> None:
    """Refuse what the sandboxed language lacks.

    Raises:
        ScriptError: code `script_syntax`, with the line.
    """
    for node in ast.walk(tree):
        if found := _missing(node):
            what, hint = found
            raise syntax_error(
                f"{what} cannot be used in a sandboxed Python script.",
                file,
                getattr(node, "lineno", 1),
                text,
                getattr(node, "col_offset", 0) + 1,
                hint=f"{hint} {_TRUST}",
            )
        check_text(node, file, text)


def _missing(node: ast.AST) -> tuple[str, str] | None:
    if found := _MISSING.get(type(node).__name__):
        return found
    if isinstance(node, ast.ClassDef):
        if node.bases or node.keywords:
            return "Base classes and metaclasses", "Write the class without; raise RuntimeError."
        if any(isinstance(m, _METHODS) and m.decorator_list for m in node.body):
            return "Decorated methods (property, classmethod ...)", "Write a plain method."
        if not all(map(_is_member, node.body)):
            return "What is not a method or a value, in a class,", "Write it outside."
    if any(each.is_async for each in getattr(node, "generators", ())):
        return "Asynchronous comprehensions", "Use an async for loop."
    if isinstance(node, ast.Import) and any(
        "." in a.name and not a.asname and a.name.partition(".")[0] not in NATIVE_MODULES
        for a in node.names
    ):
        return "A dotted import without a name of its own", "Write import a.b as b."
    if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
        return "import *", "Import the names that you use."
    return None


def _is_member(node: ast.stmt) -> bool:
    """Whether Monty takes a statement in a class."""
    if isinstance(node, ast.Assign):
        return len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, (*_METHODS, ast.AnnAssign, ast.Pass))
