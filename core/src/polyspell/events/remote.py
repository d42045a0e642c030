"""The events of another program that offers them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.errors import PolyspellError, TransportError
from polyspell.events.address import Address
from polyspell.events.bus import Event
from polyspell.events.files import encoded

if TYPE_CHECKING:
    import httpx2

_decoder = msgspec.json.Decoder(Event)


async def attach(
    address: str | Address,
    *,
    token: str | None = None,
    pattern: str | Sequence[str] = "**",
    where: Sequence[str] = (),
    last: int | None = None,
) -> AsyncGenerator[Event, None]:
    """The events of a host that offers them, from now on, until it ends. What is not wanted is
    not even sent.

    Args:
        address: a port, HOST:PORT or the path of a socket.
        token: of a port.
        pattern: which events: one pattern, or any of several.
        where: conditions, as in `polyspell.events.steps.where`.
        last: begin after the event of this number, as far as it is still kept; 0: with all.

    Raises:
        TransportError: nobody is there, or the connection broke.
        PermissionDenied: the token is wrong.
    """
    patterns = [pattern] if isinstance(pattern, str) else list(pattern)
    query: dict[str, Any] = {"pattern": patterns, "where": list(where)}
    if last is not None:
        query["last"] = str(last)
    async with (
        _client(address, token) as client,
        client.stream("GET", "/events", params=query) as response,
    ):
        await _check(response)
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                yield _decoder.decode(line[6:])


async def publish(
    address: str | Address, events: Iterable[Event], *, token: str | None = None
) -> int:
    """Publish events in a host that offers its own; gives their number. Raises as `attach`."""
    lines = [encoded(event) for event in events]
    async with _client(address, token) as client:
        response = await client.post("/events", content=b"\n".join(lines))
        await _check(response)
    return len(lines)


async def _check(response: httpx2.Response) -> None:
    if response.status_code == 200:
        return
    try:
        data = msgspec.json.decode(await response.aread())
        raise PolyspellError.from_dict(data["error"])
    except (msgspec.DecodeError, KeyError, TypeError):
        raise TransportError(
            f"{response.url} is no host of events: it answered {response.status_code}.",
            hint="Start it with `polyspell run --events PORT ...`.",
        ) from None


@asynccontextmanager
async def _client(address: str | Address, token: str | None) -> AsyncIterator[httpx2.AsyncClient]:
    import httpx2

    place = Address.parse(address) if isinstance(address, str) else address
    uds = httpx2.AsyncHTTPTransport(uds=place.path) if place.path is not None else None
    base = "http://localhost" if place.path is not None else f"http://{place}"
    try:
        async with httpx2.AsyncClient(
            base_url=base,
            transport=uds,
            trust_env=False,
            timeout=httpx2.Timeout(5.0, read=60.0),
            headers={"authorization": f"Bearer {token}"} if token else {},
        ) as client:
            yield client
    except httpx2.HTTPError as error:
        raise TransportError(
            f"No events from {place}: {str(error) or type(error).__name__}.",
            hint="Is the host running, with `--events`?",
        ) from error
