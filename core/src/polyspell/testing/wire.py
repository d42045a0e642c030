"""A server on loopback that plays scripted answers byte for byte, for tests of what speaks HTTP:
half a character at the border of a packet, a connection that breaks, one that falls silent."""

from __future__ import annotations

import asyncio
import contextlib
import json as jsonlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar

CLOSE = "close"  # a step: end the connection in order
RESET = "reset"  # a step: break it
STALL = "stall"  # a step: say nothing more until the client goes away
Step = bytes | float | str  # bytes are sent at once, a number is a pause in seconds


@dataclass
class Received:
    """A request as the server got it; names of headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON value."""
        return jsonlib.loads(self.body)


P = TypeVar("P")
Answer = Sequence[Step] | bytes | Callable[[Received], "Sequence[Step] | bytes"]


class Wire:
    """Answers the requests it gets one after the other, whichever connection brings them; the last
    answer serves all that follow. `async with Wire(answer, ...) as wire` starts and stops it.

    `url` is its address without a slash at the end; `requests` are those that came, `connections`
    counts them; `asked` is set when a request has come, `gone` when a client has closed one.
    """

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[Received] = []
        self.connections = 0
        self.url = ""
        self.asked = asyncio.Event()
        self.gone = asyncio.Event()
        self._open: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._open.values():
            writer.transport.abort()
        await asyncio.gather(*filter(None, self._open))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        self._open[task] = writer
        try:
            while (request := await _receive(reader)) is not None:
                self.requests.append(request)
                self.asked.set()
                answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
                steps = answer(request) if callable(answer) else answer
                if not await self._play(
                    [steps] if isinstance(steps, bytes) else steps, reader, writer
                ):
                    return
            self.gone.set()
        except ConnectionError:
            self.gone.set()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            del self._open[task]

    def _steps(self, request: Received) -> Sequence[Step]:
        chosen = self.answers[min(len(self.requests), len(self.answers)) - 1]
        steps = chosen(request) if callable(chosen) else chosen
        return [steps] if isinstance(steps, bytes) else steps

    async def _play(
        self, steps: Sequence[Step], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Whether the connection goes on after the steps."""
        for step in steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
                await asyncio.sleep(0)  # so that it is a packet of its own
            elif isinstance(step, float):
                await asyncio.sleep(step)
            elif step == STALL:
                await reader.read()
                self.gone.set()
                return False
            else:
                if step == RESET:
                    writer.transport.abort()
                return False
        return True


async def _receive(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    method, path, _ = first.split(" ", 2)
    return Received(method, path, headers, body)


def answer(body: Any, status: int = 200, **headers: str) -> bytes:
    """A whole answer: bytes or text as they are, anything else as JSON. In the names of headers an
    underscore stands for a hyphen."""
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes):
        headers = {"content_type": "application/json", **headers}
        body = jsonlib.dumps(body).encode()
    whole: bytes = head(status, content_length=str(len(body)), **headers) + body
    return whole


def head(status: int = 200, **headers: str) -> bytes:
    """The head of an answer."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode()


def stream(*packets: bytes, end: bool = True, type: str = "text/event-stream") -> list[Step]:
    """An answer that comes in packets, and whose end is told unless `end` is false (then it breaks
    off where a packet was due)."""
    begin = head(200, content_type=type, transfer_encoding="chunked")
    chunks = [b"%x\r\n%b\r\n" % (len(packet), packet) for packet in packets]
    return [begin, *chunks, b"0\r\n\r\n" if end else CLOSE]


def events(*values: Any, end: bool = True, done: bool = True) -> list[Step]:
    """A stream of events, each a packet: JSON of the values, then `[DONE]` if `done`."""
    texts = [value if isinstance(value, str) else jsonlib.dumps(value) for value in values]
    packets = [f"data: {text}\n\n".encode() for text in [*texts, *(["[DONE]"] if done else [])]]
    return stream(*packets, end=end)


@contextlib.asynccontextmanager
async def at_wire(
    make: Callable[[Any], P], name: str, *answers: Answer, path: str = "", **options: Any
) -> AsyncIterator[tuple[Wire, P]]:
    """A server, and a provider that asks it: `make(host)` gets the least that a provider needs of a
    host. `path` follows the server's address; `options` are those of `[providers.NAME]`."""
    from polyspell.config import Config, Keys
    from polyspell.providers.transport import Transport

    transport = Transport(backoff=0.001)
    async with Wire(*answers) as wire:
        config = Config({"providers": {name: {"base_url": f"{wire.url}{path}", **options}}})
        try:
            yield wire, make(SimpleNamespace(transport=transport, keys=Keys(), config=config))
        finally:
            await transport.aclose()


@contextlib.contextmanager
def served(*answers: Answer) -> Iterator[Wire]:
    """A server in a thread of its own, for tests that run loops of theirs."""
    loop, wire = asyncio.new_event_loop(), Wire(*answers)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(wire.__aenter__(), loop).result(10)
        yield wire
        asyncio.run_coroutine_threadsafe(wire.__aexit__(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
