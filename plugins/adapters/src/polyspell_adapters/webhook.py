"""A webhook: a POST of JSON for each question."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING, Any

import msgspec
from polyspell.errors import ConfigError
from polyspell.providers.exchange import HttpCall
from polyspell.providers.waiting import Timeout

if TYPE_CHECKING:
    from polyspell.host import Host

    from polyspell_adapters.adapter import AdapterOptions


class Webhook:
    """Asks an address, on the host's own transport.

    Raises:
        ConfigError: the variable of the key is not set.
    """

    def __init__(self, host: Host, options: AdapterOptions) -> None:
        self._host = host
        self._options = options
        self._key: bytes | None = None
        if options.secret_env is not None:
            key = os.environ.get(options.secret_env)
            if not key:
                raise ConfigError(
                    f"The key of the webhook is not there: {options.secret_env} is empty.",
                    hint="Set it, or leave out secret_env.",
                )
            self._key = key.encode()

    async def ask(self, phase: str, about: dict[str, Any]) -> Any:
        """See Line."""
        assert self._options.url is not None
        body = msgspec.json.encode(about)
        headers = {"content-type": "application/json", **self._options.headers}
        if self._key is not None:
            signature = hmac.new(self._key, body, hashlib.sha256).hexdigest()
            headers["x-polyspell-signature"] = f"sha256={signature}"
        seconds = self._options.timeout
        call = HttpCall(
            "POST",
            self._options.url,
            content=body,
            headers=headers,
            provider="the webhook",
            timeout=Timeout(seconds, seconds, seconds, seconds),
            retries=0,
        )
        return (await self._host.transport.json(call))[0]

    def close(self) -> None:
        """Nothing is open."""
