"""Values as MessagePack between Python and Lua: the only thing that crosses is a string.

Lua's side is prelude/encode.lua and decode.lua. Functions, handles and records are the extensions
1 to 3, their content MessagePack again.
"""

from __future__ import annotations

from typing import Any

import msgspec
from polyspell.errors import ValidationError
from polyspell.scripting.values import (
    MAX_DEPTH,
    FunctionRef,
    HandleRef,
    Record,
    fail,
    verify,
)

_FUNCTION, _HANDLE, _RECORD = 1, 2, 3
_LOW, _HIGH = -(2**63), 2**63 - 1
_ext = msgspec.msgpack.Ext
_encode = msgspec.msgpack.Encoder().encode
_PLAIN = frozenset({type(None), bool, float, bytes})
_FLAT = _PLAIN | {int, str}


def _own(code: int, data: memoryview) -> Any:
    content = decode(data)
    if code == _FUNCTION:
        return FunctionRef(content)
    return HandleRef(*content) if code == _HANDLE else Record(*content)


decode = msgspec.msgpack.Decoder(ext_hook=_own).decode
"""A packed value as plain Python."""


def encode(value: Any) -> bytes:
    """A value, packed for Lua.

    Raises:
        ValidationError: it cannot cross; names the path.
    """
    try:
        return _encode(value if _is_flat(value) else _packable(value, 0))
    except (_Refused, UnicodeEncodeError):
        verify(value)  # tells what and where
        _find_large(value, "")
        raise


def encode_all(arguments: list[Any]) -> bytes:
    """Arguments, packed as one list. Raises as `encode`."""
    try:
        return _encode([_packable(argument, 0) for argument in arguments])
    except (_Refused, UnicodeEncodeError):
        for argument in arguments:
            encode(argument)
        raise


def _is_flat(value: Any) -> bool:
    """Whether it is a dict of plain values, as most answers are: msgspec can have it as it is."""
    if type(value) is not dict:
        return False
    for key, item in value.items():
        kind = type(item)
        if type(key) is not str or kind not in _FLAT or (kind is int and not _LOW <= item <= _HIGH):
            return False
    return True


class _Refused(Exception):
    """Something that cannot cross: where is found out by a second, slower look."""


def _packable(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str or kind in _PLAIN:
        return value
    if kind is int:
        if _LOW <= value <= _HIGH:
            return value
    elif depth < MAX_DEPTH:
        if kind is list:
            return [_packable(item, depth + 1) for item in value]
        if kind is dict:
            return {_name(key): _packable(item, depth + 1) for key, item in value.items()}
        if kind is Record:
            fields = {_name(k): _packable(item, depth + 1) for k, item in value.fields.items()}
            return _ext(_RECORD, _encode([value.type, fields]))
    if kind is FunctionRef:
        return _ext(_FUNCTION, _encode(value.id))
    if kind is HandleRef:
        return _ext(_HANDLE, _encode([value.id, value.type]))
    raise _Refused


def _name(key: Any) -> str:
    if type(key) is str:
        return key
    raise _Refused


def _find_large(value: Any, path: str) -> None:
    """Raise the error for the integer in a value that Lua cannot hold."""
    if type(value) is int and not _LOW <= value <= _HIGH:
        fail(path, f"is {value}, and integers in Lua have 64 bits", "Send it as text.")
    elif type(value) is list:
        for index, item in enumerate(value):
            _find_large(item, f"{path}[{index}]")
    elif type(value) in (dict, Record):
        fields = value if type(value) is dict else value.fields
        for key, item in fields.items():
            _find_large(item, f"{path}.{key}" if path else key)


def to_json(value: Any, path: str = "") -> Any:
    """Check that a value has a form in JSON that says the same.

    Raises:
        ValidationError: it has none; names the path.
    """
    kind = type(value)
    if kind is list:
        return [to_json(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if kind is Record:
        value, kind = value.fields, dict
    if kind is dict:
        return {k: to_json(v, f"{path}.{k}" if path else k) for k, v in value.items()}
    if kind in (bytes, FunctionRef, HandleRef) or value in (float("inf"), float("-inf")):
        fail(path, f"is {value if kind is float else kind.__name__}, which JSON does not have")
    if value != value:
        fail(path, "is not a number, which JSON does not have")
    return value


def from_json(text: bytes) -> bytes:
    """JSON as a packed value.

    Raises:
        ValidationError: it is no JSON, or Lua cannot hold it.
    """
    try:
        return encode(msgspec.json.decode(text))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValidationError(f"This is not JSON: {error}.") from None
    except RecursionError:
        raise ValidationError("This JSON is nested too deep.") from None
