"""Pools of connections for each event loop: made when first needed, closed when the loop ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    import httpx2

# The library looks at each connection of a pool whenever a request begins or ends, so a thousand
# requests at once cost seconds in one pool, and next to nothing in many small ones.
POOL_SIZE = 10
MAX_POOLS = 100
IDLE_SECONDS = 30.0


class _Pool:
    """A client, and how many requests it serves at the moment."""

    __slots__ = ("busy", "client")

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client
        self.busy = 0


class Clients:
    """The pooled clients of a transport. HTTP/2 is spoken where the package `h2` is installed and
    the server offers it; proxies come from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."""

    def __init__(self) -> None:
        self._pools: dict[asyncio.AbstractEventLoop, list[_Pool]] = {}
        self._keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = {}
        self._tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx2.AsyncClient]:
        """A client of the running loop, for one request and its answer."""
        loop = asyncio.get_running_loop()
        pools = self._pools.get(loop)
        if pools is None:
            pools = self._pools[loop] = []
            self._keepers[loop] = self._keep(loop, pools)
            await anext(self._keepers[loop])
        pool = next((pool for pool in pools if pool.busy < POOL_SIZE), None)
        if pool is None and len(pools) < MAX_POOLS:
            pool = _Pool(self._make())
            pools.append(pool)
        pool = pool or min(pools, key=lambda pool: pool.busy)
        pool.busy += 1
        try:
            yield pool.client
        finally:
            pool.busy -= 1

    def _make(self) -> httpx2.AsyncClient:
        import httpx2

        if self._tls is None:  # reading the certificates takes far longer than all the rest
            self._tls = httpx2.create_ssl_context()
        return httpx2.AsyncClient(
            verify=self._tls,
            http2=find_spec("h2") is not None,
            limits=httpx2.Limits(
                max_connections=POOL_SIZE,
                max_keepalive_connections=POOL_SIZE,
                keepalive_expiry=IDLE_SECONDS,
            ),
            timeout=None,
            headers={"user-agent": "polyspell"},
        )

    async def _keep(
        self, loop: asyncio.AbstractEventLoop, pools: list[_Pool]
    ) -> AsyncGenerator[None, None]:
        """Waits at its `yield` until the loop shuts its generators down, or `aclose` is called: so
        a host that is used by `asyncio.run` again and again leaves no open connection behind."""
        try:
            yield
        finally:
            self._pools.pop(loop, None)
            self._keepers.pop(loop, None)
            for pool in pools:
                await pool.client.aclose()

    async def aclose(self) -> None:
        """Close the running loop's client, and ask other running loops to close theirs."""
        here = asyncio.get_running_loop()
        for loop, keeper in list(self._keepers.items()):
            if loop is here:
                await keeper.aclose()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(keeper.aclose(), loop)
