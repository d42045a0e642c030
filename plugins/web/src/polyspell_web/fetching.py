"""A request and what follows from it: grants, redirects, limits, the cache, robots.txt."""

from __future__ import annotations

import asyncio
import re

import httpcore2
import httpx2
import msgspec
from polyspell.errors import ToolError
from polyspell.tools import ToolContext

from polyspell_web import bodies
from polyspell_web.cache import Answer, Cache, cache_of
from polyspell_web.hosts import PORTS, checked, host_of, require_address, require_host
from polyspell_web.network import Network, Resolve, system_resolve, tls
from polyspell_web.options import Options, failed, options, over
from polyspell_web.work import work

_METHOD = re.compile(r"[A-Z][A-Z-]{0,30}")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
# Said by the tools alone: they decide who is asked, and how an answer is framed.
_OWN = {
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te",
    "trailer", "expect", "accept-encoding", "http2-settings", "forwarded",
}  # fmt: skip
_ANYWHERE = {"accept", "accept-language", "content-type"}  # headers for any host
_ROBOTS_KEPT = 300.0  # seconds


class Ask(msgspec.Struct, frozen=True):
    """A request. `headers` are the caller's, credentials among them; `follow` redirects; `robots`
    asks robots.txt first; `keep` is seconds to keep the answer in any case."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    body: bytes = b""
    follow: bool = True
    robots: bool = False
    keep: float = 0.0


async def fetch(
    context: ToolContext,
    ask: Ask,
    *,
    seconds: float | None = None,
    resolve: Resolve = system_resolve,
) -> Answer:
    """Ask, follow where it leads, and give the answer.

    Args:
        context: of the call: its grants, and its host's settings and cache.
        ask: the request.
        seconds: if less than the settings allow.
        resolve: how hosts become addresses.

    Raises:
        PermissionDenied: a host, or the address it has, is not granted; redirects included.
        LimitExceeded: it takes too long, is too large, or is redirected too often.
        ToolError: it cannot be asked, or the exchange failed.
    """
    limits = options(context)
    _check(ask, limits)
    allowed = min(limits.seconds, seconds or limits.seconds)
    try:
        async with asyncio.timeout(allowed):
            return await _Way(context, limits, resolve).go(ask)
    except TimeoutError:
        raise over("seconds", allowed, f"{ask.url[:200]} took too long, seconds:") from None


def _check(ask: Ask, limits: Options) -> None:
    if not _METHOD.fullmatch(ask.method) or ask.method == "CONNECT":
        raise ToolError(f"{ask.method[:40]!r} is no method for this.", hint="Use GET, POST, ...")
    if len(ask.body) > limits.max_body:
        raise over("max_body", limits.max_body, "Bytes of a request:")
    for name, value in ask.headers.items():
        own = name.lower() in _OWN or name.lower().startswith("proxy-")
        clean = all(c == "\t" or (c.isprintable() and ord(c) < 256) for c in value)
        if own or not _NAME.fullmatch(name) or not clean or len(value) > 16_384:
            raise ToolError(f"The header {name[:40]!r} cannot be given.", hint="Leave it out.")


class _Way:
    """One call's way from redirect to redirect."""

    def __init__(self, context: ToolContext, limits: Options, resolve: Resolve) -> None:
        self.context = context
        self.limits = limits
        self.resolve = resolve
        self.cache = cache_of(context) if limits.max_cache else None

    async def go(self, ask: Ask) -> Answer:
        """The last answer of all."""
        for _ in range(self.limits.redirects + 1):
            url = checked(ask.url)
            require_host(self.context.grants, url)
            if ask.robots:
                await self._ask_robots(url)
            answer = await self._once(ask, url)
            following = _following(ask, answer) if ask.follow else None
            if following is None:
                return answer
            ask = following
        raise over("redirects", self.limits.redirects, "Redirects:")

    async def _once(self, ask: Ask, url: httpx2.URL) -> Answer:
        plain = ask.method == "GET" and not ask.headers and not ask.body
        cache, key = (self.cache if plain else None), str(url)
        if cache is not None and (kept := cache.fresh(key)) is not None:
            self._allow(url, kept)
            return kept
        old, conditions = cache.stale(key) if cache is not None else (None, {})
        answer = await self._exchange(ask, url, conditions)
        if old is not None and answer.status == 304:
            self._allow(url, old)
            answer = msgspec.structs.replace(
                old, headers={**old.headers, **answer.headers}, reached=answer.reached
            )
        self._keep(cache, key, answer, ask.keep)
        return answer

    def _keep(self, cache: Cache | None, key: str, answer: Answer, at_least: float) -> None:
        if cache is not None:
            cache.keep(key, answer, self.limits.max_cache, at_least)

    def _allow(self, url: httpx2.URL, kept: Answer) -> None:
        for address in kept.reached:
            port = url.port or PORTS[url.scheme]
            require_address(self.context.grants, host_of(url), port, address)

    async def _exchange(self, ask: Ask, url: httpx2.URL, conditions: dict[str, str]) -> Answer:
        """One request and its answer, on a connection of its own: what one run may reach must not
        lie open for another."""
        grants = self.context.grants
        network = Network(
            lambda host, port, address: require_address(grants, host_of(url), port, address),
            self.resolve,
        )
        headers = {
            "accept": "*/*",
            "user-agent": self.limits.user_agent,
            **{name.lower(): value for name, value in ask.headers.items()},
            **conditions,
            "accept-encoding": bodies.ACCEPTED,
        }
        request = httpx2.Request(ask.method, url, headers=headers, content=ask.body or None)
        async with httpcore2.AsyncConnectionPool(
            ssl_context=tls() if url.scheme == "https" else None, network_backend=network
        ) as pool:
            try:
                async with pool.stream(
                    request.method,
                    httpcore2.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=request.headers.raw,
                    content=request.content,
                ) as response:
                    return await self._read(ask, url, response, network)
            except _PROBLEMS as error:
                raise failed(str(url), str(error) or type(error).__name__) from error

    async def _read(
        self, ask: Ask, url: httpx2.URL, response: httpcore2.Response, network: Network
    ) -> Answer:
        headers = dict(httpx2.Headers(response.headers).items())
        most = self.limits.max_body
        length = headers.get("content-length", "")
        if ask.method != "HEAD" and length.isdecimal() and int(length[:20]) > most:
            raise over("max_body", most, "Bytes of an answer:")
        encoding = "" if ask.method == "HEAD" else headers.get("content-encoding", "")
        body = await bodies.read(response.aiter_stream(), encoding, most)
        return Answer(response.status, str(url), headers, body, network.reached)

    async def _ask_robots(self, url: httpx2.URL) -> None:
        """Go on if the host's robots.txt lets us."""
        where = url.copy_with(raw_path=b"/robots.txt")
        answer = await self.go(Ask(str(where), keep=_ROBOTS_KEPT))
        if 400 <= answer.status < 500:
            return  # there is none
        agent = self.limits.user_agent
        given = {"url": str(url), "agent": agent, "status": answer.status}
        if answer.status >= 500 or not (await work("robots", given, answer.body))["allowed"]:
            raise ToolError(
                f"{where} does not let {agent!r} ask for {url.path}.",
                code="robots",
                hint="Ask for something else, or without robots if the site agreed.",
            )


_PROBLEMS = (
    httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol, httpcore2.ConnectionNotAvailable, httpcore2.ProxyError,
)  # fmt: skip


def _following(ask: Ask, answer: Answer) -> Ask | None:
    """The request that an answer asks for. No other origin gets the caller's headers, and none the
    body of a request that was for another."""
    where = answer.headers.get("location")
    if answer.status not in (301, 302, 303, 307, 308) or where is None:
        return None
    here = httpx2.URL(answer.url)
    try:
        there = checked(str(here.join(where)))
    except (httpx2.InvalidURL, ValueError) as error:
        raise failed(answer.url, f"redirects to {where[:200]!r}, which is no URL") from error
    same = all(getattr(here, part) == getattr(there, part) for part in ("scheme", "host", "port"))
    headers = {k: v for k, v in ask.headers.items() if same or k.lower() in _ANYWHERE}
    if answer.status in (307, 308):
        if ask.body and not same:
            raise failed(answer.url, f"redirects what was sent to {there}", retryable=False)
        return msgspec.structs.replace(ask, url=str(there), headers=headers)
    if ask.method != "HEAD" and (answer.status == 303 or ask.method == "POST"):
        headers = {k: v for k, v in headers.items() if k.lower() != "content-type"}
        return msgspec.structs.replace(ask, url=str(there), headers=headers, method="GET", body=b"")
    if ask.body and not same:
        raise failed(answer.url, f"redirects what was sent to {there}", retryable=False)
    return msgspec.structs.replace(ask, url=str(there), headers=headers)
