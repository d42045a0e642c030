"""The worker's end of the wire: blocking, and only with calls that a locked-in process may make."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from .errors import WorkerProtocolError
from .frames import CHUNK, MAX_FRAME, PLAIN, SYSTEM, Codec, FrameReader, append
from .records import System


class Channel:
    """Messages to and from the host over a blocking socket. For one thread.

    Args:
        sock: a stream socket without a time-out (a time-out would need poll, which fails once
            RLIMIT_NOFILE is 0).
        max_frame: the largest message either way, in bytes.
        on_end: called when the host is gone; without it `EOFError` is raised. In a worker it ends
            the process, so that no engine can swallow the news.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        max_frame: int = MAX_FRAME,
        on_end: Callable[[], object] | None = None,
    ) -> None:
        self.max_frame = max_frame
        self.codec: Codec = PLAIN
        self._sock = sock
        self._on_end = on_end
        self._out = bytearray()
        self._inbox: deque[Any] = deque()
        self._reader = FrameReader(max_frame)

    def send(self, message: Any) -> None:
        """Send now, together with what was posted; waits while the host does not read.

        Raises:
            WorkerProtocolError: larger than `max_frame`.
            TypeError: msgspec cannot encode it.
        """
        append(self._out, message, self.codec, self.max_frame)
        self.flush()

    def post(self, message: Any) -> None:
        """Like `send`, but may wait for the next `send`, `flush` or `receive` to go out with it."""
        append(self._out, message, self.codec, self.max_frame)
        if len(self._out) > CHUNK:
            self.flush()

    def flush(self) -> None:
        """Send what was posted."""
        if self._out:
            try:
                self._sock.sendall(self._out)
            except ConnectionError:
                self._end()
            self._out = bytearray()

    def receive(self) -> Any:
        """The next message; waits for it.

        Raises:
            EOFError: the host is gone (where `on_end` does not end the process).
            WorkerProtocolError: the frame is too large or not msgpack.
        """
        while not self._inbox:
            self._fill()
        return self._inbox.popleft()

    def receive_all(self) -> list[Any]:
        """All messages that are here, at least one; waits for the first. Raises as `receive`."""
        while not self._inbox:
            self._fill()
        messages = list(self._inbox)
        self._inbox.clear()
        return messages

    def send_system(self, message: System) -> None:
        """Send one of the machinery's own frames."""
        append(self._out, message, SYSTEM, self.max_frame)
        self.flush()

    def _fill(self) -> None:
        self.flush()
        try:
            count = self._sock.recv_into(self._reader.space())
        except ConnectionError:
            count = 0
        if not count:
            self._end()
        for codec, frame in self._reader.feed(count):
            try:
                self._inbox.append((codec or self.codec).decode(frame))
            except Exception as error:
                raise WorkerProtocolError(f"A frame cannot be read: {error}") from error

    def _end(self) -> None:
        if self._on_end:
            self._on_end()
        raise EOFError("the host has closed the channel")
