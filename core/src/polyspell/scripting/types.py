"""Types of the script API: read from hints once, used to check, to convert and to document."""

from __future__ import annotations

import collections.abc
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from polyspell.errors import ConfigError, ValidationError
from polyspell.scripting.values import FunctionRef, HandleRef, Record

Resolve = Callable[[Any], Any]
Table = dict[str, Any]
"""Named plain values, as API functions take and give them."""


class TypeSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A type. `kind` is any, none, bool, int, float, str, bytes, list, dict, function, handle,
    record, stream, literal or union; `name` names a handle or record; `of` are the inner types (of
    a function: its parameters, then its result); `values` are a literal's."""

    kind: str
    name: str = ""
    of: tuple[TypeSpec, ...] = ()
    values: tuple[str | int | bool, ...] = ()

    @property
    def of_union(self) -> tuple[TypeSpec, ...]:
        """The alternatives of a union; nothing for other kinds."""
        return self.of if self.kind == "union" else ()

    def __str__(self) -> str:
        if self.kind == "union":
            return " or ".join(str(t) for t in self.of)
        if self.kind == "literal":
            return " or ".join(repr(v) for v in self.values)
        if self.kind in ("list", "stream") and self.of:
            return f"{self.kind} of {self.of[0]}"
        return self.name or {"none": "nothing", "dict": "table"}.get(self.kind, self.kind)


ANY = TypeSpec("any")
_SIMPLE: dict[Any, str] = {
    Any: "any", object: "any", None: "none", type(None): "none", bool: "bool", int: "int",
    float: "float", str: "str", bytes: "bytes", list: "list", dict: "dict",
}  # fmt: skip


def type_spec(hint: Any) -> TypeSpec:
    """The type that a hint stands for.

    Raises:
        ConfigError: scripts cannot be offered such a type.
    """
    if isinstance(hint, TypeSpec):
        return hint
    simple = _SIMPLE.get(hint) if isinstance(hint, collections.abc.Hashable) else None
    if simple is not None:
        return TypeSpec(simple)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return type_spec(arguments[0])
    if origin in (Union, types.UnionType):
        return TypeSpec("union", of=tuple(type_spec(a) for a in arguments))
    if origin is Literal:
        return TypeSpec("literal", values=arguments)
    if origin in (list, collections.abc.Sequence):
        return TypeSpec("list", of=(type_spec(arguments[0]),))
    if origin in (dict, collections.abc.Mapping):
        return TypeSpec("dict", of=(type_spec(arguments[1]),))
    if origin is collections.abc.AsyncIterator:
        return TypeSpec("stream", of=(type_spec(arguments[0]),))
    if hint is Callable or hint is collections.abc.Callable:
        return TypeSpec("function")
    if origin is collections.abc.Callable:
        takes = [] if arguments[0] is Ellipsis else list(arguments[0])
        return TypeSpec("function", of=tuple(type_spec(a) for a in (*takes, arguments[1])))
    if (kind := getattr(hint, "api_kind", None)) is not None:
        return TypeSpec(kind, name=hint.api_name)
    raise ConfigError(
        f"{hint!r} cannot stand in a script API.",
        hint="Use plain types, Callable, AsyncIterator, an ApiHandle or an ApiRecord.",
    )


Check = Callable[[Any, str, Resolve], Any]


def checker(spec: TypeSpec) -> Check:
    """A function `(value, path, resolve)` that gives the value as the host takes it, or raises a
    ValidationError that names the path. `resolve` turns references into live objects."""
    kind = spec.kind
    if kind == "any":
        return _any
    if kind == "union":
        return _union(spec)
    if kind == "literal":
        return _literal(spec)
    if kind == "list":
        return _list(checker(spec.of[0]) if spec.of else _any, spec)
    if kind == "dict":
        return _dict(checker(spec.of[0]) if spec.of else _any, spec)
    if kind == "handle":
        return _handle(spec)
    return _plain(spec)


def _mismatch(spec: TypeSpec, value: Any, path: str) -> ValidationError:
    got = {"NoneType": "nothing", "dict": "a table", "FunctionRef": "a function"}.get(
        type(value).__name__, f"a {type(value).__name__}"
    )
    if isinstance(value, HandleRef):
        got = f"a {value.type}"
    if isinstance(value, float) and value != value:
        got = "NaN"
    return ValidationError(f"{path} must be {spec}, not {got}.", context={"path": path})


_PLAIN: dict[str, tuple[type, ...]] = {
    "none": (type(None),),
    "bool": (bool,),
    "str": (str,),
    "bytes": (bytes,),
    "function": (FunctionRef,),
    "record": (Record, dict),
    "stream": (HandleRef,),
}


def _plain(spec: TypeSpec) -> Check:
    kind = spec.kind
    wanted = _PLAIN.get(kind, ())

    def check(value: Any, path: str, resolve: Resolve) -> Any:
        if kind == "int" or kind == "float":
            return _number(spec, value, path)
        if not isinstance(value, wanted):
            raise _mismatch(spec, value, path)
        return value if kind in ("str", "bool", "none", "bytes") else resolve(value)

    return check


def _number(spec: TypeSpec, value: Any, path: str) -> int | float:
    """Languages with one kind of number give 3.0 for 3, and 3 for 3.0: both are meant."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _mismatch(spec, value, path)
    if spec.kind == "float":
        if value != value:  # see require_numbers
            raise _mismatch(spec, value, path)
        return float(value)
    if isinstance(value, float):
        if not value.is_integer():
            raise _mismatch(spec, value, path)
        return int(value)
    return value


FLAT = frozenset({str, int, float, bool, bytes, type(None)})
"""Types of values that hold no others and stand for nothing else."""


def _any(value: Any, path: str, resolve: Resolve) -> Any:
    kind = type(value)
    if kind is list:
        if FLAT.issuperset(map(type, value)):  # nothing in it to resolve
            return value.copy()
        return [_any(v, path, resolve) for v in value]
    if kind is dict:
        if FLAT.issuperset(map(type, value.values())):
            return value.copy()
        return {k: _any(v, path, resolve) for k, v in value.items()}
    if kind in (FunctionRef, HandleRef, Record):
        return resolve(value)
    return value


def _list(inner: Check, spec: TypeSpec) -> Check:
    def check(value: Any, path: str, resolve: Resolve) -> Any:
        if value == {}:  # an empty table says nothing of its kind
            return []
        if not isinstance(value, list):
            raise _mismatch(spec, value, path)
        return [inner(v, f"{path}[{i}]", resolve) for i, v in enumerate(value)]

    return check


def _dict(inner: Check, spec: TypeSpec) -> Check:
    def check(value: Any, path: str, resolve: Resolve) -> Any:
        if value == [] or isinstance(value, Record):
            value = {} if value == [] else value.fields
        if not isinstance(value, dict):
            raise _mismatch(spec, value, path)
        return {k: inner(v, f"{path}.{k}", resolve) for k, v in value.items()}

    return check


def _handle(spec: TypeSpec) -> Check:
    def check(value: Any, path: str, resolve: Resolve) -> Any:
        if not isinstance(value, HandleRef) or value.type != spec.name:
            raise _mismatch(spec, value, path)
        return resolve(value)

    return check


def _literal(spec: TypeSpec) -> Check:
    def check(value: Any, path: str, resolve: Resolve) -> Any:
        if isinstance(value, list | dict) or value not in spec.values:
            raise ValidationError(f"{path} must be {spec}, not {value!r}.", context={"path": path})
        return value

    return check


def _union(spec: TypeSpec) -> Check:
    inner = [checker(each) for each in spec.of]

    def check(value: Any, path: str, resolve: Resolve) -> Any:
        deepest: ValidationError | None = None
        for each in inner:
            try:
                return each(value, path, resolve)
            except ValidationError as error:  # keep the one that got furthest into the value
                if error.context.get("path", path) != path:
                    deepest = error
        raise deepest or _mismatch(spec, value, path)

    return check


def hints_of(function: Any) -> dict[str, Any]:
    """The type hints of a function of the API, resolved."""
    return typing.get_type_hints(function, include_extras=True)


def camel_case(name: str) -> str:
    """`add_tool` as `addTool`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
