"""Entries of workers that are enemies: what an engine could do that a script has taken over. They
run locked in, and write frames by hand."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from polyspell.scripting.wire import Setup

encode, Ext = msgspec.msgpack.encode, msgspec.msgpack.Ext
_LENGTH = struct.Struct("<I")


def frame(content: bytes, bits: int = 0) -> bytes:
    return _LENGTH.pack(len(content) | bits) + content


def message(*parts: Any) -> bytes:
    return frame(encode(list(parts)))


def ended(value: bytes) -> bytes:
    """The first task ends with this value, packed already."""
    return frame(b"\x95\xa5Ended\x01" + value + b"\xc0\xc2")


FRAMES: dict[str, bytes] = {
    "no msgpack": frame(b"\xc1\xff" * 10),
    "no message": message("Nope", 1),
    "too short": message("Ask", 1),
    "other types": message("Ask", "x", [], None, 5, "no"),
    "other types in an error": message("Ended", 1, None, {1: 2}, True),
    "a handle whose number is a list": ended(encode(Ext(2, encode([[1], "Agent"])))),
    "a handle whose type is a list": ended(encode(Ext(2, encode([1, ["Agent"]])))),
    "a function whose number is a list": ended(encode(Ext(1, encode([[1], None, None, None])))),
    "a record without fields": ended(encode(Ext(3, encode(["x", "y"])))),
    "an unknown kind": ended(encode(Ext(77, b"x"))),
    "a number without digits": ended(encode(Ext(4, encode("many")))),
    "a number that is none": ended(encode(Ext(4, encode([1])))),
    "a value that is nested without end": ended(b"\x91" * 100_000 + b"\x01"),
    "a frame of two gigabytes": _LENGTH.pack(2**31 - 1),
    "a frame of the machinery": frame(b"\xc1\xc1", 2**31),
    "millions of lists": ended(b"\xdd" + struct.pack(">I", 8_000_000) + b"\x90" * 8_000_000),
    "millions of handles": ended(
        b"\xdd" + struct.pack(">I", 100_000) + encode(Ext(2, encode([1, "A"]))) * 100_000
    ),
}
"""Each of these ends the worker: the host cannot make anything of it."""

FLOODS: dict[str, bytes] = {
    "ends of tasks that there are not": message("Ended", 99, None, None, False),
    "answers to no question": message("Gave", 99, None, None),
    "handles that there are not": message("Dropped", list(range(1000))),
    "no output": message("Printed", "stdout", ""),
    "calls of nothing": message("Ask", 1, 1, "nope", "nope", []),
    "calls of a list": message("Ask", 1, 1, [1], "x", [{}]),
    "calls without a grant": message("Ask", 1, 1, "", "env", ["HOME"]),
    "calls that wait": message("Ask", 1, 1, "", "sleep", [1000]),
    "modules": message("Ask", 1, 1, "host", "load", ["../../etc/passwd", None]),
    "output": message("Printed", "x" * 100, "y"),
    "logs": message("Ask", 1, 1, "log", "info", ["x"]),
    "answers that nobody reads": message("Ask", 1, 1, "json", "encode", [["x" * 1000] * 50]),
}

VALUES: dict[str, bytes] = {
    "a handle that was never given": ended(encode(Ext(2, encode([1, "Agent"])))),
    "an error with odd fields": message("Ended", 1, None, {"code": [1], "context": "x"}, False),
}


def serve(channel: Any, options: Any) -> None:
    """Do what the constant `input` names, once there is a task."""
    kind, name = msgspec.convert(options, Setup).opened().values["input"]
    sock = channel._sock
    sock.recv(65536)
    if kind == "flood":
        chunk = FLOODS[name] * max(1, 60_000 // len(FLOODS[name]))
        while True:
            sock.sendall(chunk)
    if kind == "frame":
        sock.sendall(FRAMES[name])
    elif kind == "value":
        sock.sendall(VALUES[name])
    elif kind == "stats":
        sock.sendall(message("Ended", 1, "done", None, False))
    _answer(sock, {"cpu": ["much"]} if name == "odd" else None)


def _answer(sock: Any, stats: Any) -> None:
    """Answer what is asked, if there is an answer; end with the host."""
    for asked in _received(sock.recv):
        if asked[0] == "Query" and stats is not None:
            sock.sendall(message("Gave", asked[1], stats, None))


def _received(recv: Callable[[int], bytes]) -> Iterator[list[Any]]:
    data = b""
    while more := recv(65536):
        data += more
        while len(data) >= 4 and len(data) >= 4 + _LENGTH.unpack_from(data)[0]:
            (size,) = _LENGTH.unpack_from(data)
            yield msgspec.msgpack.decode(data[4 : 4 + size], ext_hook=lambda code, data: None)
            data = data[4 + size :]
