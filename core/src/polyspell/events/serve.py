"""Events for others: a small HTTP server on a port or a Unix socket.

    GET  /events?pattern=tool.**&where=seconds>1   server-sent events, from now on
    POST /events                                   JSON lines, published here

An event's id is its number; who comes back with `Last-Event-ID` gets what it missed, as far as it
is still kept. A port demands the token, as `Authorization: Bearer TOKEN` or `?token=TOKEN`; a
socket is for its owner alone. A slow reader slows down nobody: it misses the oldest.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hmac
import os
import secrets
import stat
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from polyspell.aio import reap
from polyspell.errors import ConfigError, PermissionDenied, PolyspellError, describe
from polyspell.events.address import Address
from polyspell.events.bus import Event, EventBus
from polyspell.events.files import encoded
from polyspell.events.steps import Filter, pattern, where

_HEAD = 16 * 1024  # bytes of a request's head
_BODY = 16 * 2**20  # bytes of a request's body
_PIECE = 256 * 1024  # bytes that are written at once
_PATIENCE = 10.0  # seconds for a request to arrive
_BEAT = 15.0  # seconds between signs of life
_STATUS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}
_decoder = msgspec.json.Decoder(Event)


class EventServer:
    """Offers the events of a bus to other programs; an async context manager.

    Args:
        bus: whose events.
        address: a port, HOST:PORT or the path of a socket; see `Address.parse`.
        token: what readers of a port must know; None makes one.
        keep: how many events are kept for readers that are slow, or come back.
    """

    def __init__(
        self, bus: EventBus, address: str | Address, *, token: str | None = None, keep: int = 1000
    ) -> None:
        self.address = Address.parse(address) if isinstance(address, str) else address
        self.token = token or secrets.token_urlsafe(24)
        self._bus = bus
        self._kept: deque[tuple[int, Event]] = deque(maxlen=keep)
        self._count = 0
        self._news = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop
        self._subscription: Any = None

    @property
    def url(self) -> str:
        """Where the events are, for a port."""
        return f"http://{self.address}/events"

    async def start(self) -> EventServer:
        """Begin to listen; from now on events are kept.

        Raises:
            ConfigError: the port or socket is taken, or cannot be made.
        """
        self._loop = asyncio.get_running_loop()
        try:
            self._server = await self._listen()
        except OSError as error:
            raise ConfigError(
                f"Events cannot be offered at {self.address}: {error.strerror or error}.",
                hint="Is another program there? Choose another port or path.",
            ) from error
        self._subscription = self._bus.on("**", self._take)
        return self

    async def _listen(self) -> asyncio.Server:
        path = self.address.path
        if path is None:
            server = await asyncio.start_server(
                self._serve, self.address.host, self.address.port, limit=_HEAD
            )
            port = server.sockets[0].getsockname()[1]
            self.address = msgspec.structs.replace(self.address, port=port)
            return server
        await asyncio.to_thread(_free, path)
        before = os.umask(0o177)  # no moment at which others could connect
        try:
            return await asyncio.start_unix_server(self._serve, path, limit=_HEAD)
        finally:
            os.umask(before)

    def _take(self, event: Event) -> None:
        self._count += 1
        self._kept.append((self._count, event))
        if not self._news.is_set():
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._news.set)

    async def aclose(self) -> None:
        """Stop; readers get what is there, and the end of their stream."""
        if self._server is None:
            return
        self._subscription.close()
        server, self._server = self._server, None
        server.close()
        self._news.set()
        if self._clients:
            await asyncio.wait(self._clients, timeout=1.0)
        await reap(*self._clients)
        await server.wait_closed()
        if self.address.path is not None:
            await asyncio.to_thread(Path(self.address.path).unlink, missing_ok=True)

    async def __aenter__(self) -> EventServer:
        return await self.start()

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    # -- requests -------------------------------------------------------------------------------

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._client(reader, writer))
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError, ValueError)
        try:
            with contextlib.suppress(*gone):
                async with asyncio.timeout(_PATIENCE):
                    request = await _Request.read(reader)
                await self._answer(request, reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()  # who does not read would keep `wait_closed` for ever
            raise
        finally:
            writer.close()
            with contextlib.suppress(*gone):
                await writer.wait_closed()

    async def _answer(
        self, request: _Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        actions: dict[tuple[str, str], Callable[..., Awaitable[None]]] = {
            ("GET", "/events"): self._stream,
            ("POST", "/events"): self._publish,
        }
        action = actions.get((request.method, request.path))
        try:
            if not self._known(request):
                raise PermissionDenied(
                    "The token is missing or wrong.",
                    hint="Send it as `Authorization: Bearer TOKEN`: it was printed at the start.",
                )
            if action is None:
                await _reply(writer, 404, {"message": "There is /events, to GET and to POST."})
                return
            await action(request, reader, writer)
        except PolyspellError as error:
            status = 401 if isinstance(error, PermissionDenied) else 400
            await _reply(writer, status, {"error": describe(error)})

    def _known(self, request: _Request) -> bool:
        if self.address.path is not None:
            return True
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        given = given or request.query.get("token", [""])[0]
        return hmac.compare_digest(given.encode(), self.token.encode())

    async def _publish(
        self, request: _Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        size = request.headers.get("content-length", "0")
        if not size.isdigit() or int(size) > _BODY:
            raise ConfigError(f"At most {_BODY} bytes at once.", hint="Send fewer events.")
        async with asyncio.timeout(_PATIENCE):
            body = await reader.readexactly(int(size))
        try:
            events = [_decoder.decode(line) for line in body.splitlines() if line.strip()]
        except msgspec.DecodeError as error:
            raise ConfigError(f"Not an event a line: {error}.") from error
        for event in events:
            self._bus.publish(event)
        await _reply(writer, 200, {"published": len(events)})

    async def _stream(
        self, request: _Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        wanted = _wanted(request.query)
        given = request.headers.get("last-event-id") or request.query.get("last", [""])[0]
        last = min(int(given), self._count) if given.isdigit() else self._count
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
            b"Connection: close\r\n\r\n: events\n\n"
        )
        gone = self._loop.create_task(reader.read(1))  # ends when the reader goes
        try:
            while not gone.done():
                last = self._write_since(writer, last, wanted)
                await writer.drain()
                if self._server is None:
                    return
                if last == self._count and not await self._newer(gone):
                    writer.write(b": still here\n\n")
        finally:
            await reap(gone)

    async def _newer(self, gone: asyncio.Task[bytes]) -> bool:
        """Wait for the next event, or until the reader goes; false where neither comes."""
        news = self._loop.create_task(self._news.wait())
        done, _ = await asyncio.wait(
            {news, gone}, timeout=_BEAT, return_when=asyncio.FIRST_COMPLETED
        )
        await reap(news)
        self._news.clear()
        return bool(done)

    def _write_since(self, writer: asyncio.StreamWriter, last: int, wanted: Filter) -> int:
        """Write what came after an event, a piece of it at once; gives the number of the last."""
        lines: list[bytes] = []
        size = 0
        for number, event in self._since(last):
            if number > last + 1:
                lines.append(b": %d events were missed\n\n" % (number - last - 1))
            last = number
            if wanted(event):
                lines.append(b"id: %d\ndata: %s\n\n" % (number, encoded(event)))
                size += len(lines[-1])
                if size > _PIECE:
                    break
        if lines and not writer.is_closing():
            writer.write(b"".join(lines))
        return last

    def _since(self, last: int) -> Iterator[tuple[int, Event]]:
        kept = list(self._kept)
        first = kept[0][0] if kept else 0
        return iter(kept[max(0, last + 1 - first) :])


class _Request(msgspec.Struct):
    """The head of a request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]

    @staticmethod
    async def read(reader: asyncio.StreamReader) -> _Request:
        """Read it; ValueError where it is none."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        url = urlsplit(target)
        headers = dict(line.split(":", 1) for line in lines)
        return _Request(
            method, url.path, parse_qs(url.query),
            {name.strip().lower(): value.strip() for name, value in headers.items()},
        )  # fmt: skip


def _wanted(query: dict[str, list[str]]) -> Filter:
    """The filter that a query asks for: any of its patterns, and all of its conditions."""
    wanted = pattern(*query.get("pattern", ["**"]))
    for text in query.get("where", ()):
        wanted = wanted & where(text)
    return wanted


async def _reply(writer: asyncio.StreamWriter, status: int, value: Any) -> None:
    body = msgspec.json.encode(value)
    head = (
        f"HTTP/1.1 {status} {_STATUS[status]}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()


def _free(path: str) -> None:
    """Remove a socket that a program left behind; OSError where one is in use."""
    import socket

    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        else:
            raise OSError(errno.EADDRINUSE, "it is in use")
