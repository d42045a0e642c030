"""Values between a script and the host: the table of the README, exactly, or an error."""

from __future__ import annotations

from typing import Any, Protocol

import wrenpy
from polyspell.scripting.values import (
    MAX_DEPTH,
    FunctionRef,
    HandleRef,
    Record,
    fail,
    verify,
)

from polyspell_wren.objects import Bytes, HostError, HostHandle, HostRecord, Integer

EXACT = 2**53  # every whole number up to here is a number in Wren
_SAME = frozenset({type(None), bool, float, str})


class Keeper(Protocol):
    """Knows the functions of a script and the handles of the host that are in use."""

    def keep(self, function: wrenpy.Fn) -> int: ...
    def function(self, number: int, path: str) -> wrenpy.Fn: ...
    def object_of(self, value: HandleRef | Record) -> Any: ...


def to_script(value: Any, keeper: Keeper, path: str = "", depth: int = 0) -> Any:
    """A value of the host as wrenpy takes it.

    Raises:
        ValidationError: it cannot cross; names the path.
    """
    kind = type(value)
    if kind is str:
        if not value.isascii():
            verify(value, path)
        return value
    if kind in _SAME:
        return value
    if kind is int:
        return value if -EXACT <= value <= EXACT else Integer(value)
    if kind is bytes:
        return Bytes(value)
    if kind is FunctionRef:
        return keeper.function(value.id, path)
    if kind is HandleRef or kind is Record:
        return keeper.object_of(value)
    if depth < MAX_DEPTH:
        if kind is list:
            return [to_script(v, keeper, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]
        if kind is dict:
            return {
                _key(k, path): to_script(v, keeper, f"{path}.{k}" if path else str(k), depth + 1)
                for k, v in value.items()
            }
    verify(value, path, depth)  # says what is wrong with it
    fail(path, f"is {kind.__name__}, which cannot cross between host and script")


def _key(key: Any, path: str) -> str:
    if type(key) is not str:
        fail(path, f"has the key {key!r}, and only strings can be keys")
    if not key.isascii():
        verify(key, path)
    return key


def to_host(value: Any, keeper: Keeper, path: str = "", depth: int = 0) -> Any:
    """A value of a script, as wrenpy gives it, as the host takes it.

    Raises:
        ValidationError: it cannot cross; names the path.
    """
    kind = type(value)
    if kind in _SAME or kind is int:
        return value
    if kind is list or kind is dict:
        if depth >= MAX_DEPTH:
            fail(path, f"is nested deeper than {MAX_DEPTH} levels, or contains itself")
        if kind is list:
            return [to_host(v, keeper, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]
        return {
            _name(k, path): to_host(v, keeper, f"{path}.{k}" if path else str(k), depth + 1)
            for k, v in value.items()
        }
    if kind is bytes:
        fail(path, "is a string that is not UTF-8", "Bytes.new(string) carries any bytes.")
    if kind is Bytes:
        return value.content
    if kind is Integer:
        return value.number
    if kind is wrenpy.Fn:
        return FunctionRef(keeper.keep(value))
    if isinstance(value, HostHandle):
        return value.ref
    if isinstance(value, HostRecord):
        return value.record
    if kind is HostError:
        return to_host(value.data, keeper, path, depth)
    fail(path, f"is {described(value)}, which cannot cross between host and script")


def _name(key: Any, path: str) -> str:
    if type(key) is str:
        return key
    shown = described(key) if isinstance(key, wrenpy.Handle) else repr(key)
    fail(path, f"has the key {shown}, and only strings can be keys")


def described(value: Any) -> str:
    """What a value of a script is, for errors."""
    if isinstance(value, wrenpy.Range):
        return "a Range"
    if isinstance(value, wrenpy.Class):
        return "a class"
    if isinstance(value, wrenpy.Handle):
        name = value.class_name
        return f"an instance of {name}" if isinstance(value, wrenpy.Instance) else f"a {name}"
    return f"a {type(value).__name__}"
