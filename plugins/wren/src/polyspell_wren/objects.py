"""What stands in Python for the objects that a script gets from "polyspell".

Each is an instance of a foreign class of Wren. A script holds it and gives it back; what it says
of itself is asked for by `get`, the one way from the script's getters to here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import wrenpy
from polyspell.errors import ValidationError
from polyspell.scripting.types import camel_case
from polyspell.scripting.values import HandleRef, Record

MOST_DIGITS = 4000  # of integers: to read more takes long


class HostHandle:
    """An object of the host; when the script lets it go, `drop` is told its number."""

    __slots__ = ("__weakref__", "drop", "ref")

    def __init__(self, ref: HandleRef, drop: Callable[[int], None]) -> None:
        self.ref = ref
        self.drop = drop

    def __del__(self) -> None:
        self.drop(self.ref.id)


class HostRecord:
    """Fields of the host. What a script got of one it gets again, so that lists are the same."""

    __slots__ = ("__weakref__", "fields", "given", "record")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.fields = {camel_case(name): value for name, value in record.fields.items()}
        self.given: dict[str, Any] = {}

    def get(self, name: Any) -> Any:
        """A field by either of its names; all names for an empty one."""
        if not name:
            return list(self.fields)
        if not isinstance(name, str):
            refuse(f"{self.record.type} has fields by name, not {name!r}.")
        if name in self.fields:
            return self.fields[name]
        if name in self.record.fields:
            return self.record.fields[name]
        refuse(f"{self.record.type} has no field {name!r}.", f"It has {', '.join(self.fields)}.")

    def show(self) -> str:
        """For a person: the type and its fields, long ones cut."""
        shown = (f"{name}: {_short(value)}" for name, value in self.fields.items())
        return f"{self.record.type} {{{', '.join(shown)}}}"


def _short(value: Any) -> str:
    if value is None or isinstance(value, bool | Record):
        words = {None: "null", True: "true", False: "false"}
        return value.type if isinstance(value, Record) else words[value]
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class HostError:
    """An error of the host, or a script's own `PolyspellError`: `data` as `to_dict` gives it.
    `place` is where it left the fiber that failed with it first."""

    __slots__ = ("__weakref__", "data", "place")

    def __init__(self, message: Any, options: Any = None) -> None:
        if not isinstance(message, str):
            refuse("PolyspellError.new: the message must be a string.")
        self.data: dict[str, Any] = {"code": "script", "message": message}
        self.place: dict[str, Any] = {}
        for name, value in (options or {}).items():
            if not isinstance(value, _OPTIONS.get(name, ())):
                kinds = "code, hint (strings), context (a map) and retryable (a bool)"
                refuse(f"PolyspellError.new takes {kinds}, not {name}: {value!r}.")
            self.data[name] = value

    @property
    def wren_size(self) -> int:
        """Bytes that it holds, about."""
        return _size(self.data)

    @classmethod
    def of(cls, data: dict[str, Any]) -> HostError:
        """An error of the host."""
        error = cls("")
        error.data = data
        return error

    def get(self, name: str) -> Any:
        """A part of it."""
        if name == "context":
            return self.data.get("context") or {}
        return self.data.get(name, False if name == "retryable" else None)


def _size(value: Any) -> int:
    if isinstance(value, str | bytes):
        return 64 + len(value)
    if isinstance(value, dict):
        return 64 + sum(map(_size, value)) + sum(map(_size, value.values()))
    return 64 + sum(map(_size, value)) if isinstance(value, list) else 64


def refuse(message: str, hint: str = "") -> NoReturn:
    """Fail what a script asked for, with an error that it may catch."""
    raise wrenpy.Abort(HostError.of(ValidationError(message, hint=hint).to_dict()))


_OPTIONS: dict[str, type] = {"code": str, "hint": str, "context": dict, "retryable": bool}


class Bytes:
    """Bytes: of a string, a list of numbers, or other bytes."""

    __slots__ = ("__weakref__", "content")

    def __init__(self, content: Any) -> None:
        if isinstance(content, Bytes):
            content = content.content
        elif isinstance(content, str):
            content = content.encode()
        elif isinstance(content, list) and all(type(n) is int and 0 <= n < 256 for n in content):
            content = bytes(content)
        elif not isinstance(content, bytes):  # which a string is that is not UTF-8
            refuse("Bytes.new takes a string, or a list of whole numbers up to 255.")
        self.content: bytes = content

    @property
    def wren_size(self) -> int:
        """Bytes that it holds."""
        return len(self.content)

    def get(self, name: Any) -> Any:
        """Its size, list or text, or a byte by its index."""
        if name == "count":
            return len(self.content)
        if name == "list":
            return list(self.content)
        if name == "text":
            return self.content
        size = len(self.content)
        if type(name) is not int or not -size <= name < size:
            refuse(f"Subscript {name} out of bounds: there are {size} bytes.")
        return self.content[name]

    def same(self, other: Any) -> bool:
        """Whether the other has the same bytes."""
        return isinstance(other, Bytes) and other.content == self.content


class Integer:
    """A whole number that may be larger than Wren's numbers are exact: of digits, or of a number
    that is whole."""

    __slots__ = ("__weakref__", "number")

    def __init__(self, content: Any) -> None:
        if isinstance(content, str):
            digits = content.removeprefix("-")
            if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS:
                content = int(content)
        if type(content) is not int:
            refuse("Integer.new takes digits in a string, or a whole number up to 2^53.")
        self.number: int = content

    @property
    def wren_size(self) -> int:
        """Bytes that it holds, about."""
        return 64 + self.number.bit_length() // 8

    def get(self, name: str) -> Any:
        """Its digits, or the nearest number of Wren's."""
        if name == "text":
            return str(self.number)
        try:
            return float(self.number)
        except OverflowError:
            return float("inf") if self.number > 0 else float("-inf")

    def same(self, other: Any) -> bool:
        """Whether the other is the same number."""
        return isinstance(other, Integer) and other.number == self.number
