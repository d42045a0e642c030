"""Connections to the addresses that were checked, and to no others."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore2
import httpx2

from polyspell_web.hosts import IP

Resolve = Callable[[str, int], Awaitable[list[IP]]]
_TRIED = 4  # addresses of one host


async def system_resolve(host: str, port: int) -> list[IP]:
    """The addresses of a host, as this machine finds them.

    Raises:
        OSError: there are none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ipaddress.ip_address(text) for text in texts]


class Network(httpcore2.AsyncNetworkBackend):
    """Resolves a host once, lets `check` refuse any of its addresses, and connects to those very
    addresses. `reached` is what was checked.

    Args:
        check: is told host, port and address; raises what it does not want.
        resolve: host and port to addresses.
    """

    def __init__(self, check: Callable[[str, int, IP], None], resolve: Resolve) -> None:
        self._check = check
        self._resolve = resolve
        self._system = httpcore2.AnyIOBackend()
        self.reached: list[IP] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address that answers, if all of them are allowed."""
        try:
            self.reached = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"{host} is not found: {error}") from error
        for address in self.reached:
            self._check(host, port, address)
        problem: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in self.reached[:_TRIED]:
            try:
                return await self._system.connect_tcp(str(address), port, timeout=timeout)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                problem = error
        raise problem

    async def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> Any:
        """Never: it would be no host."""
        raise httpcore2.ConnectError(f"{path} is not of the web")

    async def sleep(self, seconds: float) -> None:
        """As the protocol wants it."""
        await asyncio.sleep(seconds)


@functools.cache
def tls() -> ssl.SSLContext:
    """The certificates to trust; read once, since that takes long."""
    return httpx2.create_ssl_context()
