"""Servers on this machine, and runs that may reach them."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from polyspell.grants import Grants
from polyspell.testing.wire import Wire, served
from polyspell.tools import ToolContext
from polyspell_web.cache import Answer
from polyspell_web.fetching import Ask, fetch


@pytest.fixture
def serve() -> Iterator[Callable[..., Wire]]:
    """Starts servers with answers as `Wire` takes them; they end with the test."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda *answers: stack.enter_context(served(*answers))


@pytest.fixture
def here() -> ToolContext:
    """A run that may ask this machine."""
    return ToolContext(grants=Grants(["net", "net_private:127.0.0.1"]))


@pytest.fixture
def host_of(make_polyspell_host: Callable[..., Any]) -> Callable[..., ToolContext]:
    """Makes runs on a host with settings of `[tools.web]`."""

    def make(*words: str, **settings: Any) -> ToolContext:
        host = make_polyspell_host(plugins=[], config={"tools": {"web": settings}})
        return ToolContext(host=host, grants=Grants(words or ["net", "net_private"]))

    return make


@pytest.fixture
def ask() -> Callable[..., Awaitable[Answer]]:
    """Asks with a DNS of the test's own: names to addresses, or to what each look-up gives."""

    async def asked(
        context: ToolContext, url: str, names: dict[str, Any] | None = None, **more: Any
    ) -> Answer:
        async def resolve(host: str, port: int) -> list[Any]:
            try:
                return [ipaddress.ip_address(host)]
            except ValueError:
                found = (names or {}).get(host, "127.0.0.1")
            found = found() if callable(found) else found
            return [ipaddress.ip_address(a) for a in ([found] if isinstance(found, str) else found)]

        return await fetch(context, Ask(url, **more), resolve=resolve)

    return asked
