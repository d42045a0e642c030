"""The provider: chat completions, the list of models, embeddings."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec
from polyspell.errors import BadResponseError, ConfigError
from polyspell.messages import Delta
from polyspell.providers.base import Feature, ModelInfo, Request
from polyspell.providers.exchange import HttpCall, decode
from polyspell.providers.failures import request_id
from polyspell.providers.waiting import Timeout

from polyspell_openai.presets import PRESETS, Preset
from polyspell_openai.reading import Reader
from polyspell_openai.writing import body

if TYPE_CHECKING:
    from polyspell.host import Host

_DONE = b"[DONE]"
_FEATURES: frozenset[Feature] = frozenset(
    {"tools", "output_schema", "images", "audio", "documents", "thinking", "embeddings"}
)
_CONTEXT = ("context_length", "context_window", "max_model_len", "max_context_length")


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `[providers.NAME]` may say. `base_url` is the address of another server; `headers` go
    with every request; `timeout` holds seconds (see `Timeout`); `retries` counts attempts after the
    first; `body` has fields for every chat completion, which a request's own `options` override."""

    base_url: str | None = None
    headers: dict[str, str] = {}
    timeout: Timeout | None = None
    retries: int | None = None
    body: dict[str, Any] = {}


class OpenAIProvider:
    """A server that speaks OpenAI's chat completions.

    Args:
        host: gives the transport, the key and the options.
        name: of the preset, which is the provider's.

    Raises:
        ConfigError: an option is unknown or of the wrong type.
    """

    def __init__(self, host: Host, name: str = "openai") -> None:
        self.name = name
        self._host = host
        self._preset: Preset = PRESETS[name]
        self._options = _options(name, host.config.options(name))
        elsewhere = self._options.base_url or os.environ.get(f"{name.upper()}_BASE_URL")
        self._url = elsewhere or self._preset.url
        self._needs_key = self._preset.key_env is not None and not elsewhere

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Answer piece by piece; the last has the usage, the reason, and in `extra` all else."""
        reader = Reader(self.name, request)
        call = self._call(
            "POST",
            "/chat/completions",
            body(request, self._preset, self.name, self._options.body),
            model=request.model,
            total=request.timeout,
            opened=lambda status, headers: reader.opened(request_id(headers)),
            end=_DONE,
        )
        async with aclosing(self._host.transport.stream_events(call)) as events:
            async for data, _ in events:
                if data == _DONE:
                    reader.done = True
                elif not reader.done:
                    for delta in reader.read(decode(data, call)):
                        yield delta
        for delta in reader.finish():
            yield delta

    async def models(self) -> list[ModelInfo]:
        """The models that the server lists."""
        found, _ = await self._host.transport.json(self._call("GET", "/models"))
        listed = found.get("data") if isinstance(found, dict) else found
        if not isinstance(listed, list):
            raise BadResponseError(f"{self.name} lists no models.", context={"body": found})
        return [_model(entry) for entry in listed if isinstance(entry, dict) and entry.get("id")]

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, in the order of the texts."""
        asked = {"model": model, "input": list(texts), "encoding_format": "float"}
        call = self._call("POST", "/embeddings", asked, model=model)
        found, _ = await self._host.transport.json(call)
        try:
            ordered = sorted(found["data"], key=lambda entry: entry.get("index", 0))
            vectors: list[list[float]] = [entry["embedding"] for entry in ordered]
        except (KeyError, TypeError, AttributeError):
            vectors = []
        if len(vectors) != len(texts):
            raise BadResponseError(
                f"{self.name} gave {len(vectors)} embeddings for {len(texts)} texts.",
                context={"provider": self.name, "model": model},
            )
        return vectors

    def features(self, model: str) -> frozenset[Feature]:
        """What can be asked for; whether the model can do it, the server knows."""
        return _FEATURES

    def _call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        total: float | None = None,
        **more: Any,
    ) -> HttpCall:
        address, _, query = self._url.partition("?")
        timeout = self._options.timeout
        if total is not None:
            timeout = msgspec.structs.replace(timeout or Timeout(), total=total)
        return HttpCall(
            method,
            f"{address.rstrip('/')}{path}{'?' * bool(query)}{query}",
            json,
            self._headers(),
            self.name,
            timeout=timeout,
            retries=self._options.retries,
            **more,
        )

    def _headers(self) -> Mapping[str, str]:
        keys = self._host.keys
        key = keys.require(self.name) if self._needs_key else keys.get(self.name)
        return ({"authorization": f"Bearer {key}"} if key else {}) | self._options.headers


def _options(name: str, given: dict[str, Any]) -> Options:
    try:
        return msgspec.convert(given, Options)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"[providers.{name}] is wrong: {error}.",
            hint=f"It takes {', '.join(Options.__struct_fields__)}.",
        ) from None


def _model(entry: dict[str, Any]) -> ModelInfo:
    meta = entry.get("meta")
    sizes = [entry.get(key) for key in _CONTEXT]
    sizes.append(meta.get("n_ctx_train") if isinstance(meta, dict) else None)
    said = entry.get("description") or entry.get("name") or entry.get("display_name")
    return ModelInfo(
        name=str(entry["id"]),
        description=said if isinstance(said, str) else "",
        context_tokens=next((size for size in sizes if isinstance(size, int)), None),
        extra={key: value for key, value in entry.items() if key != "id"},
    )
