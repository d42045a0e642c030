"""HTTP clients: one for each event loop, closed when the loop ends, made when first needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    import httpx2

MAX_CONNECTIONS = 1000
MAX_IDLE = 100
IDLE_SECONDS = 30.0


class Clients:
    """The pooled clients of a transport. HTTP/2 is spoken where the package `h2` is installed and
    the server offers it; proxies come from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."""

    def __init__(self) -> None:
        self._clients: dict[asyncio.AbstractEventLoop, httpx2.AsyncClient] = {}
        self._keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = {}
        self._tls: ssl.SSLContext | None = None

    async def get(self) -> httpx2.AsyncClient:
        """The client of the running loop."""
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            client = self._clients[loop] = self._make()
            self._keepers[loop] = self._keep(loop, client)
            await anext(self._keepers[loop])
        return client

    def _make(self) -> httpx2.AsyncClient:
        import httpx2

        if self._tls is None:  # reading the certificates takes far longer than all the rest
            self._tls = httpx2.create_ssl_context()
        return httpx2.AsyncClient(
            verify=self._tls,
            http2=find_spec("h2") is not None,
            limits=httpx2.Limits(
                max_connections=MAX_CONNECTIONS,
                max_keepalive_connections=MAX_IDLE,
                keepalive_expiry=IDLE_SECONDS,
            ),
            timeout=None,
            headers={"user-agent": "polyspell"},
        )

    async def _keep(
        self, loop: asyncio.AbstractEventLoop, client: httpx2.AsyncClient
    ) -> AsyncGenerator[None, None]:
        """Waits at its `yield` until the loop shuts its generators down, or `aclose` is called: so
        a host that is used by `asyncio.run` again and again leaves no open connection behind."""
        try:
            yield
        finally:
            self._clients.pop(loop, None)
            self._keepers.pop(loop, None)
            await client.aclose()

    async def aclose(self) -> None:
        """Close the running loop's client, and ask other running loops to close theirs."""
        here = asyncio.get_running_loop()
        for loop, keeper in list(self._keepers.items()):
            if loop is here:
                await keeper.aclose()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(keeper.aclose(), loop)
