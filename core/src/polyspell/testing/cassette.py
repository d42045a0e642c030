"""Cassettes: the HTTP exchanges of providers, recorded once and replayed in every test after it.

    with Cassette("weather.json", host=host):
        result = await Agent("openai/gpt-5", host=host).run("...")

The first time the real provider answers, and what went over the wire is written to the file,
without keys and other secrets; from then on the file answers, and no connection is made. It works
for every provider that uses the host's transport, retries and streams included.
"""

from __future__ import annotations

import base64
import contextlib
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from polyspell.config import Keys
from polyspell.errors import BadRequestError, ConfigError
from polyspell.providers.tape import current_tape
from polyspell.testing.compare import differences
from polyspell.testing.scrub import Scrubber

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx2

    from polyspell.host import Host

Mode = Literal["once", "replay", "record"]


class Asked(msgspec.Struct, omit_defaults=True):
    """A request: `body` is its JSON, or a text."""

    method: str
    url: str
    headers: dict[str, str] = {}
    body: Any = None


class Answered(msgspec.Struct, omit_defaults=True):
    """A response: `body` in the pieces in which it came; those that are no text as base64."""

    status: int
    headers: dict[str, str] = {}
    body: list[str] = []
    binary: bool = False


class Exchange(msgspec.Struct):
    """One request and its response."""

    request: Asked
    response: Answered


class Cassette:
    """Answers for providers while its context lasts, in this task and those that it starts.

    Args:
        path: the file, JSON.
        mode: "once" records where there is no file, and replays where there is; "replay" never
            asks a provider; "record" always does, and writes the file anew.
        host: whose missing keys are stood in for while replaying.
        remove: more texts (regular expressions) that are not to be in the file.
    """

    def __init__(
        self,
        path: Path | str,
        mode: Mode = "once",
        *,
        host: Host | None = None,
        remove: tuple[str, ...] = (),
    ) -> None:
        self.path = Path(path)
        self._host = host
        self._scrub = Scrubber(remove)
        self.exchanges: list[Exchange] = []
        self._played: set[int] = set()
        self.recording = mode == "record" or (mode == "once" and not self.path.exists())
        if not self.recording:
            self.exchanges = self._load()

    def _load(self) -> list[Exchange]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=list[Exchange])
        except (OSError, msgspec.DecodeError) as error:
            raise ConfigError(
                f"The cassette {self.path} cannot be read: {error}.",
                hint="Record it: mode='record', and the provider's key.",
            ) from error

    def __enter__(self) -> Cassette:
        self._token = current_tape.set(self)
        if self._host is not None and not isinstance(self._host.keys, _StandInKeys):
            self._host.keys = _StandInKeys(self._host.keys)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        current_tape.reset(self._token)
        if self.recording and self.exchanges:
            self.save()

    def save(self) -> None:
        """Write what was recorded."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        clean = self._scrub.body(msgspec.to_builtins(self.exchanges))
        self.path.write_bytes(msgspec.json.format(msgspec.json.encode(clean), indent=1) + b"\n")

    # -- the tape -------------------------------------------------------------------------------

    async def send(self, client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
        """Answer a request of the transport."""
        asked = self._asked(request)
        if not self.recording:
            return _response(self._find(asked).response, request)
        request.headers["accept-encoding"] = "identity"  # what is recorded can be read
        response = await client.send(request, stream=True)
        headers = self._scrub.headers(dict(response.headers))
        exchange = Exchange(asked, Answered(response.status_code, headers))
        self.exchanges.append(exchange)
        response.stream = _recording(response.stream, exchange.response)
        return response

    def _asked(self, request: httpx2.Request) -> Asked:
        self._scrub.learn(dict(request.headers), str(request.url))
        return Asked(
            request.method,
            self._scrub.url(str(request.url)),
            self._scrub.headers(dict(request.headers)),
            self._scrub.body(_body(request.content)),
        )

    def _find(self, asked: Asked) -> Exchange:
        """The first exchange of this request that was not played yet, or the last that was."""
        same = [n for n, e in enumerate(self.exchanges) if not _differ(asked, e.request)]
        unplayed = [n for n in same if n not in self._played]
        if not unplayed:
            raise self._unknown(asked, bool(same))
        self._played.add(unplayed[0])
        return self.exchanges[unplayed[0]]

    def _unknown(self, asked: Asked, played: bool) -> BadRequestError:
        what = f"{asked.method} {asked.url}"
        lines = [_differ(asked, exchange.request) for exchange in self.exchanges]
        nearest = min((each for each in lines if each), key=len, default=[])
        why = "it was asked more often than it was recorded" if played else "; ".join(nearest[:3])
        return BadRequestError(
            f"The cassette {self.path.name} does not know this request: {what}"
            f"{f' ({why})' if why else ''}.",
            hint="Record it anew: mode='record'.",
            context={"differences": nearest},
        )


def _differ(asked: Asked, known: Asked) -> list[str]:
    """In what a request differs from a recorded one: method, host without its port, path, query and
    body count."""
    lines = differences(asked.method, known.method, "method")
    lines += differences(_place(asked.url), _place(known.url), "url")
    return lines + differences(asked.body, known.body, "body")


def _place(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}{'?' if parts.query else ''}{parts.query}"


def _body(content: bytes) -> Any:
    if not content:
        return None
    with contextlib.suppress(msgspec.DecodeError):
        return msgspec.json.decode(content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


def _recording(stream: Any, answer: Answered) -> Any:
    """The stream, which notes what comes through it."""
    import httpx2

    class Recording(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            pieces: list[bytes] = []
            try:
                async for piece in stream:
                    pieces.append(piece)
                    yield piece
            finally:
                answer.body, answer.binary = _texts(pieces)

        async def aclose(self) -> None:
            await stream.aclose()

    return Recording()


def _texts(pieces: list[bytes]) -> tuple[list[str], bool]:
    try:
        return [piece.decode() for piece in pieces], False
    except UnicodeDecodeError:
        whole = b"".join(pieces)
    try:
        return [whole.decode()], False
    except UnicodeDecodeError:
        return [base64.b64encode(whole).decode()], True


def _response(answer: Answered, request: httpx2.Request) -> httpx2.Response:
    import httpx2

    pieces = [base64.b64decode(p) if answer.binary else p.encode() for p in answer.body]

    class Replayed(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

    headers = {k: v for k, v in answer.headers.items() if k not in _OF_THE_WIRE}
    return httpx2.Response(answer.status, headers=headers, stream=Replayed(), request=request)


_OF_THE_WIRE = {"content-length", "content-encoding", "transfer-encoding", "connection"}


class _StandInKeys(Keys):
    """Keys that are there even where they are not, while a cassette replays: it asks for none."""

    def __init__(self, real: Keys) -> None:
        super().__init__(real.path)
        self.variables = real.variables

    def get(self, name: str) -> str | None:
        """The key, or what stands for it."""
        tape = current_tape.get()
        replaying = isinstance(tape, Cassette) and not tape.recording
        return super().get(name) or ("no-key-is-needed-here" if replaying else None)
