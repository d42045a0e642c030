"""Server-sent events and lines, parsed from bytes as they come from the wire.

The rules are those of the HTML standard, "9.2.6 Interpreting an event stream": lines end with LF,
CRLF or CR, a byte order mark at the start is ignored, lines that begin with a colon are comments,
several `data` lines are one value, a blank line ends an event. Bytes are never decoded here, so a
character that is cut by the border of a chunk is whole again by the time anybody looks.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeVar

from polyspell.errors import BadResponseError

MAX_SIZE = (
    64 * 1024 * 1024
)  # bytes of one event or line: a large image in base64 fits several times
T = TypeVar("T")


class Event(NamedTuple):
    """One event. `event` is its type, "" where the server names none; `data` is UTF-8."""

    data: bytes
    event: str = ""


class Parser(Protocol[T]):
    """Makes items of the bytes of a response. `done`: nothing that may still come is wanted."""

    done: bool

    def feed(self, chunk: bytes) -> list[T]:
        """What a chunk completes."""
        ...

    def close(self) -> list[T]:
        """What is left at the end of the response."""
        ...


class LineParser:
    """Lines without their ends. One that nothing ends is given by `close`.

    Args:
        limit: bytes that a line may have.

    Raises:
        BadResponseError: from `feed`, when a line is longer.
    """

    __slots__ = ("_limit", "_pieces", "_return", "_size", "done")

    def __init__(self, limit: int = MAX_SIZE) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []  # of the line that is not complete
        self._size = 0
        self.done = False
        self._return = False  # the last chunk ended in CR: is an LF part of it?

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that a chunk completes."""
        if self._return or b"\r" in chunk:
            chunk = self._without_returns(chunk)
        *lines, rest = chunk.split(b"\n")
        if lines and self._pieces:
            self._pieces.append(lines[0])
            lines[0] = b"".join(self._pieces)
            self._pieces = []
            self._size = 0
        if rest:
            self._pieces.append(rest)
            self._size += len(rest)
            if self._size > self._limit:
                raise too_large(self._limit)
        return lines

    def _without_returns(self, chunk: bytes) -> bytes:
        if not chunk:
            return chunk
        if self._return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._return = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    @property
    def pending(self) -> bool:
        """Whether a line has begun that nothing has ended yet."""
        return bool(self._pieces)

    def close(self) -> list[bytes]:
        """The last line, if nothing ended it."""
        rest = b"".join(self._pieces)
        self._pieces = []
        return [rest] if rest else []


class EventParser:
    """Events of a stream. What stands at its end without a blank line counts as an event: servers
    forget it after `[DONE]`.

    Args:
        end: the data of the event after which nothing is wanted, as `[DONE]`.
        limit: bytes that may come until an event is complete.

    Raises:
        BadResponseError: from `feed`, when more come.
    """

    __slots__ = ("_data", "_end", "_event", "_limit", "_lines", "_size", "_started", "done")

    def __init__(self, end: bytes | None = None, limit: int = MAX_SIZE) -> None:
        self._end = end
        self.done = False
        self._lines = LineParser(limit)
        self._limit = limit
        self._started = False
        self._event = ""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that a chunk completes."""
        lines = self._lines.feed(chunk)
        if lines and not self._started:
            self._started = True
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        events: list[Event] = []
        data = self._data
        for line in lines:
            if line.startswith(b"data: "):
                data.append(line[6:])
            elif not line:
                if data:
                    events.append(
                        Event(data[0] if len(data) == 1 else b"\n".join(data), self._event)
                    )
                    data.clear()
                self._event = ""
            elif not line.startswith(b":"):
                self._field(line)
        if events and events[-1].data == self._end:
            self.done = True
        self._size = 0 if events else self._size + len(chunk)
        if self._size > self._limit:
            raise too_large(self._limit)
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._event = value.removeprefix(b" ").decode("utf-8", "replace")

    def close(self) -> list[Event]:
        """The event that the end of the stream completes."""
        return self.feed(b"\n\n") if self._data or self._lines.pending else []


class WholeParser:
    """The whole answer as one event.

    Args:
        limit: bytes that it may have.
    """

    __slots__ = ("_limit", "_pieces", "_size", "done")

    def __init__(self, limit: int = MAX_SIZE) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self.done = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Keep a chunk; there is nothing to give yet."""
        self._pieces.append(chunk)
        self._size += len(chunk)
        if self._size > self._limit:
            raise too_large(self._limit)
        return []

    def close(self) -> list[Event]:
        """All of it, if there is any."""
        return [Event(b"".join(self._pieces))] if self._size else []


def too_large(limit: int) -> BadResponseError:
    """The error of an answer with more bytes in one piece than anybody should hold."""
    return BadResponseError(
        f"The provider sent more than {limit} bytes in one piece.",
        hint="Is that the address of a model's API?",
        retryable=False,
        context={"limit": limit},
    )
