"""The provider: chat, the list of models, embeddings."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from polyspell.errors import BadResponseError, ProviderError
from polyspell.messages import Delta
from polyspell.providers.base import Feature, ModelInfo, Request
from polyspell.providers.endpoint import Endpoint, HttpOptions, read_options
from polyspell.providers.exchange import decode
from polyspell.providers.failures import request_id

from polyspell_ollama.reading import Reader
from polyspell_ollama.writing import body

if TYPE_CHECKING:
    from polyspell.host import Host

_PORT = 11434
_FEATURES: frozenset[Feature] = frozenset(
    {"tools", "output_schema", "images", "thinking", "embeddings"}
)
_CAPABILITIES: dict[str, Feature] = {
    "tools": "tools", "vision": "images", "thinking": "thinking", "embedding": "embeddings",
}  # fmt: skip


class OllamaProvider:
    """An Ollama server.

    Args:
        host: gives the transport, the key (if there is one, as for Ollama's cloud) and the options.

    Raises:
        ConfigError: an option is unknown or of the wrong type.
    """

    name = "ollama"

    def __init__(self, host: Host) -> None:
        self._host = host
        self._options = read_options(host, self.name, HttpOptions)
        url = server_url(os.environ.get("OLLAMA_HOST", ""))
        self._endpoint = Endpoint(host, self.name, url, self._options, key=False)

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Answer piece by piece; the last has the usage, the reason, and in `extra` all else."""
        reader = Reader(self.name, request.model)
        call = self._endpoint.call(
            "POST",
            "/api/chat",
            body(request, self.name, self._options.body),
            model=request.model,
            total=request.timeout,
            opened=lambda status, headers: reader.opened(request_id(headers)),
        )
        async with aclosing(self._host.transport.stream_lines(call)) as lines:
            async for line in lines:
                for delta in reader.read(decode(line, call)):
                    yield delta
        for delta in reader.finish():
            yield delta

    async def models(self) -> list[ModelInfo]:
        """The models that the server has."""
        found, _ = await self._host.transport.json(self._endpoint.call("GET", "/api/tags"))
        names = [str(entry.get("model") or entry["name"]) for entry in found.get("models") or ()]
        shown = await asyncio.gather(*[self._show(name) for name in names])
        entries = zip(names, found.get("models") or (), shown, strict=True)
        return [_model(name, entry, more) for name, entry, more in entries]

    async def _show(self, name: str) -> dict[str, Any]:
        """What the server knows of a model; nothing where it does not say."""
        call = self._endpoint.call("POST", "/api/show", {"model": name}, model=name)
        try:
            found, _ = await self._host.transport.json(call)
        except ProviderError:
            return {}
        return dict(found)

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, in the order of the texts."""
        asked = {"model": model, "input": list(texts)}
        call = self._endpoint.call("POST", "/api/embed", asked, model=model)
        found, _ = await self._host.transport.json(call)
        vectors: list[list[float]] = found.get("embeddings") or []
        if len(vectors) != len(texts):
            raise BadResponseError(
                f"{self.name} gave {len(vectors)} embeddings for {len(texts)} texts.",
                context={"provider": self.name, "model": model},
            )
        return vectors

    def features(self, model: str) -> frozenset[Feature]:
        """What can be asked for; `models` tells what a model can."""
        return _FEATURES


def server_url(host: str) -> str:
    """The address that Ollama's own variable OLLAMA_HOST means: it may lack scheme and port, and
    name all interfaces, as a server's does."""
    host = host.strip() or "127.0.0.1"
    address = host if "://" in host else f"http://{host}"
    try:
        parts = urlsplit(address)
        port = parts.port or (None if "://" in host else _PORT)
    except ValueError:
        return address  # the transport will say what is wrong with it
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(
        parts.hostname or "", parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}")
    )
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _model(name: str, entry: dict[str, Any], more: dict[str, Any]) -> ModelInfo:
    able = more.get("capabilities") or ()
    features: set[Feature] = {_CAPABILITIES[word] for word in able if word in _CAPABILITIES}
    if "completion" in able:
        features.add("output_schema")
    known = more.get("model_info") or {}
    sizes = [v for k, v in known.items() if k.endswith(".context_length") and isinstance(v, int)]
    details = entry.get("details") or {}
    words = (
        details.get("family"),
        details.get("parameter_size"),
        details.get("quantization_level"),
    )
    return ModelInfo(
        name=name,
        description=" ".join(filter(None, words)),
        context_tokens=sizes[0] if sizes else None,
        features=frozenset(features),
        installed=True,
        extra={k: v for k, v in entry.items() if k not in ("name", "model")},
    )
