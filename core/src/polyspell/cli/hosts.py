"""How commands get a host, and run async work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from polyspell.host import Host

R = TypeVar("R")


def with_host(work: Callable[[Host], Awaitable[R]]) -> R:
    """Run async work with a host that is open; Ctrl-C cancels it, and all is closed."""

    async def main() -> R:
        async with Host() as host:
            return await work(host)

    return asyncio.run(main())
