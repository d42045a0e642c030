"""Values that cross between a script and the host, and how they are packed for another process.

None, bool, int of any size, float, str, bytes, list, dict with string keys; and three of our own:

- `FunctionRef`: a function of the script, which the host may call while the script lives;
- `HandleRef`: an object of the host, which the script sees as an object with methods;
- `Record`: a dict whose fields a script reads as attributes (`result.text`), under a type's name.

Nothing else crosses. What a language cannot carry without loss is an error that names the path.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any, NoReturn

import msgspec

from polyspell.errors import ValidationError

MAX_DEPTH = 64
"""Lists and dicts nested deeper than this do not cross."""


class _Own:
    """Equal by content. Plain classes, so that msgspec asks `enc_hook` for them."""

    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    def __hash__(self) -> int:
        return hash((type(self), getattr(self, self.__slots__[0])))

    def __repr__(self) -> str:
        values = ", ".join(repr(getattr(self, name)) for name in self.__slots__)
        return f"{type(self).__name__}({values})"


class FunctionRef(_Own):
    """A function of a script, by the number under which its context keeps it.

    Where the language tells, `name`, `doc` and `parameters` (a JSON Schema) are what a tool made of
    it says to a model.
    """

    __slots__ = ("doc", "id", "name", "parameters")

    def __init__(
        self,
        id: int,
        name: str | None = None,
        doc: str | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self.id = id
        self.name = name
        self.doc = doc
        self.parameters = parameters

    def __hash__(self) -> int:
        return hash(self.id)


class HandleRef(_Own):
    """An object of the host, by its number in the spell, and the name of its handle type."""

    __slots__ = ("id", "type")

    def __init__(self, id: int, type: str) -> None:
        self.id = id
        self.type = type


class Record(_Own):
    """Named fields that read as attributes. A table in Lua, an object in JavaScript."""

    __slots__ = ("fields", "type")

    def __init__(self, type: str, fields: dict[str, Any]) -> None:
        self.type = type
        self.fields = fields


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


def require_numbers(value: Any, path: str = "") -> None:
    """Check that all numbers in a value are some. One that is none (NaN) is neither more nor less
    than another: given as a time, it lets an event loop forget when others are to wake.

    Raises:
        ValidationError: one is not; names the path.
    """
    kind = type(value)
    if kind is float and math.isnan(value):
        fail(path, "is NaN, which is no number")
    if kind is list:
        for index, item in enumerate(value):
            require_numbers(item, f"{path}[{index}]")
    elif kind is dict:
        for key, item in value.items():
            require_numbers(item, f"{path}.{key}" if path else key)


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


def encode_own(value: Any) -> msgspec.msgpack.Ext:
    """Our own kinds for msgpack: msgspec's `enc_hook`."""
    if isinstance(value, FunctionRef):
        return _ext(_FUNCTION, [value.id, value.name, value.doc, value.parameters])
    if isinstance(value, HandleRef):
        return _ext(_HANDLE, [value.id, value.type])
    if isinstance(value, Record):
        return _ext(_RECORD, [value.type, value.fields])
    raise NotImplementedError(f"{type(value).__name__} cannot cross between host and script")


def _ext(code: int, content: Any) -> msgspec.msgpack.Ext:
    packed = msgspec.msgpack.encode(pack_big_ints(content), enc_hook=encode_own)
    return msgspec.msgpack.Ext(code, packed)


def pack_big_ints(value: Any) -> Any:
    """A value with ints beyond 64 bits made extensions: msgpack has no others."""
    kind = type(value)
    if kind is list:
        return [pack_big_ints(v) for v in value]
    if kind is dict:
        return {k: pack_big_ints(v) for k, v in value.items()}
    if kind is int and not -(2**63) <= value < 2**64:
        return _ext(_BIG_INT, f"{value:x}")  # of any length: decimals have a limit
    return value


def decode_own(code: int, data: memoryview) -> Any:
    """The inverse of both: msgspec's `ext_hook`. It costs more than other values: see `few`."""
    global _left
    _left -= 1
    if _left < 0:
        raise ValidationError("There are too many functions, handles and records in one message.")
    kind = _KINDS.get(code)
    if kind is None:
        raise ValidationError(f"Unknown extension {code} on the wire.")
    content: Any = kind.decode(data)
    return int(content, 16) if code == _BIG_INT else _MAKE[code](*content)


_left: float = math.inf


@contextlib.contextmanager
def few(most: float) -> Iterator[None]:
    """Within it at most so many of our own kinds are decoded."""
    global _left
    _left = most
    try:
        yield
    finally:
        _left = math.inf


_KINDS: dict[int, msgspec.msgpack.Decoder[Any]] = {
    code: msgspec.msgpack.Decoder(kind, ext_hook=decode_own)
    for code, kind in (
        (_FUNCTION, tuple[int, str | None, str | None, dict[str, Any] | None]),
        (_HANDLE, tuple[int, str]),
        (_RECORD, tuple[str, dict[str, Any]]),
        (_BIG_INT, str),
    )
}
_MAKE: dict[int, Any] = {_FUNCTION: FunctionRef, _HANDLE: HandleRef, _RECORD: Record}
