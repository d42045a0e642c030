"""The one HTTP transport: what every provider that speaks HTTP stands on.

It keeps connections open between calls, waits no longer than it was told to, tries again when that
can help and nothing has streamed yet, and raises what goes wrong as an error of the tree.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from polyspell.errors import ProviderError
from polyspell.providers.clients import Clients
from polyspell.providers.exchange import HttpCall, broken, decode, facts, moved, nothing
from polyspell.providers.failures import provider_error
from polyspell.providers.sse import Event, EventParser, LineParser, Parser, WholeParser
from polyspell.providers.tape import current_tape
from polyspell.providers.waiting import TimedOut, Timeout, Watch

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")
_Choose = Callable[[HttpCall, str], Parser[T]]  # of the content type
_ERROR_SIZE = 256 * 1024  # bytes of a failed answer that are read
_GRACE = 1.0  # seconds for a stream to end after its end mark, so that its connection is reusable
_MAX_PAUSE = 60.0  # seconds; who has to wait longer should decide that himself
_MAX_REDIRECTS = 3


class Transport:
    """HTTP for providers; may be used from several event loops.

    Args:
        timeout, retries: for calls that name none.
        backoff: seconds of the first pause, which doubles up to 8 s; where the provider says how
            long to wait, that counts.

    All methods raise ProviderError or one of its kinds. An answer that has begun to stream is never
    asked for again. Redirects are followed within the same origin only: no other host gets the key.
    """

    def __init__(
        self, *, timeout: Timeout | None = None, retries: int = 2, backoff: float = 0.5
    ) -> None:
        self._timeout = timeout or Timeout()
        self._retries = retries
        self._backoff = backoff
        self._clients = Clients()
        self.headers: list[Callable[[], Mapping[str, str]]] = []
        """Asked at each request for headers that it is to have besides its own."""

    async def stream_events(self, call: HttpCall) -> AsyncGenerator[Event, None]:
        """The server-sent events of an answer, as they come. An answer that is JSON instead is one
        event. Closing the generator closes the connection."""
        headers = {"accept": "text/event-stream", **call.headers}
        async with aclosing(self._batches(call, headers, _events)) as batches:
            async for batch in batches:
                for event in batch:
                    yield event

    async def stream_lines(self, call: HttpCall) -> AsyncGenerator[bytes, None]:
        """The lines of an answer that are not empty, as they come (NDJSON)."""
        headers = {"accept": "application/x-ndjson", **call.headers}
        async with aclosing(self._batches(call, headers, lambda *_: LineParser())) as batches:
            async for batch in batches:
                for line in batch:
                    if line:
                        yield line

    async def json(self, call: HttpCall) -> tuple[Any, Mapping[str, str]]:
        """The JSON value of an answer, and its headers."""
        seen: Mapping[str, str] = {}

        def opened(status: int, headers: Mapping[str, str]) -> None:
            nonlocal seen
            seen = headers
            if call.opened is not None:
                call.opened(status, headers)

        body = b""
        headers = {"accept": "application/json", **call.headers}
        listening = msgspec.structs.replace(call, opened=opened)
        async with aclosing(self._batches(listening, headers, lambda *_: WholeParser())) as batches:
            async for batch in batches:
                body = batch[0].data
        return decode(body, call), seen

    async def aclose(self) -> None:
        """Close all connections."""
        await self._clients.aclose()

    # -- attempts ---------------------------------------------------------------------------------

    async def _batches(
        self, call: HttpCall, headers: Mapping[str, str], choose: _Choose[T]
    ) -> AsyncGenerator[list[T], None]:
        """What each piece of the answer completes, after as many attempts as it takes."""
        limits = call.timeout or self._timeout
        watch = Watch(limits.total)
        attempt = 0
        try:
            while True:
                streamed = False
                try:
                    async with aclosing(self._once(call, headers, limits, watch, choose)) as once:
                        async for batch in once:
                            streamed = True
                            yield batch
                    return
                except ProviderError as error:
                    pause = None if streamed else self._pause(call, error, attempt, watch.left)
                    if pause is None:
                        error.context = {**facts(call), "attempts": attempt + 1, **error.context}
                        raise
                attempt += 1
                await asyncio.sleep(pause)
        finally:
            watch.close()

    def _pause(
        self, call: HttpCall, error: ProviderError, attempt: int, left: float
    ) -> float | None:
        """Seconds until the next attempt; None where there is to be none."""
        retries = self._retries if call.retries is None else call.retries
        if attempt >= retries or not error.retryable or isinstance(error, TimedOut):
            return None
        asked: float | None = error.context.get("retry_after")
        if asked is None:
            pause = min(8.0, self._backoff * 2**attempt) * random.uniform(0.5, 1.0)
        else:
            pause = asked * random.uniform(1.0, 1.1)
        return pause if pause < min(left, _MAX_PAUSE) else None

    async def _once(
        self,
        call: HttpCall,
        headers: Mapping[str, str],
        limits: Timeout,
        watch: Watch,
        choose: _Choose[T],
    ) -> AsyncGenerator[list[T], None]:
        import httpx2

        reading: _Reading[T] | None = None
        try:
            async with self._clients.client() as client:
                response = await self._send(client, call, headers, limits, watch)
                reading = _Reading(response, choose(call, response.headers.get("content-type", "")))
                async with aclosing(reading.batches(watch, limits.between)) as batches:
                    async for batch in batches:
                        yield batch
                if not reading.found:
                    raise nothing(call, response, reading.head)
        except (TimedOut, httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            if reading is not None and reading.parser.done:
                return  # all that was wanted has come
            if isinstance(error, TimedOut):
                raise
            secret = isinstance(error, httpx2.LocalProtocolError)
            begun = reading is not None and bool(reading.head)
            raise broken(call, error, begun=begun) from None if secret else error

    async def _send(
        self,
        client: httpx2.AsyncClient,
        call: HttpCall,
        headers: Mapping[str, str],
        limits: Timeout,
        watch: Watch,
    ) -> httpx2.Response:
        """A good answer, of which only the headers are read."""
        for more in self.headers:
            headers = {**more(), **headers}
        content = call.content if call.json is None else msgspec.json.encode(call.json)
        request = client.build_request(
            call.method,
            call.url,
            content=content,
            headers={"content-type": "application/json", **headers} if content else headers,
            timeout=(limits.connect, None, None, None),
        )
        for _ in range(_MAX_REDIRECTS + 1):
            with watch.reading(limits.first_byte):
                tape = current_tape.get()
                if tape is None:
                    response = await client.send(request, stream=True)
                else:
                    response = await tape.send(client, request)
            if call.opened is not None:
                call.opened(response.status_code, response.headers)
            if response.status_code < 300:
                return response
            following = response.next_request
            body = await _failed_body(response, limits, watch)
            if following is None or not _same_origin(request, following):
                break
            request = following
        where = response.headers.get("location")
        raise moved(call, where) if where else provider_error(
            response.status_code, body, response.headers,
            provider=call.provider, model=call.model, explain=call.explain,
        )  # fmt: skip


class _Reading(Generic[T]):
    """The body of a good answer: how it began, whether anything was found in it."""

    def __init__(self, response: httpx2.Response, parser: Parser[T]) -> None:
        self.response = response
        self.parser = parser
        self.head = b""
        self.found = False

    async def batches(self, watch: Watch, patience: float) -> AsyncGenerator[list[T], None]:
        """What each piece completes; then the answer is closed, however that came."""
        response, parser = self.response, self.parser
        encoded = "content-encoding" in response.headers
        pieces = response.aiter_bytes() if encoded else response.aiter_raw()
        try:
            while True:
                with watch.reading(_GRACE if parser.done else patience):
                    piece = await anext(pieces, None)
                self.head = self.head or piece or b""
                if batch := parser.close() if piece is None else parser.feed(piece):
                    self.found = True
                    yield batch
                if piece is None:
                    return
        finally:
            await response.aclose()


def _events(call: HttpCall, content_type: str) -> Parser[Event]:
    return WholeParser() if content_type.startswith("application/json") else EventParser(call.end)


def _same_origin(one: httpx2.Request, other: httpx2.Request) -> bool:
    same = [(r.url.scheme, r.url.host, r.url.port) for r in (one, other)]
    return same[0] == same[1] and one.method == other.method


async def _failed_body(response: httpx2.Response, limits: Timeout, watch: Watch) -> bytes:
    body = b""
    try:
        pieces = response.aiter_bytes()
        while len(body) < _ERROR_SIZE:
            with watch.reading(limits.between):
                piece = await anext(pieces, None)
            if piece is None:
                break
            body += piece
    finally:
        await response.aclose()
    return body
