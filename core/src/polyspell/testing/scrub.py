"""What is written down of an HTTP exchange: no secret, and nothing that tells who asked."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from polyspell.hooks.secrets import MARK, Redactor, names_secret

_IN_QUERIES = {"key", "sig", "signature"}
_HEADERS = {
    "accept", "content-type", "content-encoding", "retry-after", "retry-after-ms",
    "anthropic-version", "anthropic-beta", "x-request-id", "request-id",
}  # fmt: skip
_PREFIXES = ("x-ratelimit-", "anthropic-ratelimit-")


class Scrubber:
    """Takes secrets out: what is called one, what looks like one, and the very values that were
    seen in headers and addresses, wherever else they stand.

    Args:
        remove: more texts to take out, as regular expressions.
    """

    def __init__(self, remove: tuple[str, ...] = ()) -> None:
        self._seen: set[str] = set()
        self._redactor = Redactor()
        self._more = [re.compile(each) for each in remove]

    def learn(self, headers: dict[str, str], url: str) -> None:
        """Remember the secrets of a request."""
        pairs = [*headers.items(), *parse_qsl(urlsplit(url).query)]
        found = {v.removeprefix("Bearer ").strip() for k, v in pairs if _secret(k)}
        if not found <= self._seen:
            self._seen |= found
            self._redactor = Redactor(self._seen)

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """The headers that a test needs."""
        return {
            name.lower(): self.text(value)
            for name, value in headers.items()
            if name.lower() in _HEADERS or name.lower().startswith(_PREFIXES)
        }

    def url(self, url: str) -> str:
        """The address, without secrets in its query or before its host."""
        parts = urlsplit(url)
        query = [(k, MARK if _secret(k) else v) for k, v in parse_qsl(parts.query)]
        host = parts.netloc.rpartition("@")[2]
        return self.text(urlunsplit((parts.scheme, host, parts.path, urlencode(query), "")))

    def body(self, value: Any) -> Any:
        """Plain data, or a text, without secrets."""
        return self._more_of(self._redactor.value(value))

    def _more_of(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {k: self._more_of(v) for k, v in value.items()}
        return [self._more_of(v) for v in value] if isinstance(value, list) else value

    def text(self, text: str) -> str:
        """A text without secrets."""
        for each in self._more:
            text = each.sub(MARK, text)
        return self._redactor.text(text)


def _secret(name: str) -> bool:
    return names_secret(name) or name.lower() in _IN_QUERIES
