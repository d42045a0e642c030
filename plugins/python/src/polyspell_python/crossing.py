"""Values on their way into Monty and out: our own kinds travel as tuples, which nothing else is.

The prelude in the sandbox writes and reads the same tuples: `("function", number, repr)`,
`("handle", number, type)`, `("record", type, fields)`, and for what cannot cross `("deep",)`,
`("key", repr)` and `("type", name)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from polyspell.scripting.limits import Limits
from polyspell.scripting.values import MAX_DEPTH, FunctionRef, HandleRef, Record, fail, verify

Refer = Callable[[int, str], FunctionRef]
_NAME = re.compile(r"<function '(?:.*\.)?(\w+)' at ")
HINTS = {
    "coroutine": "Await it.",
    "range": "Give a list: list(...).",
    "set": "Give a list: sorted(...) or list(...).",
    "frozenset": "Give a list: sorted(...) or list(...).",
    "generator": "Give a list: list(...).",
    "list_iterator": "Give a list: list(...).",
}


def to_script(value: Any) -> Any:
    """A value for the sandbox.

    Raises:
        ValidationError: it cannot cross; names the path.
    """
    verify(value)
    return _in(value)


def _in(value: Any) -> Any:
    kind = type(value)
    if kind is list:
        return [_in(item) for item in value]
    if kind is dict:
        return {key: _in(item) for key, item in value.items()}
    if kind is FunctionRef:
        return ("function", value.id)
    if kind is HandleRef:
        return ("handle", value.id, value.type)
    if kind is Record:
        return ("record", value.type, _in(value.fields))
    return value


def has_own_kinds(value: Any) -> bool:
    """Whether a value for the sandbox has tuples in it, which the prelude has to read."""
    kind = type(value)
    if kind is list:
        return any(map(has_own_kinds, value))
    if kind is dict:
        return any(map(has_own_kinds, value.values()))
    return kind is tuple


def to_host(value: Any, refer: Refer, path: str = "", depth: int = 0) -> Any:
    """A value from the sandbox. It may be anything, the sandbox is not trusted.

    Args:
        value: as it came.
        refer: makes the reference to a function from its number and name.
        path: where it stands, for errors.
        depth: how deep.

    Raises:
        ValidationError: it cannot cross; names the path.
    """
    kind = type(value)
    if kind is list or kind is dict:
        if depth >= MAX_DEPTH:
            fail(path, f"is nested deeper than {MAX_DEPTH} levels, or contains itself")
        if kind is list:
            return [to_host(v, refer, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]
        return _fields(value, refer, path, depth)
    if kind is tuple and value:
        return _own(value, refer, path, depth)
    verify(value, path)
    return value


def _fields(value: Any, refer: Refer, path: str, depth: int) -> dict[str, Any]:
    if type(value) is not dict or not all(type(key) is str for key in value):
        fail(path, "is no table of named fields")
    return {
        key: to_host(item, refer, f"{path}.{key}" if path else key, depth + 1)
        for key, item in value.items()
    }


def _own(value: tuple[Any, ...], refer: Refer, path: str, depth: int) -> Any:
    match value:
        case ("function", int(number), str(shown)):
            found = _NAME.match(shown)
            return refer(number, found[1] if found else "")
        case ("handle", int(number), str(name)):
            return HandleRef(number, name)
        case ("record", str(name), fields):
            return Record(name, _fields(fields, refer, path, depth))
        case ("deep",):
            fail(path, f"is nested deeper than {MAX_DEPTH} levels, or contains itself")
        case ("key", str(key)):
            fail(path, f"has the key {key}, and only strings can be keys")
        case ("type", str(name)):
            fail(path, f"is a {name}, which cannot cross to the host", HINTS.get(name, ""))
    fail(path, "cannot cross to the host")


def split_keywords(arguments: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call in order, and those by name."""
    last = arguments[-1] if arguments else None
    if isinstance(last, Record) and last.type == "keywords":
        return arguments[:-1], last.fields
    return arguments, {}


def limit_of(data: dict[str, Any]) -> str | None:
    """The sandbox's own limit that an error is about: such errors nobody catches."""
    limit = (data.get("context") or {}).get("limit")
    own = data.get("code") == "limit_exceeded" and limit in Limits.__struct_fields__
    return str(limit) if own else None
