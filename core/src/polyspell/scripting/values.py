"""Values that cross between a script and the host, and how they are packed for another process.

None, bool, int of any size, float, str, bytes, list, dict with string keys; and three of our own:

- `FunctionRef`: a function of the script, which the host may call while the script lives;
- `HandleRef`: an object of the host, which the script sees as an object with methods;
- `Record`: a dict whose fields a script reads as attributes (`result.text`), under a type's name.

Nothing else crosses. What a language cannot carry without loss is an error that names the path.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import msgspec

from polyspell.errors import ValidationError

MAX_DEPTH = 64
"""Lists and dicts nested deeper than this do not cross."""


class FunctionRef(msgspec.Struct, frozen=True):
    """A function of a script, by the number under which its context keeps it."""

    id: int


class HandleRef(msgspec.Struct, frozen=True):
    """An object of the host, by its number in the spell, and the name of its handle type."""

    id: int
    type: str


class Record(msgspec.Struct):
    """Named fields that read as attributes. A table in Lua, an object in JavaScript."""

    type: str
    fields: dict[str, Any]


Value = (
    None
    | bool
    | int
    | float
    | str
    | bytes
    | list[Any]
    | dict[str, Any]
    | FunctionRef
    | HandleRef
    | Record
)
_SCALARS = (type(None), bool, int, float, bytes, FunctionRef, HandleRef)


def fail(path: str, reason: str, hint: str = "") -> NoReturn:
    """Raise the error for a value that cannot cross."""
    raise ValidationError(f"{path or 'The value'} {reason}.", hint=hint, context={"path": path})


def verify(value: Any, path: str = "", depth: int = 0) -> None:
    """Check that a value can cross.

    Raises:
        ValidationError: it cannot; names the path (`tools[2].parameters`) and the type.
    """
    kind = type(value)
    if kind in _SCALARS:
        return
    if kind is str:
        if not value.isascii():
            verify_text(value, path)
    elif depth >= MAX_DEPTH:
        fail(path, f"is nested deeper than {MAX_DEPTH} levels, or contains itself")
    elif kind is list:
        for index, item in enumerate(value):
            verify(item, f"{path}[{index}]", depth + 1)
    elif kind is dict:
        _verify_dict(value, path, depth)
    elif kind is Record:
        _verify_dict(value.fields, path, depth)
    else:
        fail(path, f"is {kind.__name__}, which cannot cross between host and script")


def _verify_dict(value: dict[Any, Any], path: str, depth: int) -> None:
    for key, item in value.items():
        if type(key) is not str:
            fail(path, f"has the key {key!r}, and only strings can be keys")
        verify_text(key, path)
        verify(item, f"{path}.{key}" if path else key, depth + 1)


def verify_text(text: str, path: str) -> None:
    """Check that a text is whole: a surrogate without its partner cannot cross."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        fail(path, f"has a lone surrogate at position {error.start}")


_FUNCTION, _HANDLE, _RECORD, _BIG_INT = 1, 2, 3, 4


def _enc_hook(value: Any) -> Any:
    raise NotImplementedError(f"{type(value).__name__} cannot cross between host and script")


class _Box(msgspec.Struct, array_like=True):
    items: Any


def pack_value(value: Any) -> Any:
    """A value as msgpack can carry it: our three kinds and large ints become extensions."""
    kind = type(value)
    if kind is list:
        return [pack_value(v) for v in value]
    if kind is dict:
        return {k: pack_value(v) for k, v in value.items()}
    if kind is int:
        return value if -(2**63) <= value < 2**64 else _ext(_BIG_INT, str(value))
    if kind is FunctionRef:
        return _ext(_FUNCTION, value.id)
    if kind is HandleRef:
        return _ext(_HANDLE, [value.id, value.type])
    if kind is Record:
        return _ext(_RECORD, [value.type, pack_value(value.fields)])
    return value


def _ext(code: int, content: Any) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode(content))


def unpack_ext(code: int, data: memoryview) -> Any:
    """The inverse of `pack_value`, as msgspec's `ext_hook`."""
    content = msgspec.msgpack.decode(data, ext_hook=unpack_ext)
    if code == _FUNCTION:
        return FunctionRef(content)
    if code == _HANDLE:
        return HandleRef(*content)
    if code == _RECORD:
        return Record(*content)
    if code == _BIG_INT:
        return int(content)
    raise ValidationError(f"Unknown extension {code} on the wire.")


def finite(value: float) -> bool:
    """Whether a float is a JSON number."""
    return math.isfinite(value)
