"""The provider: two APIs for the same models, the list of models, embeddings, batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from polyspell.errors import BadResponseError, ProviderError
from polyspell.messages import Delta
from polyspell.providers.base import Feature, ModelInfo, Request
from polyspell.providers.batch import BatchResult, BatchStatus
from polyspell.providers.endpoint import Endpoint, HttpOptions, read_options
from polyspell.providers.exchange import decode
from polyspell.providers.failures import request_id

from polyspell_openai.apis import PATHS, Api, choose, reader, write
from polyspell_openai.batches import Batches
from polyspell_openai.presets import PRESETS, Preset

if TYPE_CHECKING:
    from polyspell.host import Host

_DONE = b"[DONE]"
_FEATURES: frozenset[Feature] = frozenset(
    {"tools", "output_schema", "images", "audio", "documents", "thinking", "embeddings"}
)
_COUNTED = frozenset(
    {"model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "truncation"}
    | {"previous_response_id", "conversation", "parallel_tool_calls"}
)
_NOT_THERE = (404, 405, 501)
_CONTEXT = ("context_length", "context_window", "max_model_len", "max_context_length")


class Options(HttpOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `[providers.NAME]` may say (see `HttpOptions`). `api`: see `apis.choose`."""

    api: Literal["auto", "chat", "responses"] = "auto"


class OpenAIProvider:
    """A server that speaks OpenAI's chat completions, or its Responses API.

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
        self._counts = self._preset.counts
        self._options = read_options(host, name, Options)
        self._endpoint = Endpoint(
            host, name, self._preset.url, self._options, key=self._preset.key_env is not None
        )

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Answer piece by piece; the last has the usage, the reason, and in `extra` all else."""
        api, request, body = self._written(request)
        reading = reader(api, self.name, request)
        call = self._endpoint.call(
            "POST",
            PATHS[api],
            body,
            model=request.model,
            total=request.timeout,
            opened=lambda status, headers: reading.opened(request_id(headers)),
            end=_DONE,
        )
        async with aclosing(self._host.transport.stream_events(call)) as events:
            async for data, _ in events:
                if data == _DONE:
                    reading.done = True
                elif not reading.done:
                    for delta in reading.read(decode(data, call)):
                        yield delta
        for delta in reading.finish():
            yield delta

    @property
    def _at_openai(self) -> bool:
        return self.name == "openai" and self._endpoint.own

    def _written(self, request: Request) -> tuple[Api, Request, dict[str, Any]]:
        api, request = choose(request, self._options.api, at_openai=self._at_openai)
        defaults = self._options.body
        return api, request, write(api, request, self._preset, self.name, defaults)

    async def count_tokens(self, request: Request) -> int | None:
        """The tokens of the input, counted by the service (its Responses API); None where it does
        not count: compatible servers may not have it."""
        if not self._counts:
            return None
        _, request = choose(request, "responses", at_openai=False)
        request = msgspec.structs.replace(request, stop=())
        body = write("responses", request, self._preset, self.name, {})
        counted = {key: body[key] for key in _COUNTED & body.keys()}
        call = self._endpoint.call("POST", "/responses/input_tokens", counted, model=request.model)
        try:
            found, _ = await self._host.transport.json(call)
        except ProviderError as error:
            if self._at_openai or error.context.get("status") not in _NOT_THERE:
                raise
            self._counts = False
            return None
        return int(found["input_tokens"])

    # -- batches ----------------------------------------------------------------------------------

    @property
    def _batches(self) -> Batches:
        return Batches(self.name, self._endpoint, self._host.transport)

    async def batch_submit(self, requests: Mapping[str, Request]) -> str:
        """Send requests to be answered within a day; gives the batch's id."""
        written = {name: self._written(request) for name, request in requests.items()}
        return await self._batches.submit({n: (api, body) for n, (api, _, body) in written.items()})

    async def batch_status(self, id: str) -> BatchStatus:
        """How far a batch is."""
        return await self._batches.status(id)

    def batch_results(self, id: str) -> AsyncIterator[BatchResult]:
        """What became of each request of a batch that is done."""
        return self._batches.results(id)

    async def batch_cancel(self, id: str) -> None:
        """Serve no further request of a batch."""
        await self._batches.cancel(id)

    # -- the rest ---------------------------------------------------------------------------------

    async def models(self) -> list[ModelInfo]:
        """The models that the server lists."""
        found, _ = await self._host.transport.json(self._endpoint.call("GET", "/models"))
        listed = found.get("data") if isinstance(found, dict) else found
        if not isinstance(listed, list):
            raise BadResponseError(f"{self.name} lists no models.", context={"body": found})
        return [_model(entry) for entry in listed if isinstance(entry, dict) and entry.get("id")]

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, in the order of the texts."""
        asked = {"model": model, "input": list(texts), "encoding_format": "float"}
        call = self._endpoint.call("POST", "/embeddings", asked, model=model)
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
