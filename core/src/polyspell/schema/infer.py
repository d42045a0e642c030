"""Schemas from Python: type hints, dataclasses, TypedDicts, msgspec Structs, pydantic models."""

from __future__ import annotations

import functools
import inspect
import re
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin

import msgspec

from polyspell.errors import ConfigError, ValidationError


def from_type(hint: Any) -> dict[str, Any]:
    """The JSON Schema of a type; what it consists of are `$defs`.

    Raises:
        ConfigError: the type has no JSON form.
    """
    if hasattr(hint, "model_json_schema"):
        return typing.cast(dict[str, Any], hint.model_json_schema())
    try:
        schema = msgspec.json.schema(hint, schema_hook=_schema_hook)
    except TypeError as error:
        raise ConfigError(
            f"No JSON Schema for {hint!r}: {error}.",
            hint="Use str, int, float, bool, list, dict, Literal, dataclasses, TypedDicts, "
            "msgspec Structs or pydantic models.",
        ) from error
    return _inlined(schema)


def _schema_hook(hint: type) -> dict[str, Any]:
    if hasattr(hint, "model_json_schema"):
        return typing.cast(dict[str, Any], hint.model_json_schema())
    raise NotImplementedError(hint)


def _decode_hook(hint: type, value: Any) -> Any:
    if hasattr(hint, "model_validate"):
        return hint.model_validate(value)
    raise NotImplementedError(hint)


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """`{"$ref": "#/$defs/X", "$defs": {"X": ...}}` with X itself at the top, where providers want
    an object; X stays in `$defs` only if something refers to it."""
    definitions = schema.get("$defs", {})
    reference = schema.get("$ref", "")
    name = reference.removeprefix("#/$defs/")
    if name not in definitions:
        return schema
    if repr(reference) not in repr(definitions):
        definitions = {k: v for k, v in definitions.items() if k != name}
    body = {k: v for k, v in schema["$defs"][name].items() if k != "title"}
    return {**body, "$defs": definitions} if definitions else body


def convert(hint: Any, value: Any) -> Any:
    """A JSON value as a Python value of a type, `"20"` for an int included.

    Raises:
        ValidationError: it does not fit; says where.
    """
    try:
        if hasattr(hint, "model_validate"):
            return hint.model_validate(value)
        try:
            return msgspec.convert(value, hint, dec_hook=_decode_hook)
        except msgspec.ValidationError:
            return msgspec.convert(value, hint, strict=False, dec_hook=_decode_hook)
    except (msgspec.ValidationError, ValueError) as error:
        raise ValidationError(f"{error}.".replace("..", ".")) from error


class Signature(msgspec.Struct):
    """What a function takes from a model. `context` names the parameter that gets the ToolContext,
    `check` turns JSON arguments into keyword arguments or raises ValidationError."""

    parameters: dict[str, Any]
    description: str
    context: str | None
    check: Callable[[dict[str, Any]], dict[str, Any]]


def signature(function: Callable[..., Any], context_type: type | None = None) -> Signature:
    """The schema and the check of a function's arguments, from its hints and its docstring.

    Raises:
        ConfigError: it has positional-only or variadic parameters, or a type without a schema.
    """
    name = name_of(function)
    try:
        hints = typing.get_type_hints(_code_of(function), include_extras=True)
        parameters = inspect.signature(function).parameters.values()
    except (NameError, TypeError, ValueError) as error:
        raise ConfigError(
            f"The parameters of {name}() cannot be read: {error}.",
            hint="Import the types of its hints where it is defined, or give `parameters`.",
        ) from error
    summary, docs = about(function)
    fields: list[tuple[Any, ...]] = []
    context: str | None = None
    for parameter in parameters:
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ConfigError(
                f"{name}() takes {parameter}, which a model cannot give.",
                hint="Give the tool named parameters only.",
            )
        hint = hints.get(parameter.name, Any)
        if context_type is not None and context_type in (hint, *_alternatives(hint)):
            context = parameter.name
            continue
        if parameter.name in docs:
            hint = Annotated[hint, msgspec.Meta(description=docs[parameter.name])]
        fields.append(_field(parameter, hint))
    struct = msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True)
    schema = from_type(struct) if fields else {"type": "object", "properties": {}}
    schema = {"type": "object", **schema, "additionalProperties": False}
    return Signature(schema, summary, context, _checker(struct, [f[0] for f in fields]))


def _field(parameter: inspect.Parameter, hint: Any) -> tuple[Any, ...]:
    if parameter.default is inspect.Parameter.empty:
        return (parameter.name, hint)
    default = parameter.default
    if isinstance(default, list | dict | set):
        copy: Callable[[], Any] = default.copy
        return (parameter.name, hint, msgspec.field(default_factory=copy))
    if default is None and type(None) not in _alternatives(_bare(hint)) and hint is not Any:
        hint = hint | None if not isinstance(hint, str) else Any
    return (parameter.name, hint, default)


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (typing.Union, types.UnionType) else ()


def _inner(function: Any) -> Any:
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _code_of(function: Any) -> Any:
    """Where the hints are: those of an object that can be called are its class's."""
    inner = _inner(function)
    plain = inspect.isroutine(inner) or inspect.isclass(inner)
    return inner if plain else type(inner).__call__


def name_of(function: Any) -> str:
    """How a function is called; an object that can be called like its class, in lower case."""
    inner = _inner(function)
    return str(getattr(inner, "__name__", type(inner).__name__.lower()))


def _checker(struct: type, names: list[str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def check(arguments: dict[str, Any]) -> dict[str, Any]:
        value = convert(struct, arguments)
        return {name: getattr(value, name) for name in names}

    return check


def about(function: Any) -> tuple[str, dict[str, str]]:
    """What the docstring of a function says: of itself, and of its parameters."""
    return docstring(inspect.getdoc(_inner(function)) or "")


_ENTRY = re.compile(r"^\s*(?::param\s+)?\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")


def docstring(text: str) -> tuple[str, dict[str, str]]:
    """A docstring's text before its sections, and what it says of each parameter (Google style
    `Args:` or `:param name:`)."""
    lines = text.splitlines()
    head: list[str] = []
    docs: dict[str, str] = {}
    section: str | None = None
    current: str | None = None
    for line in lines:
        stripped = line.strip()
        if re.fullmatch(
            r"(Args|Arguments|Parameters|Returns|Raises|Yields|Examples?|Note):", stripped
        ):
            section = stripped[:-1]
        elif (
            stripped.startswith(":param ")
            or section in ("Args", "Arguments", "Parameters")
            or (section is None and current and line.startswith(" "))
        ):
            match = _ENTRY.match(line)
            if match and (current is None or not line.startswith("        ")):
                current = match[1]
                docs[current] = match[2].strip()
            elif current and stripped:
                docs[current] += " " + stripped
        elif section is None and not stripped.startswith(":"):
            head.append(line)
    return "\n".join(head).strip(), docs
