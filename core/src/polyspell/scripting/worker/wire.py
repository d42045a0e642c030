"""The host's end of the wire: an asyncio protocol that reads in place and writes in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from .errors import WorkerProtocolError
from .frames import Codec, FrameReader, append
from .records import System

# So many of the largest frames may wait for a worker that does not read.
BACKLOG = 4


class Wire(asyncio.BufferedProtocol):
    """Frames over a transport.

    Args:
        codec: for the messages.
        max_frame: the largest message either way, in bytes.
        on_message: called with each message, as soon as it is here.
        on_system: called with each frame of the machinery.
        on_end: called once, with the error that ended the wire, or None when the worker closed it.
    """

    def __init__(
        self,
        codec: Codec,
        max_frame: int,
        on_message: Callable[[Any], object],
        on_system: Callable[[System], object],
        on_end: Callable[[Exception | None], object],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._codec = codec
        self._max_frame = max_frame
        self._on_message = on_message
        self._on_system = on_system
        self._on_end = on_end
        self._reader = FrameReader(max_frame)
        self._out = bytearray()
        self._error: Exception | None = None
        self._transport: asyncio.Transport | None = None

    def send(self, message: Any, codec: Codec | None = None) -> None:
        """Send in the next turn of the loop, in one write with all that is sent until then."""
        out = self._out
        if not out:
            self._loop.call_soon(self._flush)
        append(out, message, codec or self._codec, self._max_frame)

    def _flush(self) -> None:
        data, self._out = self._out, bytearray()
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > BACKLOG * self._max_frame:
            self._fail(WorkerProtocolError("The worker does not read what it is sent."))

    def pause(self, on: bool) -> None:
        """Stop reading, so that the worker has to wait, or go on."""
        if self._transport:
            (self._transport.pause_reading if on else self._transport.resume_reading)()

    def close(self) -> None:
        """Drop the connection at once; `on_end` follows."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._reader.space()

    def buffer_updated(self, nbytes: int) -> None:
        try:
            for system, frame in self._reader.feed(nbytes):
                if system:
                    self._on_system(self._decode(system, frame))
                else:
                    self._on_message(self._decode(self._codec, frame))
        except WorkerProtocolError as error:
            self._fail(error)

    def _fail(self, error: WorkerProtocolError) -> None:
        self._error = error
        self.close()

    def _decode(self, codec: Codec, frame: memoryview) -> Any:
        try:
            return codec.decode(frame)
        except Exception as error:
            raise WorkerProtocolError(f"A frame cannot be read: {error}") from error

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_end(self._error or exc)
