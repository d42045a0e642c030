"""Which host an address names, and which networks are nobody's business.

One parser reads a URL, and what it found is what the grant is asked for and what is connected to:
there is no second opinion that could differ.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from polyspell.errors import ToolError
from polyspell.grants import Grants

if TYPE_CHECKING:
    import httpx2

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # what some resolvers take for an address
PORTS = {"http": 80, "https": 443}

# What Python's tables call global in some versions, or the book does not call private, and is yet
# no part of the public web: services of a cloud's own network, protocols between routers, tests,
# translation to IPv4 on the spot, retired site-local addresses and relays.
_ALSO_PRIVATE = [
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "64:ff9b:1::/48", "100::/64", "2001::/23", "3fff::/20", "5f00::/16", "fec0::/10",
    )
]  # fmt: skip
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def checked(text: str) -> httpx2.URL:
    """A URL of the web with its host in one form: lower case, no dot at the end, international
    names as they are asked for in the DNS.

    Raises:
        ToolError: it is none, hides its host, or writes an address in an uncommon way.
    """
    import httpx2

    try:
        url = httpx2.URL(text)
        raw, port = url.raw_host.decode("ascii").lower(), url.port
    except (httpx2.InvalidURL, UnicodeError, TypeError, ValueError) as error:
        raise _refused(text, str(error)) from None
    if url.scheme not in PORTS:
        raise _refused(text, "only http and https are spoken")
    if url.userinfo:
        raise _refused(text, "it has a name or password before the host: use user and password")
    if port is not None and not 0 < port < 65536:
        raise _refused(text, "there is no such port")
    return url.copy_with(host=_canonical(text, raw), fragment=None)


def _canonical(text: str, raw: str) -> str:
    if ":" in raw:
        try:
            return str(ipaddress.IPv6Address("" if "%" in raw else raw))
        except ValueError:
            raise _refused(text, "that is no IPv6 address of the web") from None
    name = raw.removesuffix(".")
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError:
        pass
    if _NUMERIC.fullmatch(name) or len(name) > 253 or not _NAME.fullmatch(name):
        raise _refused(text, "that is no host: write its name, or its address as 192.0.2.1")
    return name


def _refused(text: str, why: str) -> ToolError:
    return ToolError(f"{text[:200]!r} cannot be asked: {why}.", hint="Give https://HOST/PATH.")


def host_of(url: httpx2.URL) -> str:
    """The host as grants name it; IPv6 addresses in brackets."""
    host = url.raw_host.decode("ascii")
    return f"[{host}]" if ":" in host else host


def require_host(grants: Grants, url: httpx2.URL) -> None:
    """Go on if `net:HOST` or `net:HOST:PORT` is granted.

    Raises:
        PermissionDenied: neither is.
    """
    _require(grants, "net", host_of(url), url.port or PORTS[url.scheme])


def require_address(grants: Grants, host: str, port: int, address: IP) -> None:
    """Go on if an address is public, or `net_private:` grants its host, or the address itself.

    Args:
        host: as `host_of` gives it.
        address: that it was resolved to, and that will be connected to.

    Raises:
        PermissionDenied: it is private, and not granted.
    """
    if is_public(address):
        return
    shown = f"[{address}]" if address.version == 6 else str(address)
    # A name that begins like an address must not pass for one: 10.example.com under 10.*.
    by_name = not host[0].isdigit() and host[0] != "["
    if by_name and (
        grants.allows(f"net_private:{host}") or grants.allows(f"net_private:{host}:{port}")
    ):
        shown = host
    _require(grants, "net_private", shown, port)


def _require(grants: Grants, kind: str, host: str, port: int) -> None:
    exact = f"{kind}:{host}:{port}"
    grants.require(exact if grants.allows(exact) else f"{kind}:{host}")


def is_public(address: IP) -> bool:
    """Whether an address is one of the public internet, and so is any that it carries within."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped
        if address in _TRANSLATED:
            carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if carried is not None:
            return is_public(carried)
        if address.sixtofour is not None and not is_public(address.sixtofour):
            return False
    unusual = address.is_multicast or address.is_reserved or address.is_unspecified
    also = any(address in n for n in _ALSO_PRIVATE if n.version == address.version)
    return address.is_global and not unusual and not also
