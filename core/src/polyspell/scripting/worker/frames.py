"""Messages as frames: a little-endian length of four bytes, then msgpack. No input or output here.

The top bit of the length marks a frame of the machinery itself (`records.System`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct
from typing import Any

import msgspec

from .errors import WorkerProtocolError
from .records import System

MAX_FRAME = 16 * 1024 * 1024
CHUNK = 64 * 1024

_LENGTH = Struct("<I")
_SYSTEM_BIT = 0x8000_0000


class Codec:
    """How messages become bytes and back: msgspec's msgpack, with its hooks passed through.

    Args:
        type: what every message must be when it is read, as msgspec understands types.
        enc_hook, dec_hook, ext_hook: as in `msgspec.msgpack.Encoder` and `Decoder`.
    """

    __slots__ = ("decode", "encode_into")

    def __init__(
        self,
        type: Any = Any,
        *,
        enc_hook: Callable[[Any], Any] | None = None,
        dec_hook: Callable[[Any, Any], Any] | None = None,
        ext_hook: Callable[[int, memoryview], Any] | None = None,
    ) -> None:
        encoder = msgspec.msgpack.Encoder(enc_hook=enc_hook)
        decoder = msgspec.msgpack.Decoder(type, dec_hook=dec_hook, ext_hook=ext_hook)
        self.encode_into: Callable[[Any, bytearray, int], None] = encoder.encode_into
        self.decode: Callable[[Any], Any] = decoder.decode


PLAIN = Codec()
SYSTEM = Codec(System)


def append(out: bytearray, message: Any, codec: Codec, max_frame: int) -> None:
    """Put the frame of `message` behind `out`; on an error `out` stays as it was.

    Raises:
        WorkerProtocolError: the frame would be larger than `max_frame` bytes.
        TypeError: msgspec cannot encode the value.
    """
    start = len(out)
    out += b"\0\0\0\0"
    try:
        codec.encode_into(message, out, -1)
        size = len(out) - start - 4
        if size > max_frame:
            raise too_large(size, max_frame)
    except BaseException:
        del out[start:]
        raise
    _LENGTH.pack_into(out, start, size | _SYSTEM_BIT if codec is SYSTEM else size)


def too_large(size: int, max_frame: int) -> WorkerProtocolError:
    """The error for a frame of `size` bytes."""
    return WorkerProtocolError(
        f"A message of {size} bytes is larger than the limit of {max_frame} bytes.",
        hint="Send the data in parts, or raise max_frame of the pool.",
        context={"size": size, "limit": max_frame},
    )


class FrameReader:
    """Cuts a stream into frames. Read into `space()`, then tell `feed()` how much came."""

    __slots__ = ("_buffer", "_end", "_max_frame", "_view")

    def __init__(self, max_frame: int) -> None:
        self._max_frame = max_frame
        self._end = 0
        self._renew(CHUNK)

    def _renew(self, size: int) -> None:
        # Views of the old buffer may be alive, so it cannot be resized.
        old, end = getattr(self, "_buffer", b""), self._end
        self._buffer = bytearray(size)
        self._buffer[:end] = old[:end]
        self._view = memoryview(self._buffer)

    def space(self) -> memoryview:
        """Where the next bytes belong; never empty."""
        return self._view[self._end :]

    def feed(self, count: int) -> Iterator[tuple[Codec | None, memoryview]]:
        """Each whole frame, after `count` bytes came: (SYSTEM or None, its bytes).

        The bytes are valid until the next `space()`. Iterate to the end.

        Raises:
            WorkerProtocolError: a length above the limit.
        """
        self._end += count
        buffer, view, end, start, need = self._buffer, self._view, self._end, 0, 4
        while end - start >= 4:
            (head,) = _LENGTH.unpack_from(buffer, start)
            size = head & ~_SYSTEM_BIT
            if size > self._max_frame:
                raise too_large(size, self._max_frame)
            stop = start + 4 + size
            if stop > end:
                need = 4 + size
                break
            yield (SYSTEM if head & _SYSTEM_BIT else None), view[start + 4 : stop]
            start = stop
        self._keep(start, need)

    def _keep(self, start: int, need: int) -> None:
        """Move what is left of the stream to the front, and have room for `need` bytes."""
        left = self._end - start
        if start and left:
            self._buffer[:left] = self._buffer[start : self._end]
        self._end = left
        # No more than has come, and as much again: a length alone must not cost its memory.
        size = max(CHUNK, min(need, 2 * left))
        if len(self._buffer) < size or len(self._buffer) > CHUNK >= size:
            self._renew(size)
