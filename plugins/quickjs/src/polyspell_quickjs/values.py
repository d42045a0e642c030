"""Values between Python and the engine.

The engine carries plain values by itself. The others are dicts with the key "$", and where a
value has any the whole is marked as tagged: -0.0 (z), ints beyond 64 bits in hexadecimal (i),
functions (f), handles (h), records (r), dicts with keys that a plain object cannot hold (o), and
what is nested so deep that the engine cannot carry it, in parts (P, p).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polyspell.scripting.values import FunctionRef, HandleRef, Record, verify

Tagged = tuple[Any, bool]
"""A value as the engine carries it, and whether it has tags."""
_ODD_KEYS = ("$", "__proto__")
_CHUNK = 24  # the engine carries 64 levels, and a tag may add one to each


def to_script(value: Any) -> Tagged:
    """A value for the engine.

    Raises:
        ValidationError: it cannot cross.
    """
    verify(value)
    return (_packed(value), True) if _special(value, 0) else (value, False)


def arguments_to_script(arguments: list[Any]) -> Tagged:
    """The arguments of a call for the engine. Raises as `to_script`."""
    tags = [to_script(argument)[1] for argument in arguments]  # each is checked
    tagged = any(tags)
    return [_packed(a) if tagged else a for a in arguments], tagged


def to_host(value: Any, tagged: bool) -> Any:
    """A value of the engine."""
    return _untag(value, ()) if tagged else value


def _special(value: Any, depth: int) -> bool:
    """Whether a value needs tags."""
    kind = type(value)
    if kind is str or kind is bool or value is None or kind is bytes:
        return False
    if kind is int:
        return not -(2**63) <= value < 2**63
    if kind is float:
        return value == 0.0 and str(value) == "-0.0"
    if kind is list:
        return depth >= _CHUNK or any(_special(item, depth + 1) for item in value)
    if kind is dict:
        return depth >= _CHUNK or any(
            key in _ODD_KEYS or _special(item, depth + 1) for key, item in value.items()
        )
    return True


def _packed(value: Any) -> Any:
    parts: list[Any] = []
    packed = _tag(value, 0, parts)
    return {"$": "P", "v": packed, "more": parts} if parts else packed


def _tag(value: Any, depth: int, parts: list[Any]) -> Any:
    kind = type(value)
    if kind is list or kind is dict or kind is Record:
        packed = _tag_items(value, depth, parts)
        if depth % _CHUNK != _CHUNK - 1:
            return packed
        parts.append(packed)
        return {"$": "p", "v": len(parts) - 1}
    if kind is FunctionRef:
        return {"$": "f", "v": value.id}
    if kind is HandleRef:
        return {"$": "h", "v": value.id, "more": value.type}
    if _special(value, depth):
        return {"$": "z"} if kind is float else {"$": "i", "v": format(value, "x")}
    return value


def _tag_items(value: Any, depth: int, parts: list[Any]) -> Any:
    kind = type(value)
    if kind is list:
        return [_tag(item, depth + 1, parts) for item in value]
    if kind is Record:
        return {"$": "r", "v": value.type, "more": _tag_items(value.fields, depth, parts)}
    if any(key in value for key in _ODD_KEYS):
        return {"$": "o", "v": [[k, _tag(v, depth + 1, parts)] for k, v in value.items()]}
    return {key: _tag(item, depth + 1, parts) for key, item in value.items()}


def _untag(value: Any, parts: Sequence[Any]) -> Any:
    if type(value) is list:
        return [_untag(item, parts) for item in value]
    if type(value) is not dict:
        return value
    kind = value.get("$")
    if kind is None:
        return {key: _untag(item, parts) for key, item in value.items()}
    content: Any = value.get("v")
    more: Any = value.get("more")
    if kind == "o":
        return {str(key): _untag(item, parts) for key, item in content}
    if kind == "f":
        return FunctionRef(int(content), more or None)
    if kind == "h":
        return HandleRef(int(content), str(more))
    if kind == "r":
        return Record(str(content), _untag(more, parts))
    if kind == "i":
        return int(content, 16)
    if kind == "p":
        return _untag(parts[int(content)], parts)
    return _untag(content, more) if kind == "P" else -0.0
