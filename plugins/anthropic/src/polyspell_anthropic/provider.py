"""The provider: messages, the list of models, token counts, batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from polyspell.messages import Delta
from polyspell.providers.base import Feature, ModelInfo, Request
from polyspell.providers.batch import BatchResult, BatchStatus
from polyspell.providers.endpoint import Endpoint, HttpOptions, read_options
from polyspell.providers.exchange import decode
from polyspell.providers.failures import request_id

from polyspell_anthropic.batches import Batches
from polyspell_anthropic.reading import Reader, explain
from polyspell_anthropic.writing import Written, asks_by_tool, write

if TYPE_CHECKING:
    from polyspell.host import Host

_URL = "https://api.anthropic.com"
_VERSION = "2023-06-01"
_FEATURES: frozenset[Feature] = frozenset(
    {"tools", "output_schema", "images", "documents", "thinking"}
)
_CAPABILITIES: dict[str, Feature] = {
    "image_input": "images", "pdf_input": "documents", "structured_outputs": "output_schema",
    "thinking": "thinking",
}  # fmt: skip
_COUNTED = frozenset(
    {"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "speed"}
    | {"cache_control", "mcp_servers", "context_management"}
)


class Options(HttpOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `[providers.anthropic]` may say (see `HttpOptions`). `schema` is how to ask for an
    answer of a schema: "native", by a "tool", or "auto", which goes by the model."""

    schema: Literal["auto", "native", "tool"] = "auto"


class AnthropicProvider:
    """Claude.

    Args:
        host: gives the transport, the key and the options.

    Raises:
        ConfigError: an option is unknown or of the wrong type.
    """

    name = "anthropic"

    def __init__(self, host: Host) -> None:
        self._host = host
        self._options = read_options(host, self.name, Options)
        self._endpoint = Endpoint(
            host, self.name, _URL, self._options, auth=lambda key: {"x-api-key": key},
            headers={"anthropic-version": _VERSION}, explain=explain,
        )  # fmt: skip
        address, mark, query = self._endpoint.url.partition("?")
        self._endpoint.url = address.rstrip("/").removesuffix("/v1") + mark + query

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Answer piece by piece; the last has the usage, the reason, and in `extra` all else."""
        written = self._written(request)
        reader = Reader(self.name, request.model, by_tool=asks_by_tool(written.body))
        call = self._endpoint.call(
            "POST",
            "/v1/messages",
            written.body,
            headers=_headers(written.betas),
            model=request.model,
            total=request.timeout,
            opened=lambda status, headers: reader.opened(request_id(headers)),
        )
        async with aclosing(self._host.transport.stream_events(call)) as events:
            async for data, _ in events:
                if not reader.done:
                    for delta in reader.read(decode(data, call)):
                        yield delta
        for delta in reader.finish():
            yield delta

    def _written(self, request: Request) -> Written:
        return write(request, self.name, self._options.body, self._options.schema)

    async def count_tokens(self, request: Request) -> int:
        """The tokens of the input, counted by the service."""
        written = self._written(request)
        counted = {key: written.body[key] for key in _COUNTED & written.body.keys()}
        headers, path = _headers(written.betas), "/v1/messages/count_tokens"
        call = self._endpoint.call("POST", path, counted, headers=headers, model=request.model)
        found, _ = await self._host.transport.json(call)
        return int(found["input_tokens"])

    async def models(self) -> list[ModelInfo]:
        """The models that the account can use."""
        models: list[ModelInfo] = []
        after = ""
        while True:
            path = f"/v1/models?limit=1000{after}"
            found, _ = await self._host.transport.json(self._endpoint.call("GET", path))
            models += [_model(entry) for entry in found.get("data") or ()]
            if not found.get("has_more") or not found.get("last_id"):
                return models
            after = f"&after_id={found['last_id']}"

    def features(self, model: str) -> frozenset[Feature]:
        """What can be asked for; whether the model can do it, the service knows."""
        return _FEATURES

    # -- batches ----------------------------------------------------------------------------------

    @property
    def _batches(self) -> Batches:
        return Batches(self.name, self._endpoint, self._host.transport)

    async def batch_submit(self, requests: Mapping[str, Request]) -> str:
        """Send requests to be answered within a day; gives the batch's id."""
        written = {name: self._written(request) for name, request in requests.items()}
        betas = list(dict.fromkeys(beta for each in written.values() for beta in each.betas))
        bodies = {name: each.body for name, each in written.items()}
        return await self._batches.submit(bodies, _headers(betas))

    async def batch_status(self, id: str) -> BatchStatus:
        """How far a batch is."""
        return await self._batches.status(id)

    def batch_results(self, id: str) -> AsyncIterator[BatchResult]:
        """What became of each request of a batch that is done."""
        return self._batches.results(id)

    async def batch_cancel(self, id: str) -> None:
        """Serve no further request of a batch."""
        await self._batches.cancel(id)


def _headers(betas: list[str]) -> dict[str, str]:
    return {"anthropic-beta": ",".join(betas)} if betas else {}


def _model(entry: dict[str, Any]) -> ModelInfo:
    able = entry.get("capabilities") or {}
    features: set[Feature] = {"tools"} if able else set()
    features |= {
        feature
        for name, feature in _CAPABILITIES.items()
        if (able.get(name) or {}).get("supported")
    }
    return ModelInfo(
        name=str(entry["id"]),
        description=entry.get("display_name") or "",
        context_tokens=entry.get("max_input_tokens"),
        output_tokens=entry.get("max_tokens"),
        features=frozenset(features),
        extra={key: value for key, value in entry.items() if key != "id"},
    )
