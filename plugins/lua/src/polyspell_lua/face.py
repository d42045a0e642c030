"""The declaration of the script API as the prelude reads it: bits for each function."""

from __future__ import annotations

import msgspec
from polyspell.scripting.declare import Api, FunctionSpec, HandleSpec

_WAITS, _PROPERTY, _STREAM, _BATCHED = 1, 2, 4, 8
_encode = msgspec.msgpack.encode
_packed: dict[int, tuple[Api, bytes]] = {}
_MOST = 16


def pack_api(api: Api) -> bytes:
    """The API, packed: for each module and handle type the bits of its functions (packed again,
    since a script uses few of them). The same API is packed once."""
    known = _packed.get(id(api))
    if known and known[0] is api:
        return known[1]
    if len(_packed) >= _MOST:
        _packed.clear()
    streams = {handle.name for handle in api.handles if handle.iterates}
    modules = {
        m.name: _encode({f.name: _bits(f, streams) for f in m.functions}) for m in api.modules
    }
    handles = {
        h.name: _encode({f.name: _bits(f, streams) for f in h.methods} | _roles(h))
        for h in api.handles
    }
    data = _encode({"modules": modules, "handles": handles})
    _packed[id(api)] = (api, data)
    return data


def _roles(handle: HandleSpec) -> dict[str, str | None]:
    """Which methods a handle stands for: under names that no method has."""
    return {"for": handle.iterates, "()": handle.calls}


def _bits(spec: FunctionSpec, streams: set[str]) -> int:
    stream = spec.returns.kind == "stream" or spec.returns.name in streams
    bits = _WAITS * spec.waits + _PROPERTY * spec.is_property + _STREAM * stream
    return bits + _BATCHED * (spec.waits or spec.batched)
