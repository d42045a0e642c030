"""The provider: generateContent, the list of models, token counts, embeddings."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from polyspell.errors import BadResponseError
from polyspell.messages import Delta
from polyspell.providers.answers import NAMES
from polyspell.providers.base import Feature, ModelInfo, Request
from polyspell.providers.endpoint import Endpoint, HttpOptions, read_options
from polyspell.providers.exchange import decode
from polyspell.providers.failures import request_id

from polyspell_gemini.reading import Reader
from polyspell_gemini.writing import body

if TYPE_CHECKING:
    from polyspell.host import Host

_URL = "https://generativelanguage.googleapis.com/v1beta"
_FEATURES: frozenset[Feature] = frozenset(
    {"tools", "output_schema", "images", "audio", "documents", "thinking", "embeddings"}
)
_TEXTS = 100  # that may be embedded at once


class GeminiProvider:
    """Gemini.

    Args:
        host: gives the transport, the key and the options.

    Raises:
        ConfigError: an option is unknown or of the wrong type.
    """

    name = "gemini"

    def __init__(self, host: Host) -> None:
        self._host = host
        self._options = read_options(host, self.name, HttpOptions)
        google = os.environ.get("GOOGLE_API_KEY")  # the other name that Google's libraries know
        fallback = google if google and not host.keys.get(self.name) else None
        self._endpoint = Endpoint(
            host, self.name, _URL, self._options, key=fallback is None,
            auth=lambda key: {"x-goog-api-key": key},
            headers={"x-goog-api-key": fallback} if fallback else None,
        )  # fmt: skip

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Answer piece by piece; the last has the usage, the reason, and in `extra` all else."""
        written = body(request, self.name, self._options.body)
        reader = Reader(self.name, request.model, by_tool=_asks_by_tool(written))
        call = self._endpoint.call(
            "POST",
            f"/{_path(request.model)}:streamGenerateContent?alt=sse",
            written,
            model=request.model,
            total=request.timeout,
            opened=lambda status, headers: reader.opened(request_id(headers)),
        )
        async with aclosing(self._host.transport.stream_events(call)) as events:
            async for data, _ in events:
                for delta in reader.read(decode(data, call)):
                    yield delta
        for delta in reader.finish():
            yield delta

    async def count_tokens(self, request: Request) -> int:
        """The tokens of the input, counted by the service."""
        model = _path(request.model)
        asked = {"model": model, **body(request, self.name, self._options.body)}
        found = await self._json(f"{model}:countTokens", {"generateContentRequest": asked})
        return int(found.get("totalTokens") or 0)

    async def models(self) -> list[ModelInfo]:
        """The models that the service lists."""
        models: list[ModelInfo] = []
        more = ""
        while True:
            call = self._endpoint.call("GET", f"/models?pageSize=1000{more}")
            found, _ = await self._host.transport.json(call)
            models += [_model(entry) for entry in found.get("models") or () if entry.get("name")]
            if not found.get("nextPageToken"):
                return models
            more = f"&pageToken={found['nextPageToken']}"

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, in the order of the texts."""
        path = _path(model)
        asked = [{"model": path, "content": {"parts": [{"text": text}]}} for text in texts]
        vectors: list[list[float]] = []
        for begin in range(0, len(asked), _TEXTS):
            some = {"requests": asked[begin : begin + _TEXTS]}
            found = await self._json(f"{path}:batchEmbedContents", some)
            vectors += [entry.get("values") or [] for entry in found.get("embeddings") or ()]
        if len(vectors) != len(texts):
            raise BadResponseError(
                f"{self.name} gave {len(vectors)} embeddings for {len(texts)} texts.",
                context={"provider": self.name, "model": model},
            )
        return vectors

    def features(self, model: str) -> frozenset[Feature]:
        """What can be asked for; whether the model can do it, the service knows."""
        return _FEATURES

    async def _json(self, path: str, json: Any) -> dict[str, Any]:
        found, _ = await self._host.transport.json(self._endpoint.call("POST", f"/{path}", json))
        return dict(found)


def _path(model: str) -> str:
    return model if "/" in model else f"models/{model}"


def _asks_by_tool(written: dict[str, Any]) -> bool:
    tools = written.get("tools", ())
    names = [f.get("name") for tool in tools for f in tool.get("functionDeclarations", ())]
    return any(name in NAMES for name in names)


def _model(entry: dict[str, Any]) -> ModelInfo:
    actions = entry.get("supportedGenerationMethods") or ()
    features: set[Feature] = set()
    if "generateContent" in actions:
        features |= {"tools", "output_schema", "images", "audio", "documents"}
    if entry.get("thinking"):
        features.add("thinking")
    if {"embedContent", "batchEmbedContents"} & set(actions):
        features.add("embeddings")
    return ModelInfo(
        name=str(entry["name"]).removeprefix("models/"),
        description=entry.get("displayName") or "",
        context_tokens=entry.get("inputTokenLimit"),
        output_tokens=entry.get("outputTokenLimit"),
        features=frozenset(features),
        extra={key: value for key, value in entry.items() if key != "name"},
    )
