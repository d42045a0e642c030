"""How commands get a host, and run async work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import click

from polyspell.cli.interrupts import interruption
from polyspell.host import Host

R = TypeVar("R")


def with_host(work: Callable[[Host], Awaitable[R]]) -> R:
    """Run async work with a host that is open; Ctrl-C cancels it, and all is closed."""

    async def main() -> R:
        async with Host() as host:
            return await work(host)

    with interruption():
        return asyncio.run(main())


def languages(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """What a shell completes where a language is named."""
    return [name for name in Host().engines.names() if name.startswith(begun)]


@contextlib.asynccontextmanager
async def offering(host: Host, address: str) -> AsyncIterator[None]:
    """Offer a host's events while the context lasts, and say on stderr where they are."""
    from polyspell.events.offers import offered

    async with offered(host.events, address, host.config.data_dir / "events") as server:
        click.echo(f"events: {server.address}", err=True)
        yield
