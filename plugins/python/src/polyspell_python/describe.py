"""What a script function says of itself: its name, its docstring, its parameters as a schema."""

from __future__ import annotations

import ast
import contextlib
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any

from polyspell.schema import signature
from polyspell.scripting.values import FunctionRef

_TYPES: dict[str, Any] = {
    "str": str, "int": int, "float": float, "bool": bool, "bytes": bytes, "list": list,
    "dict": dict, "set": set, "tuple": tuple, "None": None, "Any": Any, "object": Any,
    "List": list, "Dict": dict, "Optional": typing.Optional, "Union": typing.Union,
    "Literal": typing.Literal,
}  # fmt: skip
_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def describe(number: int, name: str, function: Callable[..., Any] | None) -> FunctionRef:
    """A function that crosses to the host. What cannot be told is left out."""
    if function is None or not name:
        return FunctionRef(number, name or None)
    doc = inspect.getdoc(function) or None
    with contextlib.suppress(Exception):  # an annotation may be anything
        found = signature(function)
        return FunctionRef(number, name, found.description or None, found.parameters)
    return FunctionRef(number, name, doc)


def from_definition(number: int, name: str, known: Mapping[str, list[_Definition]]) -> FunctionRef:
    """A function of which only the name has come, by the definitions of that name. Where several
    differ, nothing is told: a wrong schema would mislead a model."""
    definitions = known.get(name, [])
    texts = {ast.unparse(each) for each in definitions}
    if len(texts) != 1:
        return FunctionRef(number, name if definitions else None)
    return describe(number, name, _stand_in(definitions[0]))


def _stand_in(node: _Definition) -> Callable[..., Any]:
    """A function that looks like a definition and runs nothing of it."""

    def stand_in() -> None: ...

    arguments = node.args
    ordered = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(ordered) - len(arguments.defaults)) + list(arguments.defaults)
    parameters = [
        *(
            _parameter(a, d, _kind(a in arguments.posonlyargs))
            for a, d in zip(ordered, defaults, strict=True)
        ),
        *([_variadic(arguments.vararg, False)] if arguments.vararg else []),
        *(
            _parameter(a, d, inspect.Parameter.KEYWORD_ONLY)
            for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ),
        *([_variadic(arguments.kwarg, True)] if arguments.kwarg else []),
    ]
    stand_in.__name__ = node.name
    stand_in.__doc__ = ast.get_docstring(node)
    stand_in.__annotations__ = {p.name: p.annotation for p in parameters}
    stand_in.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return stand_in


def _kind(positional: bool) -> Any:
    kinds = inspect.Parameter
    return kinds.POSITIONAL_ONLY if positional else kinds.POSITIONAL_OR_KEYWORD


def _parameter(argument: ast.arg, default: ast.expr | None, kind: Any) -> inspect.Parameter:
    return inspect.Parameter(
        argument.arg,
        kind,
        default=inspect.Parameter.empty if default is None else _constant(default),
        annotation=annotation(argument.annotation),
    )


def _variadic(argument: ast.arg, named: bool) -> inspect.Parameter:
    kinds = inspect.Parameter
    return inspect.Parameter(argument.arg, kinds.VAR_KEYWORD if named else kinds.VAR_POSITIONAL)


def _constant(node: ast.expr) -> Any:
    """A default; None where it is more than a constant: only that there is one matters."""
    with contextlib.suppress(ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return ast.literal_eval(node)
    return None


def annotation(node: ast.expr | None) -> Any:
    """The type that an annotation names; Any for what is not one of the plain ones. Nothing of the
    script is run for it."""
    try:
        return _type(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return Any


def _type(node: ast.expr | None) -> Any:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return _type(ast.parse(node.value, mode="eval").body)
        if node.value is None:
            return None
    if isinstance(node, ast.Attribute):  # typing.Any
        return _TYPES.get(node.attr, Any)
    if isinstance(node, ast.Name):
        return _TYPES.get(node.id, Any)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return typing.Union[_type(node.left), _type(node.right)]  # noqa: UP007 -- Any has no |
    if isinstance(node, ast.Subscript):
        return _generic(_type(node.value), node.slice)
    return Any


def _generic(origin: Any, inner: ast.expr) -> Any:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if origin is typing.Literal:
        return typing.Literal[tuple(ast.literal_eval(p) for p in parts)]
    if origin is Any:
        return Any
    return origin[tuple(_type(p) for p in parts)]
