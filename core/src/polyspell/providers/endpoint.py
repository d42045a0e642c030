"""Where a provider's server is, and how to speak to it: what all providers over HTTP share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from polyspell.errors import ConfigError
from polyspell.providers.exchange import HttpCall
from polyspell.providers.failures import Explain
from polyspell.providers.waiting import Timeout

if TYPE_CHECKING:
    from polyspell.host import Host


class HttpOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `[providers.NAME]` may say of every provider over HTTP; a provider adds its own.

    `base_url` is the address of another server; `headers` go with every request; `timeout` holds
    seconds (see `Timeout`); `retries` counts attempts after the first; `body` has fields for every
    model call, which a request's own `options` override.
    """

    base_url: str | None = None
    headers: dict[str, str] = {}
    timeout: Timeout | None = None
    retries: int | None = None
    body: dict[str, Any] = {}


OptionsT = TypeVar("OptionsT", bound=HttpOptions)


def read_options(host: Host, name: str, kind: type[OptionsT]) -> OptionsT:
    """The options of `[providers.NAME]`.

    Raises:
        ConfigError: an option is unknown or of the wrong type.
    """
    try:
        return msgspec.convert(host.config.options(name), kind)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"[providers.{name}] is wrong: {error}.",
            hint=f"It takes {', '.join(kind.__struct_fields__)}.",
        ) from None


def bearer(key: str) -> dict[str, str]:
    """The usual header of a key."""
    return {"authorization": f"Bearer {key}"}


class Endpoint:
    """A provider's server. Its address is that of the options, else of the variable
    `NAME_BASE_URL`, else its own; a key is demanded only at its own.

    Args:
        host: whose keys count.
        name: of the provider.
        url: the provider's own address; a query in it is kept.
        options: what was configured.
        key: whether the provider's own address needs one.
        auth: the headers of a key.
        headers: for every request.
        explain: maps the provider's own failures.
    """

    def __init__(
        self,
        host: Host,
        name: str,
        url: str,
        options: HttpOptions,
        *,
        key: bool = True,
        auth: Callable[[str], dict[str, str]] = bearer,
        headers: Mapping[str, str] | None = None,
        explain: Explain | None = None,
    ) -> None:
        elsewhere = options.base_url or os.environ.get(f"{name.upper()}_BASE_URL")
        self.url = elsewhere or url
        self.own = not elsewhere
        self._host = host
        self._name = name
        self._options = options
        self._needs_key = key and self.own
        self._auth = auth
        self._headers = dict(headers or {})
        self._explain = explain

    def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        total: float | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> HttpCall:
        """An exchange. `path` follows the address, and may have a query; `total` is the seconds
        that all of it may take; `more` is for HttpCall.

        Raises:
            AuthError: there is no key.
        """
        address, _, query = self.url.partition("?")
        path, _, own_query = path.partition("?")
        queries = "&".join(filter(None, (own_query, query)))
        timeout = self._options.timeout
        if total is not None:
            timeout = msgspec.structs.replace(timeout or Timeout(), total=total)
        return HttpCall(
            method,
            f"{address.rstrip('/')}{path}{'?' * bool(queries)}{queries}",
            json,
            {**self._headers, **self._key(), **(headers or {}), **self._options.headers},
            self._name,
            timeout=timeout,
            explain=self._explain,
            **{"retries": self._options.retries, **more},
        )

    def _key(self) -> dict[str, str]:
        keys = self._host.keys
        key = keys.require(self._name) if self._needs_key else keys.get(self._name)
        return self._auth(key) if key else {}
