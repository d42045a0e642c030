"""Answers that a host keeps for as long as their servers say.

Kept are only answers to plain questions (GET, no headers or credentials of the caller), which
would be the same for everybody. Who gets one must have the grants for it all the same: `reached`
is asked for again.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec
from polyspell.tools import ToolContext

from polyspell_web.hosts import IP

if TYPE_CHECKING:
    from polyspell.host import Host

_STATUS = (200, 203, 301, 308, 404, 410)
_LONGEST = 86_400.0  # seconds; whatever a server says


class Answer(msgspec.Struct):
    """What a server answered. `url` is where it was asked in the end, names of headers are in
    lower case, `reached` are the addresses that the host had."""

    status: int
    url: str
    headers: dict[str, str]
    body: bytes
    reached: list[IP] = []

    @property
    def media_type(self) -> str:
        """The type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The encoding of the body, where the header says."""
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.strip().partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip("\"'")
        return None


class Cache:
    """Answers by URL, the least recently used ones dropped when there are too many bytes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Answer, float]] = OrderedDict()
        self._size = 0

    def fresh(self, url: str) -> Answer | None:
        """An answer that is still good."""
        found = self._kept.get(url)
        if found is None or found[1] <= time.monotonic():
            return None
        self._kept.move_to_end(url)
        return found[0]

    def stale(self, url: str) -> tuple[Answer | None, dict[str, str]]:
        """An answer that may still be good, and the headers that ask the server whether it is."""
        found = self._kept.get(url)
        if found is None:
            return None, {}
        pairs = (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
        headers = {ask: found[0].headers[said] for ask, said in pairs if said in found[0].headers}
        return (found[0], headers) if headers else (None, {})

    def keep(self, asked: str, answer: Answer, most: int, at_least: float = 0.0) -> None:
        """Keep an answer, if its server allows.

        Args:
            asked: the URL that was asked.
            answer: what came.
            most: bytes of all that are kept.
            at_least: seconds to keep it in any case.
        """
        self._drop(asked)
        seconds = max(lifetime(answer.headers), at_least)
        checkable = "etag" in answer.headers or "last-modified" in answer.headers
        if seconds < 0 or not (seconds or checkable) or answer.status not in _STATUS:
            return
        if _cost(answer) > most:
            return
        self._kept[asked] = (answer, time.monotonic() + min(seconds, _LONGEST))
        self._size += _cost(answer)
        while self._size > most:
            self._drop(next(iter(self._kept)))

    def _drop(self, url: str) -> None:
        gone = self._kept.pop(url, None)
        if gone is not None:
            self._size -= _cost(gone[0])


def _cost(answer: Answer) -> int:
    return len(answer.body) + sum(len(k) + len(v) for k, v in answer.headers.items()) + 500


def lifetime(headers: dict[str, str]) -> float:
    """Seconds that an answer is good for without asking; less than 0 if it must not be kept."""
    said = {}
    for part in headers.get("cache-control", "").lower().split(","):
        name, _, value = part.strip().partition("=")
        said[name] = value.strip('"')
    varied = headers.get("vary", "accept-encoding").lower()
    private = "no-store" in said or "private" in said or "set-cookie" in headers
    if private or varied.strip() not in ("", "accept-encoding"):
        return -1.0
    if "no-cache" in said:
        return 0.0
    if said.get("max-age", "").isdecimal():
        return max(0.0, float(said["max-age"][:12]) - _number(headers.get("age", "")))
    try:
        begin, end = (parsedate_to_datetime(headers[name]) for name in ("date", "expires"))
        return max(0.0, (end - begin).total_seconds())
    except (KeyError, ValueError, TypeError):
        return 0.0


def _number(text: str) -> float:
    return float(text[:12]) if text.isdecimal() and text.isascii() else 0.0


_caches: WeakKeyDictionary[Host, Cache] = WeakKeyDictionary()


def cache_of(context: ToolContext) -> Cache | None:
    """The cache of a call's host."""
    return None if context.host is None else _caches.setdefault(context.host, Cache())
